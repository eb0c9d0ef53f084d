"""Keeps our own compliance scores of operators: carried along in the extract, deciding nothing."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.keep_measures import check_tins
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.measures import ComplianceScore, GroundKind
from mra_gateway.model.officers import Actor
from mra_gateway.store import grounds, journal

_COLUMNS = ("tin", "score")


def a_score(tin: str, score: str, *, scale: str, at: datetime, where: str) -> ComplianceScore:
    """Returns a score as somebody wrote it.

    Raises:
        RequestRefused: Not a TIN, or not a number.
    """
    try:
        made = ComplianceScore.model_validate(
            {"tin": Tin(tin), "score": float(score), "scale": scale, "as_of": at}
        )
    except (ValueError, ValidationError):
        made = None
    if made is None or not math.isfinite(made.score):
        raise RequestRefused(
            f"{tin[:40]!r}, {score[:40]!r}: a TIN and a number are wanted",
            reason=Reason.VALUE_UNREADABLE,
            where=where,
        )
    return made


def read_scores(file: Path, *, scale: str, at: datetime) -> list[ComplianceScore]:
    """Returns the scores of a CSV file with the columns `tin` and `score`.

    Raises:
        RequestRefused: Not such a file; names the line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            if not set(_COLUMNS) <= set(reader.fieldnames or ()):
                raise RequestRefused(
                    "the columns tin and score are wanted",
                    reason=Reason.HEADINGS_NOT_FOUND,
                    where=str(file),
                )
            return [
                a_score(
                    (row["tin"] or "").strip(),
                    (row["score"] or "").strip(),
                    scale=scale,
                    at=at,
                    where=f"{file}, line {reader.line_num}",
                )
                for row in reader
            ]
    except (UnicodeDecodeError, csv.Error):
        raise RequestRefused(
            "not a CSV file in UTF-8", reason=Reason.FILE_UNREADABLE, where=str(file)
        ) from None


def set_scores(
    connection: Connection, scores: Iterable[ComplianceScore], *, at: datetime, by: Actor
) -> int:
    """Puts scores in the place of those that stand, and returns how many changed.

    Raises:
        RequestRefused: An operator is named twice, or by its authorisation number.
    """
    new: dict[Tin, ComplianceScore] = {}
    for one in scores:
        if one.tin in new:
            raise RequestRefused(f"{one.tin} is named twice", reason=Reason.ROW_DOUBLED)
        new[one.tin] = one
    standing = _standing(connection)
    check_tins(connection, *(tin for tin in new if tin not in standing))
    changed = {
        tin: one for tin, one in new.items() if not _is_same(one, standing.get(tin, (0, None))[1])
    }
    grounds.end(
        connection,
        [standing[tin][0] for tin in changed if tin in standing],
        at=at,
        by=by.name,
    )
    for tin, one in sorted(changed.items()):
        grounds.add(
            connection,
            GroundKind.COMPLIANCE_SCORE,
            subject=tin,
            content=one.model_dump_json(exclude_defaults=True),
            at=at,
            by=by.name,
        )
    journal.record(
        connection,
        at=at,
        actor=by.name,
        act="scores set",
        subject=", ".join(sorted(changed)[:20]),
        detail={"scores": len(changed)},
    )
    return len(changed)


def listed(connection: Connection) -> list[ComplianceScore]:
    """Returns the scores that stand, by TIN."""
    found = _standing(connection)
    return [found[tin][1] for tin in sorted(found)]


def _standing(connection: Connection) -> Mapping[Tin, tuple[int, ComplianceScore]]:
    return {
        one.tin: (ground.id, one)
        for ground in grounds.standing(connection, kind=GroundKind.COMPLIANCE_SCORE)
        for one in [ComplianceScore.model_validate_json(ground.content)]
    }


def _is_same(one: ComplianceScore, other: ComplianceScore | None) -> bool:
    return other is not None and (one.score, one.scale) == (other.score, other.scale)
