"""One cell → one value of the model, by the mapping's own words first, then the shared vocabulary.

Every refusal is a `CellProblem`; every change that is not one is counted for the notes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping as Words
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from mra_gateway.errors import Reason
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.look_alikes import describe, find_look_alikes, is_disguised, to_latin
from mra_gateway.model.operators import Role
from mra_gateway.tables import dates
from mra_gateway.tables.cleaning import clean_line, clean_lines, key_of, narrow, shown
from mra_gateway.tables.fields import Field
from mra_gateway.tables.mapping import Mapping
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.sheet import CellError, NotComputed, Value, is_empty
from mra_gateway.tables.vocabulary import Vocabulary

V = TypeVar("V")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[Ee]\+?\d+")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,34}")
_BETWEEN_ITEMS = re.compile(r"[,;/\n、，；]+")
_WORD = re.compile(r"\w+")


class ValueReader:
    """Reads the cells of one sheet.

    Attributes:
        changes: What was changed without being a problem, and how often.
    """

    def __init__(
        self, mapping: Mapping, *, vocabulary: Vocabulary, epoch_1904: bool = False
    ) -> None:
        self.mapping = mapping
        self.vocabulary = vocabulary
        self.epoch_1904 = epoch_1904
        self.changes: Counter[str] = Counter()
        own = mapping.values
        self._status = _by_key(own.status) | {s.value: s for s in Status}
        self._roles = _by_key(own.roles) | {key_of(role.value): role for role in Role}
        self._own: dict[str, dict[str, Any]] = {
            "kind": _by_key(own.kind),
            "tier": _by_key(own.tier),
            "programme": _by_key(own.programme),
            "territory": _by_key(own.territory),
            "consent": _by_key(own.consent),
            "consent_basis": _by_key(own.consent_basis),
        }

    def text(self, value: Value) -> str | None:
        """Returns a cell as one line, or None when nothing stands in it."""
        raw = self._raw(value)
        if raw is None:
            return None
        line = clean_line(raw)
        if line != raw.strip(" "):
            self.changes["invisible characters, exotic spaces or line breaks"] += 1
        return line or None

    def lines(self, value: Value) -> tuple[str, ...]:
        """Returns a cell's lines."""
        raw = self._raw(value)
        return clean_lines(raw) if raw is not None else ()

    def identifier(self, value: Value, *, field: Field, digits: int | None) -> str | None:
        """Returns an identifier exactly as issued.

        Raises:
            CellProblem: A number whose leading zeros may be lost, or look-alike letters.
        """
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            text: str | None = _number(value, digits)
        else:
            text = self.text(value)
        if text is None:
            return None
        plain = narrow(text)
        if plain != text:
            self.changes["full-width characters in identifiers"] += 1
        if _SCIENTIFIC.fullmatch(plain):
            raise CellProblem(
                Reason.NUMBER_FOR_IDENTIFIER,
                f"{shown(plain)} was shortened by a spreadsheet program; its digits are lost",
            )
        _check_digits(plain, digits)
        return self._latin(plain, whole=field.base == "tin")

    def day(self, value: Value, *, field: Field) -> date | datetime | None:
        """Returns a day; a moment only for `effective_from`, and None for "no expiry"."""
        raw = self._checked(value)
        if is_empty(raw) or (isinstance(raw, str) and self.vocabulary.is_blank(raw)):
            return None
        if field.base == "expires_on" and key_of(str(raw)) in self.vocabulary.no_expiry:
            return None
        moment = dates.read_moment(raw) if field.base == "effective_from" else None
        if moment is not None:
            return moment
        if dates.has_time_of_day(raw):
            self.changes["times of day beside dates, which were dropped"] += 1
        if dates.is_serial(raw):
            self.changes["dates stored as bare Excel serial numbers"] += 1
        return dates.read_day(
            raw,
            order=self.mapping.date_order,
            months=self.vocabulary.months,
            epoch_1904=self.epoch_1904,
        )

    def status(self, value: Value) -> Status | None:
        """Returns the status a word stands for."""
        return self._word(
            value, self._status, self.vocabulary.status, reason=Reason.STATUS_WORD_UNKNOWN
        )

    def roles(self, value: Value) -> tuple[Role, ...]:
        """Returns the roles a cell lists, each once."""
        whole = self.text(value)
        if whole is None:
            return ()
        for known in (self._roles, self.vocabulary.roles):
            if key_of(whole) in known:
                return (known[key_of(whole)],)
        parts = [
            part for part in _BETWEEN_ITEMS.split("\n".join(self.lines(value))) if part.strip()
        ]
        found = [self._word(part, self._roles, self.vocabulary.roles) for part in parts]
        return tuple(dict.fromkeys(role for role in found if role))

    def tier(self, value: Value) -> str | None:
        """Returns a tier's code: of the mapping, of the vocabulary, or the code itself."""
        text = self.text(value)
        if text is None:
            return None
        key, own = key_of(text), self._own["tier"]
        code = own.get(key) or self.vocabulary.tiers.get(key) or narrow(text)
        if not _CODE.fullmatch(str(code)):
            raise _unknown(text, [*own, *self.vocabulary.tiers], Reason.WORD_UNKNOWN)
        return str(code)

    def word(self, value: Value, *, field: str, shared: Words[str, V]) -> V | None:
        """Returns what a word of a small closed list stands for."""
        return self._word(value, self._own[field], shared)

    def yes_no(self, value: Value) -> bool | None:
        """Returns what a yes/no cell says; None when it says nothing."""
        if isinstance(value, bool):
            return value
        return self.word(value, field="consent", shared=self.vocabulary.yes_no)

    def territories(self, value: Value) -> tuple[Territory, ...]:
        """Returns the customs territories a cell lists."""
        parts = _BETWEEN_ITEMS.split("\n".join(self.lines(value)))
        return tuple(self._territory(part.strip()) for part in parts if part.strip())

    def _territory(self, text: str) -> Territory:
        own = self._own["territory"]
        code = own.get(key_of(text), text.upper())
        try:
            return Territory(str(code))
        except ValueError:
            raise CellProblem(
                Reason.WORD_UNKNOWN,
                f"{shown(text)} is not a customs territory's two letters; add it to the mapping "
                "([values.territory])",
            ) from None

    def _word(
        self,
        value: Value,
        own: Words[str, V],
        shared: Words[str, V],
        reason: Reason = Reason.WORD_UNKNOWN,
    ) -> V | None:
        text = self.text(value)
        if text is None:
            return None
        key = key_of(text)
        found = own[key] if key in own else shared.get(key)
        if found is None:
            raise _unknown(text, [*own, *shared], reason)
        return found

    def _raw(self, value: Value) -> str | None:
        checked = self._checked(value)
        if checked is None:
            return None
        if isinstance(checked, (datetime, date, time, timedelta)):
            raise CellProblem(
                Reason.VALUE_UNREADABLE,
                f"{shown(str(checked))} is a date; format the cell as text and write it anew",
            )
        if isinstance(checked, float) and checked.is_integer() and abs(checked) < 1e15:
            checked = int(checked)
        text = str(checked)
        return None if self.vocabulary.is_blank(text) else text

    def _checked(
        self, value: Value
    ) -> str | int | float | datetime | date | time | timedelta | None:
        if isinstance(value, CellError):
            raise CellProblem(
                Reason.CELL_ERROR, f"the cell holds the error {shown(value.code)}, not a value"
            )
        if isinstance(value, NotComputed):
            raise CellProblem(
                Reason.FORMULA_NOT_COMPUTED,
                "the formula's result is not in the file; open, recalculate and save it",
            )
        return value

    def _latin(self, text: str, *, whole: bool) -> str:
        if text.isascii():
            return text
        words = [text] if whole and find_look_alikes(text) else _WORD.findall(text)
        disguised = [
            word for word in words if (whole and find_look_alikes(word)) or is_disguised(word)
        ]
        if not disguised or self.mapping.look_alikes == "keep":
            return text
        if self.mapping.look_alikes == "to_latin":
            self.changes["look-alike letters written as Latin, as the mapping allows"] += 1
            for word in disguised:
                text = text.replace(word, to_latin(word))
            return text
        letters = "".join(dict.fromkeys("".join(find_look_alikes(word) for word in disguised)))
        raise CellProblem(
            Reason.LOOK_ALIKE_LETTERS,
            f"in {shown(text)} {describe(letters)} only look like Latin letters; write it anew, or "
            "state look_alikes in the mapping",
        )


