"""Takes the answers of a survey: each a rating, its comment feedback; a form is taken once.

A form is known again by what it says – survey, scale, who answered what – and not by its bytes,
which a spreadsheet program writes anew whenever it saves, nor by the order of its rows.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.gather_impact import InputRefused, Problem
from mra_gateway.flows.measure_enter import Enterer, Said
from mra_gateway.model.identifiers import Digest, Territory
from mra_gateway.model.measured_entries import Entry, FeedbackCategory, Side
from mra_gateway.model.officers import Actor
from mra_gateway.store import measure_entries
from mra_gateway.tables.survey_form import FilledIn, read_survey


class Form(NamedTuple):
    """A form as handed in."""

    name: str
    content: FilledIn

    def digest(self, partner: Territory | None) -> Digest:
        """Returns the digest of what it says, and which partner says it."""
        answers = sorted(
            (one.on.isoformat(), one.side, one.category, one.score, one.comment or "")
            for one in self.content.answers
        )
        survey = self.content.survey
        said = [survey.name, survey.scale_from, survey.scale_to, partner, answers]
        return Digest.trusted(hashlib.sha256(json.dumps(said).encode()).hexdigest())


def hand_in(path: Path) -> Form:
    """Reads a form.

    Raises:
        InputRefused: Some answer cannot be read: every one that cannot.
        RequestRefused: It is no such form.
    """
    content = read_survey(path)
    if content.faults:
        raise InputRefused(
            [
                Problem(f"{path}, row {one.row}, column {one.column!r}", one.reason, one.text)
                for one in content.faults
            ]
        )
    return Form(path.name, content)


def take_survey(
    connection: Connection,
    form: Form,
    *,
    enterer: Enterer,
    by: Actor,
    partner: Territory | None = None,
    is_another: bool = False,
) -> list[Entry]:
    """Enters the answers of a form, all of them or none.

    Args:
        connection: The transaction.
        form: The form.
        enterer: Enters.
        by: The officer.
        partner: Who answered, where the answers are a partner's.
        is_another: Somebody else answered just the same: the form is taken though one is held.

    Raises:
        RequestRefused: It was taken already; not permitted; a score is off the scale.
    """
    digest = form.digest(partner)
    held = measure_entries.current(connection, "ratings", digests=(digest,))
    if held and not is_another:
        first = min(held, key=lambda one: one.id)
        raise RequestRefused(
            f"the answers of this form were taken already, from {first.evidence} as entry "
            f"{first.id} and after; where others answered just the same, say so (--another)",
            reason=Reason.ALREADY_LOADED,
            where=form.name,
        )
    survey = form.content.survey
    entries = []
    for answer in form.content.answers:
        fields = {
            "survey": survey.name,
            "score": f"{answer.score:g}",
            "scale_from": str(survey.scale_from),
            "scale_to": str(survey.scale_to),
            "on": answer.on.isoformat(),
            "side": answer.side,
        }
        where = f"{form.name}, row {answer.row}"
        said = Said("rating", fields, where, digest, note=answer.category)
        entries.append(enterer.enter(connection, said, by=by))
        if answer.comment:
            side = Side(answer.side)
            enterer.receive(
                connection,
                side=side,
                category=FeedbackCategory(answer.category),
                text=answer.comment,
                received_on=answer.on,
                by=by,
                partner=partner if side is Side.PARTNER else None,
            )
    return entries
