"""One line of `decide --json` for each declaration: `schemas/api/decision-line.schema.json`."""

from __future__ import annotations

from typing import Any, Self

from pydantic_core import from_json, to_json

from mra_gateway.model.base import Noun
from mra_gateway.model.declarations import (
    DeclarationType,
    DeclaredMessage,
    DeclaredParty,
    ListCode,
    PartyLevel,
)
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Text
from mra_gateway.model.recognition import PartyResult, RecognitionResult


class PartyLine(Noun):
    """A party as declared: the row of the parties table."""

    role: PartyFunction
    level: PartyLevel
    item: int | None
    identifier: Text | None
    name: Text | None
    territory: Territory | None
    declared_as: ListCode | None

    @classmethod
    def of(cls, party: DeclaredParty) -> Self:
        """Returns the line of a party."""
        return cls(**{name: getattr(party, name) for name in cls.model_fields})


class DecidedLine(RecognitionResult):
    """A declaration that was decided: its recognition result, and its parties as declared."""

    parties: tuple[PartyLine, ...]

    @classmethod
    def of(cls, message: DeclaredMessage, result: RecognitionResult) -> Self:
        """Returns the line of a decided declaration."""
        values = {name: getattr(result, name) for name in type(result).model_fields}
        return cls(parties=tuple(map(PartyLine.of, message.parties)), **values)

    @staticmethod
    def of_given(message: DeclaredMessage, given: bytes) -> str:
        """Returns the same as JSON, of an answer as it was given.

        It is not read into nouns and written again, which takes ten times as long: a file may hold
        millions.
        """
        line: dict[str, Any] = from_json(given)
        for result, party in zip(line["results"], message.parties, strict=True):
            result["party"] = party.model_dump(mode="json")
        line["parties"] = [PartyLine.of(one).model_dump(mode="json") for one in message.parties]
        return to_json(line).decode()


class UndecidedLine(Noun):
    """A message that was read and not decided, with the reason.

    Attributes:
        changes: The reference of the earlier declaration it is about.
        results: Always empty.
    """

    reference: Text
    type: DeclarationType
    changes: Text | None
    parties: tuple[PartyLine, ...]
    results: tuple[PartyResult, ...] = ()
    not_decided: Text

    @classmethod
    def of(cls, message: DeclaredMessage, *, why: str) -> Self:
        """Returns the line of a message that is not decided."""
        return cls(
            reference=message.reference,
            type=message.type,
            changes=message.changes,
            parties=tuple(map(PartyLine.of, message.parties)),
            not_decided=why,
        )