def _by_key(words: Words[str, V]) -> dict[str, V]:
    return {key_of(word): value for word, value in words.items()}


def _number(value: float, digits: int | None) -> str:
    whole = isinstance(value, int) or value.is_integer()
    if not whole or abs(value) >= 10**15:
        raise CellProblem(
            Reason.NUMBER_FOR_IDENTIFIER,
            f"{shown(value)} is stored as a number that has lost digits; write it anew as text",
        )
    if digits is None:
        raise CellProblem(
            Reason.NUMBER_FOR_IDENTIFIER,
            f"{shown(value)} is stored as a number, so leading zeros may be lost; format the "
            "column as text, or state how many digits it has in the mapping (digits = …)",
        )
    return str(int(value))


def _check_digits(text: str, digits: int | None) -> None:
    bare = re.sub(r"[\s./-]", "", text)
    if digits is None or not bare.isdigit() or len(bare) == digits:
        return
    if len(bare) < digits:
        raise CellProblem(
            Reason.LEADING_ZEROS_LOST,
            f"{shown(text)} has {len(bare)} digits, {digits} are expected; are zeros missing?",
        )
    raise CellProblem(
        Reason.VALUE_UNREADABLE, f"{shown(text)} has {len(bare)} digits, {digits} are expected"
    )


def _unknown(text: str, known: list[str], reason: Reason) -> CellProblem:
    words = ", ".join(dict.fromkeys(known))
    return CellProblem(
        reason,
        f"{shown(text)} is no known word; the mapping may add it. Known: {words[:1500]}",
    )
