"""Discloses what is held about one operator, and what a consent that was withdrawn led to.

1. who it is: every register that holds the TIN or authorisation number
2. all that is held: facts with both times, consents, what partners were told, messages that name
   it, results that found it, measures and correspondences, notices, its rows in the extract taken
   into the database, requests for correction
3. of a consent: since when it is withdrawn, in which message each partner heard of it, and when the
   receipt came; a partner is told that the operator is withdrawn, and not why
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.export_register import OperatorHistory, find_history
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import ArrangementId, MessageId, Territory, Tin
from mra_gateway.store import corrections, extract_views, lanes, results, subject, told
from mra_gateway.store.grounds import Ground
from mra_gateway.tables.writer import write_table

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_HEADINGS = ("What", "When", "Whom with", "Under", "Which", "Content")


class HeldResult(NamedTuple):
    """A recognition result that found an operator, with the declaration it answers."""

    id: str
    decided_at: datetime
    requested_by: str
    declaration: dict[str, Any]
    result: dict[str, Any]


class Disclosure(NamedTuple):
    """Everything held about one operator.

    Attributes:
        registers: In our own register and as partners told us, facts with their history.
        changes_told: What was queued for partners, and when it reached them.
    """

    identifier: str
    at: datetime
    tins: list[Tin]
    registers: list[OperatorHistory]
    consents: list[subject.ConsentRecord]
    changes_told: list[subject.Told]
    messages: list[subject.Named]
    results: list[HeldResult]
    measures: list[Ground]
    notices: list[subject.NoticeRecord]
    extracted: list[extract_views.Listed]
    corrections: list[corrections.Correction]


class Heard(NamedTuple):
    """What one partner was told of a withdrawal under one arrangement.

    Attributes:
        last_told: The status this partner was last told; None: it was told nothing that stands.
        message_id: The message that withdrew it; None: none so far, or none was needed.
        reached_at: When the partner's receipt came; None so far.
    """

    arrangement: ArrangementId
    last_told: str | None
    queued_at: datetime | None
    message_id: MessageId | None
    sent_at: datetime | None
    reached_at: datetime | None
    receipt: str | None


class ConsentEffect(NamedTuple):
    """A consent towards one partner, and what its withdrawal led to.

    Attributes:
        in_effect: Whether data may travel today.
    """

    tin: Tin
    partner: Territory
    basis: str
    letter_number: str | None
    given_on: date | None
    withdrawn_on: date | None
    recorded_at: datetime
    recorded_by: str
    in_effect: bool
    heard: list[Heard]


def disclose(
    connection: Connection, book: PartnerBook, identifier: str, *, at: datetime
) -> Disclosure:
    """Returns everything held about an operator; every message is looked at.

    Args:
        connection: The transaction.
        book: What is known of partners.
        identifier: TIN or authorisation number, in any form it is written in.
        at: Now.

    Raises:
        RequestRefused: Nothing is held under it.
    """
    registers = find_history(connection, book, identifier, at=at)
    tins = sorted({one.tin for one in registers})
    numbers = {fact.authorisation for one in registers for fact in one.history}
    return Disclosure(
        identifier,
        at,
        tins,
        registers,
        [one for tin in tins for one in subject.consent_history(connection, tin)],
        [one for tin in tins for one in subject.changes_told(connection, tin)],
        list(subject.messages_naming(connection, {*tins, *numbers})),
        [
            HeldResult(
                one.id,
                one.decided_at,
                one.requested_by,
                json.loads(one.declaration),
                json.loads(one.result),
            )
            for tin in tins
            for one in results.of_operator(connection, tin, accepted_from=_EVER)
        ],
        [one for tin in tins for one in subject.grounds_about(connection, tin)],
        [one for tin in tins for one in subject.notices_about(connection, tin)],
        [one for tin in tins for one in extract_views.of_operator(connection, tin)],
        [one for tin in tins for one in corrections.listed(connection, tin=tin, every=True)],
    )


def write_disclosure(disclosure: Disclosure, plain: dict[str, Any], path: Path) -> None:
    """Writes a disclosure as JSON, or as XLSX or CSV with a row for each thing held.

    Args:
        disclosure: What is held.
        plain: The same as JSON knows it.
        path: Where to; an existing file is replaced.

    Raises:
        RequestRefused: Another ending.
    """
    if path.suffix.lower() == ".json":
        text = json.dumps(plain, ensure_ascii=False, indent=2)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    else:
        write_table(_HEADINGS, _rows(disclosure, plain), path, title="held")


def _rows(held: Disclosure, plain: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for number, register in enumerate(held.registers):
        for place, fact in enumerate(register.history):
            content = plain["registers"][number]["history"][place]
            yield _row(
                "status", fact.recorded_at, register.issuer, register.arrangement,
                fact.authorisation, content,
            )  # fmt: skip
    for name, when, with_whom, which in (
        ("consents", "recorded_at", "partner", "letter_number"),
        ("changes_told", "queued_at", "partner", "kind"),
        ("messages", "stored_at", "partner", "message_id"),
        ("results", "decided_at", "requested_by", "id"),
        ("measures", "recorded_at", "recorded_by", "kind"),
        ("notices", "recorded_at", "partner", "kind"),
        ("extracted", "taken_at", "partner", "authorisation"),
        ("corrections", "opened_at", "asked_by", "id"),
    ):
        for content in plain[name]:
            yield _row(
                name, content[when], content[with_whom], content.get("arrangement"),
                content[which], content,
            )  # fmt: skip


def _row(*cells: object) -> tuple[str, ...]:
    """A cell of a workbook holds 32,767 characters; what is longer is cut, and says so."""
    *names, content = cells
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    if len(text) > 32_000:
        text = text[:32_000] + " … (the JSON file has all of it)"
    return (*("" if cell is None else str(cell) for cell in names), text)


def effect_of_consent(
    connection: Connection, book: PartnerBook, identifier: str, *, at: datetime
) -> list[ConsentEffect]:
    """Returns the consents now recorded for one of our operators, and what withdrawals led to.

    Raises:
        RequestRefused: Our register holds nothing under the identifier.
    """
    ours = [
        one
        for one in find_history(connection, book, identifier, at=at)
        if (one.issuer, one.arrangement) == (book.us, "")
    ]
    if not ours:
        raise RequestRefused(
            f"our register holds nothing under {identifier[:80]!r}", reason=Reason.NOT_FOUND
        )
    tin = ours[0].tin
    sent = subject.changes_told(connection, tin)
    return [
        ConsentEffect(
            tin,
            one.partner,
            one.basis,
            one.letter_number,
            one.given_on,
            one.withdrawn_on,
            one.recorded_at,
            one.recorded_by,
            in_effect=_is_given(one, on=book.day_of(at)),
            heard=list(_heard(connection, one, sent)),
        )
        for one in subject.consent_history(connection, tin)
        if one.superseded_at is None
    ]


def _is_given(consent: subject.ConsentRecord, *, on: date) -> bool:
    started = consent.given_on is None or consent.given_on <= on
    return started and (consent.withdrawn_on is None or consent.withdrawn_on > on)


def _heard(
    connection: Connection, consent: subject.ConsentRecord, sent: list[subject.Told]
) -> Iterator[Heard]:
    for lane in lanes.all_lanes(connection, "out"):
        if lane.partner != consent.partner:
            continue
        last = told.held(connection, lane.id, [consent.tin]).values()
        withdrawals = [
            one
            for one in sent
            if (one.partner, one.arrangement) == (lane.partner, lane.arrangement)
            and one.status == Status.WITHDRAWN
        ]
        final = withdrawals[-1] if withdrawals and consent.withdrawn_on is not None else None
        yield Heard(
            lane.arrangement,
            ", ".join(sorted({one.status for one in last})) or None,
            None if final is None else final.queued_at,
            None if final is None else final.message_id,
            None if final is None else final.sent_at,
            None if final is None else final.reached_at,
            None if final is None else final.receipt,
        )
