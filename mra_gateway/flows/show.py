"""Shows one recipient what it may see of our register: whom, and which elements of each record.

Who hears of a change, and in which words, is in `announce.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from mra_gateway.errors import Reason
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.changes import ListedOperator, Status
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ChangeId, Territory, Tin
from mra_gateway.model.operators import DataElement, OperatorRecord
from mra_gateway.store import consents, facts

Given = Mapping[tuple[Tin, Territory], consents.Consent]
"""Consents by operator and partner."""


def is_visible(
    book: PartnerBook,
    arrangement: Arrangement,
    record: OperatorRecord,
    *,
    partner: Territory,
    given: Given,
    at: datetime,
) -> bool:
    """Says whether a partner may know an operator of ours: in scope, and consent where needed.

    Consent counts by the legal day in our time zone; where an arrangement does not say whether it
    is needed, it is.
    """
    if arrangement.check_covered(record, issuer=book.our_administration) is not Reason.OK:
        return False
    if arrangement.exchange.consent.value == "not_required":
        return True
    consent = given.get((record.tin, partner))
    return consent is not None and consent.is_given(book.day_of(at))


def reduce(record: OperatorRecord, arrangement: Arrangement) -> OperatorRecord:
    """Returns a record with only the elements the arrangement agreed; the rest never leaves."""
    agreed = set(arrangement.exchange.data_elements.value or ())
    gone: dict[str, tuple[()] | None] = {
        element: empty
        for element, empty in _EMPTY.items()
        if element not in agreed and getattr(record, element) != empty
    }
    return record.model_copy(update=gone) if gone else record


def reduce_to_number(record: OperatorRecord) -> OperatorRecord:
    """Returns a record with nothing but what names the authorisation.

    It is all a recipient needs to end one, and all that may leave when consent has ended.
    """
    return record.model_copy(update=_EMPTY)


_EMPTY: dict[str, tuple[()] | None] = {
    element.value: ()
    if element
    in {
        DataElement.NAMES,
        DataElement.ADDRESSES,
        DataElement.ROLES,
        DataElement.PARTNER_IDENTIFIERS,
    }
    else None
    for element in DataElement
}


def as_listed(fact: facts.Fact, arrangement: Arrangement) -> ListedOperator:
    """Returns a fact of the own register as a full list names it."""
    return ListedOperator(
        status=Status(fact.status),
        effective_from=fact.effective_from,
        change_id=None if fact.change_id is None else ChangeId.trusted(fact.change_id),
        operator=reduce(fact.record, arrangement),
    )
