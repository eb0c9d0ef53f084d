"""Concludes a negotiation: what was agreed becomes an arrangement's file in the home.

1. every term that was taken up is agreed; every row compared is settled, or it is said why not
2. the agreed terms become an arrangement; what was not agreed stays empty, and so grants nothing
3. the file is checked as `partners check` does, beside everything else in the home
4. it is written, whole or not at all, and the negotiation closed

The file is a home's own copy like any other: nothing is exchanged or decided under it until two
officers have confirmed it (`oversee.py`, `approve.py`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_view import Viewer
from mra_gateway.flows.negotiate_write import Pen
from mra_gateway.model.dossier import Dossier, RowView
from mra_gateway.model.facts import (
    Arrangement,
    Basis,
    Benefit,
    Exchange,
    Fact,
    Party,
    ScopeItem,
)
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.negotiation import NegotiationId, Position, RowState, Workspace
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.terms import benefit_of, find_form, is_term, programme_of
from mra_gateway.registry.arrangement_file import arrangement_text
from mra_gateway.registry.check import check_folders, has_address
from mra_gateway.registry.files import KINDS
from mra_gateway.registry.findings import Finding
from mra_gateway.registry.load import Registry
from mra_gateway.settings import data_folder
from mra_gateway.store import journal, negotiations

_KIND = next(kind for kind in KINDS if kind.model is Arrangement)
SHOWN = 12
"""How many open rows an officer is told."""
MAX_SOURCE = 300


class Concluded(NamedTuple):
    """What a negotiation ended in.

    Attributes:
        missing: Terms that were not agreed and stand empty in the file.
        left_open: Rows that were not settled.
        warnings: What is doubtful in the file.
    """

    arrangement: Arrangement
    file: Path
    text: str
    missing: tuple[str, ...]
    left_open: tuple[str, ...]
    warnings: tuple[Finding, ...]


class Terms(NamedTuple):
    """The agreed terms, and what their facts rest on.

    Attributes:
        source: Where the agreed text is kept, in the officer's words.
    """

    workspace: Workspace
    agreed: Mapping[str, Position]
    source: str
    on: date


class Concluder:
    """Concludes negotiations."""

    def __init__(self, *, book: PartnerBook, pen: Pen, viewer: Viewer, clock: Clock) -> None:
        self._book = book
        self._pen = pen
        self._viewer = viewer
        self._clock = clock

    def conclude(
        self,
        connection: Connection,
        id_: NegotiationId,
        arrangement: ArrangementId,
        *,
        home: Path,
        source: str,
        despite: str | None = None,
        replace: bool = False,
        by: Actor,
    ) -> Concluded:
        """Writes the arrangement and closes the negotiation.

        Args:
            connection: The transaction. Should its commit fail, the file is there and concluding
                again finds it as it would write it.
            id_: The negotiation.
            arrangement: Id of the arrangement.
            home: The home whose `partners` folder gets the file.
            source: Where the agreed text can be read.
            despite: Why rows that were compared and not settled do not stand in the way.
            replace: Whether a copy the home has already may be replaced.
            by: The officer.

        Raises:
            RequestRefused: Not permitted, something is not agreed, the home has another copy, or
                the file would not pass the check.
        """
        workspace = self._pen.open(connection, id_, by=by, roles=(OfficerRole.LEGAL,))
        # 1
        dossier = self._viewer.dossier(connection, id_)
        left_open = _check_settled(dossier, despite=despite)
        # 2
        terms = Terms(workspace, _agreed(dossier), source[:MAX_SOURCE].strip(), dossier.on)
        made, missing = arrangement_of(arrangement, terms, registry=self._book.registry)
        text = _text(made, terms, left_open=len(left_open))
        file = home / "partners" / _KIND.folder / f"{arrangement}.toml"
        if file.exists() and not replace and file.read_text(encoding="utf-8") != text:
            raise RequestRefused(
                "the home has its own copy of this arrangement already",
                reason=Reason.ALREADY_EXISTS,
                where=str(file),
            )
        # 3
        warnings = _check(text, arrangement=arrangement, home=home, on=dossier.on)
        # 4
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(file)
        at = self._clock.now()
        negotiations.conclude(connection, id_, arrangement=arrangement, at=at, by=by.name)
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act="negotiation concluded",
            subject=id_,
            detail={
                "arrangement": arrangement,
                "left_open": left_open,
                "missing": missing,
                "despite": despite,
            },
        )
        return Concluded(made, file, text, missing, left_open, warnings)


def arrangement_of(
    id_: ArrangementId, terms: Terms, *, registry: Registry
) -> tuple[Arrangement, tuple[str, ...]]:
    """Returns agreed terms as an arrangement, and the terms that stand empty in it."""
    missing: list[str] = []

    def fact(key: str) -> Fact[Any]:
        position = terms.agreed.get(key)
        if position is None:
            missing.append(key)
            return _empty(terms, key)
        return _fact(terms, _value(position), [position])

    sides = (terms.workspace.side_of("ours"), terms.workspace.side_of("theirs"))
    title = terms.agreed.get("title")
    names = " - ".join(_shown(side, registry) for side in sides)
    parties = tuple(
        Party(
            territory=side,
            started_on=fact(f"started_on.{side}"),
            scope=_scope(terms, side, missing=missing),
        )
        for side in sides
    )
    arrangement = Arrangement(
        id=id_,
        title=f"{names}, mutual recognition of AEOs" if title is None else str(title.value),
        legal_reference=fact("legal_reference"),
        signed_on=fact("signed_on"),
        in_force_on=fact("in_force_on"),
        ended_on=_empty(terms, "ended_on"),
        pilot=fact("pilot"),
        termination_notice=fact("termination_notice"),
        parties=parties,
        exchange=Exchange(
            data_elements=fact("exchange.data_elements"),
            frequency=fact("exchange.frequency"),
            consent=fact("exchange.consent"),
            retention_days=fact("exchange.retention_days"),
            notification=fact("exchange.notification"),
        ),
        benefits=_benefits(terms, registry=registry, missing=missing),
        name_matching=fact("name_matching") if "name_matching" in terms.agreed else None,
    )
    return arrangement, tuple(missing)


def _check_settled(dossier: Dossier, *, despite: str | None) -> tuple[str, ...]:
    """Returns the rows left open.

    Raises:
        RequestRefused: A term is not agreed, a side brings nothing in, or rows are open and it is
            not said why that does not matter.
    """
    unsettled = [row for row in dossier.rows if not row.is_settled]
    barring = [row for row in unsettled if _bars(row)]
    if barring:
        raise RequestRefused(f"not agreed: {_listed(barring)}", reason=Reason.STATE_NOT_SUITABLE)
    brought = {programme_of(row.key) for row in dossier.rows}
    for programme in (dossier.workspace.ours, dossier.workspace.theirs):
        if not any(one is not None and one.territory == programme.territory for one in brought):
            raise RequestRefused(
                f"nothing says what {programme.territory} brings in: agree on scope.{programme}",
                reason=Reason.STATE_NOT_SUITABLE,
            )
    if unsettled and despite is None:
        raise RequestRefused(
            f"{len(unsettled)} rows are not settled: {_listed(unsettled)}; agree on them, or say "
            "why the arrangement can be concluded despite them",
            reason=Reason.STATE_NOT_SUITABLE,
        )
    return tuple(row.key for row in unsettled)


def _bars(row: RowView) -> bool:
    """A term half agreed would be left out silently, a reservation overruled."""
    return row.state is RowState.RESERVED or (row.position is not None and row.compared is None)


def _listed(rows: Sequence[RowView]) -> str:
    said = [f"{row.key} ({row.state.replace('_', ' ')})" for row in rows[:SHOWN]]
    more = len(rows) - SHOWN
    return ", ".join(said) + (f" and {more} more" if more > 0 else "")


def _agreed(dossier: Dossier) -> dict[str, Position]:
    return {
        row.key: row.position
        for row in dossier.rows
        if row.position is not None and row.state is RowState.AGREED
        if is_term(row.key)
    }


def _value(position: Position) -> Any:
    form = find_form(position.key)
    assert form is not None  # only terms have values
    return form.validate_json(json.dumps(position.value), strict=True)


def _fact(terms: Terms, value: Any, positions: Sequence[Position]) -> Fact[Any]:
    rows = ", ".join(f"{one.key} version {one.version}" for one in positions[:3])
    more = f" and {len(positions) - 3} more rows" if len(positions) > 3 else ""
    return Fact[Any](
        value=value,
        source=f"{terms.source}; agreed in {terms.workspace.id}: {rows}{more}"[:512],
        basis=Basis.READ if has_address(terms.source) else Basis.PARTIAL,
        as_of=terms.on,
    )


def _empty(terms: Terms, key: str) -> Fact[Any]:
    return Fact[Any](
        source=f"{key} was not agreed in {terms.workspace.id}",
        basis=Basis.UNVERIFIED,
        as_of=terms.on,
    )


def _scope(terms: Terms, side: Territory, *, missing: list[str]) -> Fact[tuple[ScopeItem, ...]]:
    found = [
        (programme, position)
        for key, position in sorted(terms.agreed.items())
        if (programme := programme_of(key)) is not None and programme.territory == side
    ]
    if not found:
        missing.append(f"scope of {side}")
        return _empty(terms, f"scope of {side}")
    items = tuple(
        ScopeItem(programme=programme, **_value(position).model_dump())
        for programme, position in found
    )
    return _fact(terms, items, [position for _, position in found])


def _benefits(terms: Terms, *, registry: Registry, missing: list[str]) -> Fact[tuple[Benefit, ...]]:
    found = [
        (granted, position)
        for key, position in sorted(terms.agreed.items())
        if (granted := benefit_of(key)) is not None
    ]
    if not found:
        missing.append("benefits")
        return _empty(terms, "benefits")
    made = tuple(
        Benefit(
            code=code,
            title=_title(code, registry),
            granted_by=territory,
            **_value(position).model_dump(),
        )
        for (territory, code), position in found
    )
    return _fact(terms, made, [position for _, position in found])


def _title(code: str, registry: Registry) -> str:
    fact = registry.benefits.get(code)
    return code if fact is None or fact.value is None else fact.value.title


def _shown(territory: Territory, registry: Registry) -> str:
    return str(registry.get_administration(territory).display_name.value or territory)


def _text(made: Arrangement, terms: Terms, *, left_open: int) -> str:
    workspace = terms.workspace
    rows = f"; {left_open} rows compared were left open" if left_open else ""
    return arrangement_text(
        made,
        schema=(data_folder("schemas") / "data" / _KIND.schema).resolve().as_uri(),
        comments=(
            f"{made.title}.",
            f"Written by the conclusion of {workspace.id} "
            f"({workspace.catalogue}@{workspace.edition}){rows}.",
            "Nothing is exchanged or decided under it until two officers have confirmed it.",
        ),
    )


def _check(text: str, *, arrangement: ArrangementId, home: Path, on: date) -> tuple[Finding, ...]:
    """Returns what is doubtful in the file.

    Raises:
        RequestRefused: Something in it is wrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _KIND.folder / f"{arrangement}.toml"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8", newline="\n")
        laid = [data_folder("partners"), home / "partners", Path(folder)]
        found = check_folders(*(one for one in laid if one.is_dir()), on=on)
        findings = tuple(one for one in found if one.file == file)
    errors = [one for one in findings if one.is_error]
    if errors:
        said = "; ".join(f"{one.key}: {one.reason}" for one in errors[:SHOWN])
        raise RequestRefused(
            f"the arrangement as agreed does not pass the check: {said}",
            reason=Reason.DATA_FILE_INVALID,
        )
    return findings
