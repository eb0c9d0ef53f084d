"""One row of a questionnaire → one answer, or what is wrong with each of its cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from mra_gateway.errors import Reason
from mra_gateway.model.facts import ALL
from mra_gateway.model.operators import Code, Role, Text
from mra_gateway.model.profiles import Cell, Stated, UnitCode
from mra_gateway.model.requirements import Item, Phrase
from mra_gateway.tables.cleaning import key_of
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.questionnaire_columns import WORDS, Column, Kind, Word, columns
from mra_gateway.tables.sheet import CellError, NotComputed, Value, is_empty

DIMENSIONS: Final = "dimensions"
_LONGEST: Final = 512
_BREAKS: Final = re.compile(r"[\r\n\t\v\f\u0085\u2028\u2029]+")
_SEPARATORS: Final = re.compile(r"[,;\n]")
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_DECIMAL_COMMA: Final = re.compile(r"[0-9]+,[0-9]{1,2}")
_FIGURE: Final = re.compile(r"[0-9]{1,4}_(year|quarter|month|week|day|hour)s?")
_TEXT: Final = TypeAdapter[str](Text)
_CODE: Final = TypeAdapter[str](Code)
_UNIT: Final = TypeAdapter[str](UnitCode)
_UNIT_FORMS: Final = {
    "year": "year years год года лет",
    "quarter": "quarter quarters квартал квартала кварталов",
    "month": "month months месяц месяца месяцев мес",
    "day": "day days день дня дней сутки суток",
    "hour": "hour hours час часа часов",
    "count": "count pieces штук штука шт",
    "percent": "percent процент процента процентов",
    "points": "points point балл балла баллов",
}
_UNITS: Final = {
    key_of(form): unit for unit, forms in _UNIT_FORMS.items() for form in forms.split()
}
_NO_WORDS: Final = {
    Stated.REQUIRED: Phrase(
        en="Stated by the administration as asked, given or done; no wording was handed in",
        ru="По сообщению администрации, требуется, предоставляется или делается; без слов",
    ),
    Stated.ABSENT: Phrase(
        en="Stated by the administration as not asked or given",
        ru="По сообщению администрации, не требуется и не предоставляется",
    ),
    Stated.NOT_APPLICABLE: Phrase(
        en="Stated by the administration as binding nobody in the programme",
        ru="По сообщению администрации, никого в программе не обязывает",
    ),
    Stated.DESCRIBED: Phrase(
        en="Described by the administration by codes only",
        ru="Описано администрацией только кодами",
    ),
}
"""What is written where an answer was chosen and nothing said in words."""

Faults = list[tuple[str, CellProblem]]


class Known(NamedTuple):
    """What answers may name.

    Attributes:
        items: Items with their catalogue; categories as None.
        tiers: Codes of the programme's tiers; empty: any.
        codes: Codes the profile uses already.
    """

    items: Mapping[str, Item | None]
    tiers: frozenset[str]
    codes: frozenset[str]


class Answer(NamedTuple):
    """What a row says, and where it is written.

    Attributes:
        is_confirmed: Whether the administration confirms the answer that stood there.
    """

    cell: Cell
    source: str | None
    is_confirmed: bool


def read_answer(
    item: str, values: Mapping[str, Value], *, known: Known
) -> tuple[Answer | None, Faults]:
    """Returns the answer of a row by field; None with what is wrong."""
    faults: Faults = []
    read = dict(_read_cells(item, values, known=known, faults=faults))
    thresholds = _thresholds(values, read, faults)
    source = read.pop("source", None)
    is_confirmed = read.pop("confirmed", None) is not None
    for field in [name for name in read if name.startswith("figure")]:
        del read[field]
    if "stated" not in {field for field, _ in faults}:
        faults += _contradictions(item, read, has_figures=bool(thresholds))
    if faults:
        return None, faults
    stated = Stated(read["stated"])
    english, russian = read.pop("text_en", None), read.pop("text_ru", None)
    # a profile is kept in English: what was said in Russian only stands in its place until then
    text = Phrase(en=english or russian, ru=russian) if english or russian else _NO_WORDS[stated]
    try:
        cell = Cell.model_validate(
            {**read, "item": item, "text": text, "thresholds": thresholds}, strict=False
        )
    except ValidationError as error:
        wrong = CellProblem(Reason.VALUE_UNREADABLE, error.errors()[0]["msg"][:200])
        return None, [("stated", wrong)]
    return Answer(cell, source, is_confirmed), []


def single_line(value: Value) -> str:
    """Returns a cell as one line of text in NFC; a number typed where text is asked is its digits.

    Raises:
        CellProblem: It cannot stand in a profile.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        value = value.date()
    text = unicodedata.normalize("NFC", str(value))
    line = " ".join(part.strip() for part in _BREAKS.split(text) if part.strip())
    if len(line) > _LONGEST:
        text = f"{len(line)} characters; {_LONGEST} are taken: say it in short, name the provision"
        raise CellProblem(Reason.VALUE_UNREADABLE, text)
    try:
        return _TEXT.validate_python(line)
    except ValidationError:
        raise CellProblem(Reason.VALUE_UNREADABLE, "holds characters nobody sees") from None


