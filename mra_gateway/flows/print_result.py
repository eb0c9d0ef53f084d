"""Writes the statement of reasons for a stored result of recognition.

1. the result as it was given; one that was purged is refused
2. the same computed again, from what was known then
3. what codes and arrangements are called: by the facts of today
"""

from __future__ import annotations

from typing import NamedTuple

from mra_gateway.documents.page import Page
from mra_gateway.documents.result_paper import compose_result_paper
from mra_gateway.documents.result_party import GivenResult, Reader
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.decide import Decider
from mra_gateway.model.recognition import Again, RecognitionResult
from mra_gateway.model.requirements import Phrase


class Statement(NamedTuple):
    """A statement of reasons, and how the result comes out when it is computed again."""

    page: Page
    again: Again


async def print_result(
    result_id: str, *, decider: Decider, book: PartnerBook, printing: Printing, reader: Reader
) -> Statement:
    """Returns the statement of reasons for a result.

    Args:
        result_id: Under which it is stored.
        decider: Finds results and computes them again.
        book: What is known of partners.
        printing: Languages, date, letterhead.
        reader: Who reads it.

    Raises:
        RequestRefused: There is no such result, or it was purged (`DATA_PURGED`).
        StoreError: The database failed.
    """
    # 1, 2
    stored, again = await decider.find_stored(result_id), await decider.recompute(result_id)
    if stored is None or again is None:
        raise RequestRefused(f"no result {result_id[:60]!r}", reason=Reason.NOT_FOUND)
    result = RecognitionResult.model_validate_json(stored.result)
    # 3
    registry, ours = book.registry, book.our_administration
    given = GivenResult(
        result,
        requested_by=stored.requested_by,
        again=result.compare(again),
        again_rule=again.rule,
        administration=ours.name.value or ours.display_name.value or book.us,
        zone=book.time_zone,
        benefits={
            code: Phrase(en=fact.value.title, ru=fact.value.title_ru)
            for code, fact in registry.benefits.items()
            if fact.value is not None
        },
        arrangements={
            id_: (one.title, tuple(side.territory for side in one.parties))
            for id_, one in registry.arrangements.items()
        },
    )
    page = compose_result_paper(given, printing=printing, reader=reader)
    return Statement(page, given.again)
