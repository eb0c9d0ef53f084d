"""Notes opinions, asks and answers questions, and takes documents in.

Each is internal unless its writer says that it is for the partner; a question for the partner may
have an answer that is not.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, TypeVar

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.negotiate_rows import check_row
from mra_gateway.flows.negotiate_write import Pen, make
from mra_gateway.model.comparison import Audience
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.negotiation import (
    Attachment,
    NegotiationId,
    Party,
    Question,
    Remark,
    Workspace,
)
from mra_gateway.model.officers import Actor
from mra_gateway.store import negotiation_records, negotiations

E = TypeVar("E", Attachment, Question, Remark)

MAX_DOCUMENT = 20_000_000
"""Bytes of a document: a scanned report of some hundred pages."""

_FILE_NAME = re.compile(r"[^\\/:*?\"<>|\x00-\x1f.][^\\/:*?\"<>|\x00-\x1f]{0,119}")


class Clerk:
    """Keeps remarks, questions and documents."""

    def __init__(self, *, pen: Pen, clock: Clock) -> None:
        self._pen = pen
        self._clock = clock

    def note(
        self,
        connection: Connection,
        id_: NegotiationId,
        text: str,
        *,
        row: str | None = None,
        audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> Remark:
        """Notes an opinion on a row, or on the whole.

        Raises:
            RequestRefused: Not permitted, or no such row.
        """
        workspace = self._open(connection, id_, row=row, by=by)
        stated = {"audience": audience, "row": row, "text": text}
        return self._add(connection, workspace, Remark, prefix="N", by=by, **stated)

    def ask(
        self,
        connection: Connection,
        id_: NegotiationId,
        text: str,
        *,
        asked_by: Party,
        row: str | None = None,
        audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> Question:
        """Writes a question of one side to the other.

        Raises:
            RequestRefused: Not permitted, or no such row.
        """
        workspace = self._open(connection, id_, row=row, by=by)
        stated = {"audience": audience, "row": row, "text": text, "asked_by": asked_by}
        return self._add(connection, workspace, Question, prefix="Q", by=by, **stated)

    def ask_open(
        self,
        connection: Connection,
        id_: NegotiationId,
        *,
        audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> list[Question]:
        """Asks what the comparison leaves open, on every row no question of ours is about yet.

        The words are those of the comparison made for the same reader.

        Raises:
            RequestRefused: Not permitted, or no comparison was made for that reader.
        """
        workspace = self._pen.open(connection, id_, by=by)
        compared = negotiations.find_comparison(connection, id_, audience=audience)
        if compared is None:
            raise RequestRefused(
                f"no comparison was made for the {audience}", reason=Reason.STATE_NOT_SUITABLE
            )
        asked = negotiation_records.history(connection, id_, Question)
        about = {one.row for one in asked if one.asked_by == "ours"}
        return [
            self.ask(
                connection,
                workspace.id,
                row.question.en,
                asked_by="ours",
                row=row.item,
                audience=audience,
                by=by,
            )
            for row in compared.rows
            if row.question is not None and row.item not in about
        ]

    def answer(
        self,
        connection: Connection,
        id_: NegotiationId,
        question: str,
        *,
        text: str,
        audience: Audience = Audience.INTERNAL,
        over: int = 1,
        by: Actor,
    ) -> Question:
        """Writes the answer to a question; a later answer is a version of its own.

        Raises:
            RequestRefused: Not permitted, no such question, or `ROW_CHANGED`: it was answered.
        """
        workspace = self._pen.open(connection, id_, by=by)
        before = self._pen.get(connection, id_, Question, key=question)
        answered = before.model_copy(
            update={"answer": text, "answer_audience": audience, "by": by.name}
        )
        return self._pen.write(connection, workspace, answered, over=over)

    def attach(
        self,
        connection: Connection,
        id_: NegotiationId,
        name: str,
        *,
        content: bytes,
        media_type: str,
        audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> Attachment:
        """Takes a document in.

        Raises:
            RequestRefused: Not permitted, empty or too large, or not a plain file name.
        """
        workspace = self._pen.open(connection, id_, by=by)
        if not 0 < len(content) <= MAX_DOCUMENT:
            raise RequestRefused(
                f"a document has 1 to {MAX_DOCUMENT:,} bytes", reason=Reason.TOO_LARGE, where=name
            )
        if not _FILE_NAME.fullmatch(name) or not name.isprintable() or name != name.strip():
            raise RequestRefused(f"{name[:60]!r} is no plain file name")
        digest = Digest.trusted(hashlib.sha256(content).hexdigest())
        negotiations.keep_document(connection, id_, digest=digest, content=content)
        return self._add(
            connection,
            workspace,
            Attachment,
            prefix="D",
            by=by,
            audience=audience,
            name=name,
            media_type=media_type,
            digest=digest,
            size=len(content),
        )

    def _open(
        self, connection: Connection, id_: NegotiationId, *, row: str | None, by: Actor
    ) -> Workspace:
        workspace = self._pen.open(connection, id_, by=by)
        if row is not None:
            check_row(connection, workspace, row)
        return workspace

    def _add(
        self,
        connection: Connection,
        workspace: Workspace,
        kind: type[E],
        *,
        prefix: str,
        by: Actor,
        **stated: Any,
    ) -> E:
        """Writes the first version of an entry under the next number of its kind."""
        key = self._pen.next_key(connection, workspace.id, kind, prefix=prefix)
        entry = make(kind, key=key, at=self._clock.now(), by=by.name, **stated)
        return self._pen.write(connection, workspace, entry, over=None)
