"""Takes positions row by row: propose, reserve, agree, reopen.

| From | may become |
|---|---|
| open, proposed | proposed by either side, reserved, agreed ad referendum, agreed |
| reserved | the same; to agree, it is said why the reservation is lifted |
| agreed ad referendum | the same |
| agreed | open, by reopening it, and it is said why |

A row is an item of what was compared, or a term of the arrangement (`model/terms.py`), which is
agreed with a value. Every position says over which version it was written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.negotiate_write import Pen, check_version, make
from mra_gateway.model.comparison import Audience
from mra_gateway.model.negotiation import NegotiationId, Party, Position, RowState, Workspace
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.terms import find_form, is_term, known_terms, side_of_term
from mra_gateway.store import negotiation_records, negotiations


class Wording(NamedTuple):
    """What an officer writes with a position.

    Attributes:
        text: In words; None keeps what stands.
        value: Of a term; None keeps what stands.
        audience: Of both, and of the state they bring about.
    """

    text: str | None = None
    value: JsonValue = None
    audience: Audience = Audience.INTERNAL
    justification: str | None = None
    justification_audience: Audience = Audience.INTERNAL


class RowNegotiator:
    """Writes positions."""

    def __init__(self, *, pen: Pen, clock: Clock) -> None:
        self._pen = pen
        self._clock = clock

    def propose(
        self,
        connection: Connection,
        id_: NegotiationId,
        row: str,
        *,
        side: Party,
        wording: Wording,
        over: int | None,
        by: Actor,
    ) -> Position:
        """Writes what one side proposes for a row.

        Raises:
            RequestRefused: Not permitted, no such row, nothing proposed, a value that does not fit
                the term, the row is agreed, or `ROW_CHANGED`.
        """
        workspace, before = self._take(connection, id_, row, over=over, by=by)
        _refuse_agreed(before, row)
        if wording.text is None and wording.value is None:
            raise RequestRefused(f"say what is proposed for {row}")
        _check_value(row, wording.value)
        state = RowState.PROPOSED_BY_US if side == "ours" else RowState.PROPOSED_BY_THEM
        return self._write(connection, workspace, before, row, state, wording, over=over, by=by)

    def reserve(
        self,
        connection: Connection,
        id_: NegotiationId,
        row: str,
        *,
        side: Party,
        wording: Wording,
        over: int | None,
        by: Actor,
    ) -> Position:
        """Writes that one side reserves its position; what was proposed stays.

        Raises:
            RequestRefused: As `propose`; or it is not said why.
        """
        workspace, before = self._take(connection, id_, row, over=over, by=by)
        _refuse_agreed(before, row)
        _ask_why(wording, f"reserve {row}")
        return self._write(
            connection,
            workspace,
            before,
            row,
            RowState.RESERVED,
            wording,
            over=over,
            by=by,
            reserved_by=side,
        )

    def agree(
        self,
        connection: Connection,
        id_: NegotiationId,
        row: str,
        *,
        ad_referendum: bool,
        wording: Wording,
        over: int | None,
        by: Actor,
    ) -> Position:
        """Writes that both sides agree on a row, ad referendum or for good.

        Raises:
            RequestRefused: As `propose`; a term without a value; a reservation lifted without
                saying why; agreed for good by an officer without the role `legal`.
        """
        workspace, before = self._take(connection, id_, row, over=over, by=by)
        _refuse_agreed(before, row)
        if not ad_referendum:
            check_role(by, OfficerRole.LEGAL)
        if before is not None and before.state is RowState.RESERVED:
            _ask_why(wording, f"lift the reservation of {row}")
        value = wording.value if wording.value is not None else before and before.value
        _check_value(row, value)
        if is_term(row) and value is None:
            raise RequestRefused(
                f"{row} has no value to agree on", reason=Reason.STATE_NOT_SUITABLE, where=row
            )
        state = RowState.AGREED_AD_REFERENDUM if ad_referendum else RowState.AGREED
        return self._write(connection, workspace, before, row, state, wording, over=over, by=by)

    def reopen(
        self,
        connection: Connection,
        id_: NegotiationId,
        row: str,
        *,
        wording: Wording,
        over: int | None,
        by: Actor,
    ) -> Position:
        """Opens a row again; what stood in it stays, to be proposed anew.

        Raises:
            RequestRefused: As `propose`; nothing to reopen; it is not said why; agreed for good and
                the officer has not the role `legal`.
        """
        workspace, before = self._take(connection, id_, row, over=over, by=by)
        if before is None or before.state is RowState.OPEN:
            raise RequestRefused(f"{row} is open", reason=Reason.STATE_NOT_SUITABLE, where=row)
        if before.state is RowState.AGREED:
            check_role(by, OfficerRole.LEGAL)
        _ask_why(wording, f"reopen {row}")
        return self._write(
            connection, workspace, before, row, RowState.OPEN, wording, over=over, by=by
        )

    def history(self, connection: Connection, id_: NegotiationId, row: str) -> Sequence[Position]:
        """Returns every version of a row's position, oldest first.

        Raises:
            RequestRefused: No such negotiation or row.
        """
        check_row(connection, negotiations.get(connection, id_), row)
        return negotiation_records.history(connection, id_, Position, key=row)

    def _take(
        self,
        connection: Connection,
        id_: NegotiationId,
        row: str,
        *,
        over: int | None,
        by: Actor,
    ) -> tuple[Workspace, Position | None]:
        """Opens the negotiation, and looks at the version first: who saw another sees that."""
        workspace = self._pen.open(connection, id_, by=by)
        check_row(connection, workspace, row)
        versions = negotiation_records.history(connection, id_, Position, key=row)
        check_version(versions, over=over or 0, key=row)
        return workspace, versions[-1] if versions else None

    def _write(
        self,
        connection: Connection,
        workspace: Workspace,
        before: Position | None,
        row: str,
        state: RowState,
        wording: Wording,
        *,
        over: int | None,
        by: Actor,
        reserved_by: Party | None = None,
    ) -> Position:
        stands = before is not None and wording.text is None
        position = make(
            Position,
            key=row,
            audience=wording.audience,
            at=self._clock.now(),
            by=by.name,
            state=state,
            text=before.text if stands and before else wording.text,
            value=before.value if wording.value is None and before else wording.value,
            reserved_by=reserved_by,
            justification=wording.justification,
            justification_audience=wording.justification_audience,
        )
        _refuse_internal_text_told(before, position, wording)
        return self._pen.write(connection, workspace, position, over=over)


def check_row(connection: Connection, workspace: Workspace, row: str) -> None:
    """Lets a row through that is compared, or a term about the two sides.

    Raises:
        RequestRefused: There is no such row.
    """
    if is_term(row):
        side = side_of_term(row)
        if side in {None, workspace.side_of("ours"), workspace.side_of("theirs")}:
            return
        raise RequestRefused(
            f"{side} is no side of {workspace.id}", reason=Reason.NOT_A_PARTY, where=row
        )
    compared = negotiations.find_comparison(connection, workspace.id, audience=Audience.INTERNAL)
    if compared is not None and any(one.item == row for one in compared.rows):
        return
    raise RequestRefused(
        f"no row {row[:40]!r}: an item of {workspace.catalogue}@{workspace.edition} as compared, "
        f"or a term ({', '.join(known_terms())})",
        reason=Reason.NOT_FOUND,
    )


def _refuse_agreed(before: Position | None, row: str) -> None:
    if before is not None and before.state is RowState.AGREED:
        raise RequestRefused(
            f"{row} is agreed: reopen it first", reason=Reason.STATE_NOT_SUITABLE, where=row
        )


def _ask_why(wording: Wording, act: str) -> None:
    if wording.justification is None:
        raise RequestRefused(f"say why you {act}")


def _refuse_internal_text_told(
    before: Position | None, position: Position, wording: Wording
) -> None:
    """What was written for ourselves does not become the partner's because a state does."""
    if before is None or position.audience is Audience.INTERNAL:
        return
    kept = (wording.text is None and before.text is not None) or (
        wording.value is None and before.value is not None
    )
    if kept and before.audience is Audience.INTERNAL:
        raise RequestRefused(
            f"version {before.version} of {position.key} is internal: state again, for the "
            "partner, what text or value stands",
            reason=Reason.STATE_NOT_SUITABLE,
            where=position.key,
        )


def _check_value(row: str, value: Any) -> None:
    form = find_form(row)
    if value is None:
        return
    if form is None:
        raise RequestRefused(f"{row} is no term: it takes words, no value", where=row)
    try:
        form.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RequestRefused(
            f"not a value of {row}: {f'{place}: ' if place else ''}{first['msg'][:200]}", where=row
        ) from None