def _read_cells(
    item: str, values: Mapping[str, Value], *, known: Known, faults: Faults
) -> Iterator[tuple[str, Any]]:
    for column in columns(figures=12):
        value = values.get(column.field)
        if not column.is_answer or is_empty(value):
            continue
        try:
            yield column.field, _read(value, column, item=item, known=known)
        except CellProblem as problem:
            faults.append((column.field, problem))


def _read(value: Value, column: Column, *, item: str, known: Known) -> Any:
    if isinstance(value, CellError):
        raise CellProblem(Reason.CELL_ERROR, f"the cell holds the error {value.code}")
    if isinstance(value, NotComputed):
        raise CellProblem(Reason.FORMULA_NOT_COMPUTED, "a formula whose result is not stored")
    if column.kind is Kind.NUMBER:
        return _number(value)
    text = single_line(value)
    if column.field.endswith(".unit"):
        return _unit(text)
    if column.kind is Kind.ONE:
        return _word(text, WORDS[column.words or ""])
    if column.kind is Kind.TEXT:
        return text
    return _MANY[column.field](_parts(str(value)), item, known)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in _SEPARATORS.split(text) if part.strip()))


def _word(text: str, words: tuple[Word, ...]) -> str:
    key = key_of(text)
    found = [word.code for word in words if key in word.keys]
    if not found:
        offered = "; ".join(word.offered for word in words)
        raise CellProblem(Reason.WORD_UNKNOWN, f"has to be one of: {offered}")
    return str(found[0])


def _methods(parts: tuple[str, ...], item: str, known: Known) -> Any:  # noqa: ARG001
    return tuple(_word(part, WORDS["methods"]) for part in parts)


def _roles(parts: tuple[str, ...], item: str, known: Known) -> Any:  # noqa: ARG001
    codes = tuple(_word(part, WORDS["roles"]) for part in parts)
    return _all_or(codes)


def _tiers(parts: tuple[str, ...], item: str, known: Known) -> Any:  # noqa: ARG001
    codes = tuple(ALL if key_of(part) in {"all", "все"} else part for part in parts)
    for code in codes:
        if code != ALL and known.tiers and code not in known.tiers:
            tiers = ", ".join(sorted(known.tiers))
            raise CellProblem(
                Reason.WORD_UNKNOWN, f"{code[:40]!r} is no tier of the programme: {tiers}"
            )
    return _all_or(tuple(code if code == ALL else _code(code) for code in codes))


def _all_or(codes: tuple[str, ...]) -> Any:
    if ALL not in codes:
        return codes
    if len(codes) > 1:
        raise CellProblem(Reason.VALUE_UNREADABLE, "all leaves nothing out: it stands alone")
    return ALL


def _values(parts: tuple[str, ...], item: str, known: Known) -> Any:
    asked = known.items[item]
    listed = {} if asked is None else asked.values
    own = {key_of(text): code for code, each in listed.items() for text in (code, each.en, each.ru)
           if text is not None}  # fmt: skip
    free = known.codes | known.tiers | set(Role)
    found = []
    for part in parts:
        code = own.get(key_of(part), part)
        if listed and code not in {*listed, *free} and not _FIGURE.fullmatch(code):
            text = f"{part[:40]!r} is none of the codes of {item}: {', '.join(listed)}"
            raise CellProblem(Reason.WORD_UNKNOWN, f"{text}; or a span, as 2_years")
        found.append(_code(code))
    return tuple(found)


