"""Takes the answers of a survey: each a rating, its comment feedback; a form is taken once."""

from __future__ import annotations

import hashlib
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
    digest: Digest
    content: FilledIn


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
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Form(path.name, Digest.trusted(digest), content)


def take_survey(
    connection: Connection,
    form: Form,
    *,
    enterer: Enterer,
    by: Actor,
    partner: Territory | None = None,
) -> list[Entry]:
    """Enters the answers of a form, all of them or none.

    Args:
        connection: The transaction.
        form: The form.
        enterer: Enters.
        by: The officer.
        partner: Who answered, where the answers are a partner's.

    Raises:
        RequestRefused: It was taken already; not permitted; a score is off the scale.
    """
    if measure_entries.current(connection, "ratings", digests=(form.digest,)):
        raise RequestRefused(
            "the answers of this form were taken already",
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
        said = Said("rating", fields, where, form.digest, note=answer.category)
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
