"""Which sentences of results have no words in Russian: none of them may."""

from __future__ import annotations

from collections.abc import Iterator

from mra_gateway.documents.reasons import retell
from mra_gateway.model.recognition import RecognitionResult


def sentences(result: RecognitionResult) -> Iterator[tuple[str, str]]:
    """Yields every sentence of a result, with where it stands."""
    for party in result.results:
        yield from (("step", step.text) for step in party.steps)
        yield from (("benefit", one.text) for one in (*party.benefits, *party.holder_benefits))
        yield from (("correction", text) for text in party.corrections)
        yield from (("flag", flag.text) for flag in party.flags)
        if party.read_by is not None:
            yield "form", party.read_by


def untold(result: RecognitionResult) -> list[str]:
    """Returns the sentences of a result that cannot be said in Russian."""
    return [
        text
        for group, text in sentences(result)
        if not retell(text, group=group, language="ru").is_told
    ]
