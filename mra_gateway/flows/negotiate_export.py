"""Exports a negotiation as files in one archive, for ourselves or for the partner.

`dossier.json` holds the negotiation as it stands for that reader, `documents/` what was handed in
and is for that reader. Members are stored, not packed, so that what is in an archive can be
searched as it lies.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from mra_gateway.flows.negotiate_view import Viewer
from mra_gateway.model.comparison import Audience
from mra_gateway.model.dossier import Dossier
from mra_gateway.model.negotiation import NegotiationId
from mra_gateway.store import negotiations

_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""The same negotiation gives the same bytes."""


class Exporter:
    """Exports negotiations."""

    def __init__(self, *, viewer: Viewer) -> None:
        self._viewer = viewer

    def files(
        self, connection: Connection, id_: NegotiationId, *, audience: Audience
    ) -> dict[str, bytes]:
        """Returns what a reader gets, by name.

        Raises:
            RequestRefused: No such negotiation.
        """
        dossier = self._viewer.dossier(connection, id_, audience=audience)
        documents: dict[str, bytes] = {
            one.digest: negotiations.get_document(connection, id_, digest=one.digest)
            for one in dossier.documents
        }
        return files_of(dossier, documents=documents)


def files_of(dossier: Dossier, *, documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Returns the files of an export.

    Args:
        dossier: Made for the reader: what is in it is what is exported.
        documents: Bytes by digest, of at least the documents the dossier names.
    """
    files = {"dossier.json": dossier.model_dump_json(indent=2).encode() + b"\n"}
    for one in dossier.documents:
        files[f"documents/{one.key}-{one.name}"] = documents[one.digest]
    return files


def archive_of(files: Mapping[str, bytes]) -> bytes:
    """Returns files as one ZIP archive; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content)
    return target.getvalue()
