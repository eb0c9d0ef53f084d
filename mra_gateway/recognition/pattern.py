"""Answers written as JSON in one go, byte for byte as they are put together in `answer.py` (pure).

Most parties of a batch differ in who they are and in nothing else. So one answer of each kind is
put together with marks where the operator stands, and the others are written by filling these in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import orjson

from mra_gateway.model.identifiers import AuthorisationNumber, Tin
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.answer import Judged, answer
from mra_gateway.recognition.rule import Found, Standing, Step, named, said, step, valid

_OK = RecognitionReason.OK
_PARTY, _TIN, _NUMBER, _SINCE = (f"\ue000{letter}\ue001" for letter in "PTNS")
"""Marks in letters for private use, which no identifier and no text of a data file holds."""
_IN_ORDER = (_PARTY, _TIN, _NUMBER, _NUMBER, _SINCE, _TIN)

Verdict: TypeAlias = tuple[str, bool, str]
"""What a party is counted by: the partner (empty when none was found), whether it is recognised,
and `OK` or why it got nothing; a plain text, for an enumeration's members are counted slowly."""


def nobody(standing: Standing) -> Verdict:
    """Returns the verdict on a party that is nobody we know."""
    return "", False, standing.reason.value


AS_NUMBER, AS_TIN, AS_FORM = range(3)
"""How a declared identifier names an authorisation: as issued, as its TIN, or otherwise."""


class Pattern:
    """What recognised parties of one kind get.

    Attributes:
        granted: How many benefits.
        verdict: What is counted.
    """

    __slots__ = ("_pieces", "_zone", "granted", "verdict")

    def __init__(
        self, found: Found, judged: Judged, *, in_force: Step, how: int, table: str
    ) -> None:
        """Puts together what an authorisation of this kind gets.

        Args:
            found: The authorisation.
            judged: What the table gives.
            in_force: The first step.
            how: How it is named.
            table: The decision table, with its version.
        """
        self.granted = judged.granted
        self.verdict: Verdict = (found.key.issuer, True, judged.reason.value)
        self._zone = found.cover.zone
        key = found.key._replace(
            tin=Tin.trusted(_TIN), authorisation=AuthorisationNumber.trusted(_NUMBER)
        )
        identifier = {AS_NUMBER: _NUMBER, AS_TIN: _TIN}.get(how, "")
        steps = (
            in_force,
            step(2, _OK, valid(key, _SINCE)),
            step(3, _OK, named(identifier, key, found.form)),
        )
        values = answer(
            b"{}",
            Standing(found._replace(key=key), recognised=True, reason=_OK, steps=steps),
            judged,
            table=table,
            shadow=False,
            flags=(),
            corrections=(),
        )
        self._pieces = _split(values, marks=_IN_ORDER)

    def fill(
        self, party: bytes, *, tin: Tin, number: AuthorisationNumber, since: datetime
    ) -> Sequence[bytes]:
        """Returns the answer for one party, whose authorisation is valid since a moment.

        In pieces, for they are put together once, with all the rest of what is answered.

        Args:
            party: As declared, as JSON.
            tin: Whose authorisation it is.
            number: The authorisation's.
            since: Since when it is valid.
        """
        known, moment = tin.encode(), _said(since, self._zone)
        # it may hold anything that is printable
        shown = number.encode() if number.isalnum() else orjson.dumps(number)[1:-1]
        a, b, c, d, e, f, g = self._pieces
        return a, party, b, known, c, shown, d, shown, e, moment, f, known, g


class NobodyPattern:
    """What parties that are nobody we know get, when the same is said to each.

    Attributes:
        verdict: What is counted.
    """

    __slots__ = ("_pieces", "verdict")

    def __init__(self, standing: Standing) -> None:
        """Puts together what is said."""
        values = answer(b"{}", standing, None, table=None, shadow=False, flags=(), corrections=())
        self._pieces = _split(values, marks=(_PARTY,))
        self.verdict = nobody(standing)

    def fill(self, party: bytes) -> Sequence[bytes]:
        """Returns the answer for one party, as declared, as JSON."""
        before, after = self._pieces
        return before, party, after


@lru_cache(maxsize=16_384)
def _said(at: datetime, zone: ZoneInfo) -> bytes:
    """Returns a moment as reasons name it, as it stands in JSON."""
    return said(at, zone).encode()


def _split(values: Mapping[str, Any], *, marks: tuple[str, ...]) -> tuple[bytes, ...]:
    """Returns an answer as JSON, in the pieces between marks that stand in this order."""
    text = orjson.dumps({**values, "party": _PARTY}, option=orjson.OPT_UTC_Z).decode()
    pieces = re.split(f"({'|'.join(set(marks))})", text.replace(f'"{_PARTY}"', _PARTY))
    assert tuple(pieces[1::2]) == marks, "a text holds a mark of its own"
    return tuple(piece.encode() for piece in pieces[::2])