_MANY: Final[Mapping[str, Callable[[tuple[str, ...], str, Known], Any]]] = {
    "methods": _methods,
    "roles": _roles,
    "tiers": _tiers,
    "values": _values,
}


def _code(text: str) -> str:
    try:
        return _CODE.validate_python(text)
    except ValidationError:
        raise CellProblem(
            Reason.WORD_UNKNOWN, f"{text[:40]!r} is words where a code is asked, as AEOS or 2_years"
        ) from None


def _unit(text: str) -> str:
    found = [word.code for word in WORDS["unit"] if key_of(text) in word.keys]
    unit = found[0] if found else _UNITS.get(key_of(text), text.upper())
    try:
        return _UNIT.validate_python(unit)
    except ValidationError:
        raise CellProblem(
            Reason.WORD_UNKNOWN,
            f"{text[:40]!r} is no unit: years, months, days …, a currency by its ISO code as USD, "
            "or a national unit as KZ-MCI",
        ) from None


def _number(value: Value) -> float:
    if isinstance(value, bool | date | datetime):
        raise CellProblem(Reason.VALUE_UNREADABLE, "not a number")
    if isinstance(value, int | float):
        return _positive(float(value))
    text = re.sub(r"\s", "", str(value))
    if _NUMBER.fullmatch(text):
        return float(text)
    if _DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    raise CellProblem(
        Reason.VALUE_UNREADABLE, "not a number alone: what it counts and its unit stand beside it"
    )


def _positive(value: float) -> float:
    if value < 0:
        raise CellProblem(Reason.VALUE_UNREADABLE, "a figure below nought")
    return value


def _thresholds(
    values: Mapping[str, Value], read: Mapping[str, Any], faults: Faults
) -> tuple[tuple[dict[str, Any], ...], ...]:
    """Returns the figures by the set they belong to."""
    sets: dict[float, list[dict[str, Any]]] = {}
    for number in sorted({int(m[1]) for name in values if (m := re.match(r"figure(\d+)\.", name))}):
        names = {part: f"figure{number}.{part}" for part in _PARTS}
        given = {part for part, name in names.items() if not is_empty(values.get(name))}
        if not given - {"alternative"}:
            continue
        for part in _PARTS:
            if part not in given:
                faults.append((names[part], CellProblem(Reason.VALUE_MISSING, _PARTS[part])))
        if all(name in read for name in names.values()):
            figure = {part: read[name] for part, name in names.items()}
            sets.setdefault(read.get(f"figure{number}.alternative", 1.0), []).append(figure)
    return tuple(tuple(sets[key]) for key in sorted(sets))


_PARTS: Final = {
    "measure": "it is not said what the figure counts",
    "relation": "it is not said whether at least, at most or exactly",
    "value": "a unit without a figure",
    "unit": "a figure without its unit",
}


def _contradictions(item: str, read: Mapping[str, Any], *, has_figures: bool) -> Faults:
    """Returns which cells of a row cannot stand beside each other."""
    stated = read.get("stated")
    if stated is None:
        if item.startswith(f"{DIMENSIONS}:"):
            hint = "described, not so, or binds nobody"
        else:
            hint = "asked, not so, or binds nobody"
        return [("stated", CellProblem(Reason.VALUE_MISSING, f"the row is filled in, say: {hint}"))]
    faults: Faults = []
    if stated == Stated.DESCRIBED and not item.startswith(f"{DIMENSIONS}:"):
        text = "only a dimension is described: say whether it is asked or not"
        faults.append(("stated", CellProblem(Reason.ROWS_CONTRADICT, text)))
    if stated != Stated.REQUIRED:
        text = f"contradicts the answer: {stated!r} has no strength and no figures"
        if read.get("strength") is not None:
            faults.append(("strength", CellProblem(Reason.ROWS_CONTRADICT, text)))
        if has_figures:
            faults.append(("figure1.value", CellProblem(Reason.ROWS_CONTRADICT, text)))
    return faults
