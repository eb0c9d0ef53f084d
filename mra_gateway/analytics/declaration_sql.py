"""Texts of a file of declarations as typed columns: SQL for DuckDB, column by column.

Plain forms are read here: `1234.5`, `1 234,50`, `2026-03-02`, `2026-03-02T09:15+05:00`,
`02.03.2026 09:15`. Every other text is read once by `tables/measure_texts.py` and joined back from
a table `odd_FIELD`; words from a table `word_FIELD`. `loading.py` makes those tables.
"""

# ruff: noqa: S608 - SQL is made of our own names; what comes from outside is quoted or a table

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from mra_gateway.analytics.wall_clock import WallClock
from mra_gateway.errors import Reason
from mra_gateway.tables.measure_columns import DECLARATIONS, Kind

MOMENTS: Final = ("lodged_at", "arrived_at", "released_at")
NUMBERS: Final = ("value", "cost")
WORDS: Final[Mapping[Kind, str]] = {
    "yes_no": "BOOLEAN",
    "flow": "VARCHAR",
    "lane": "VARCHAR",
    "currency": "VARCHAR",
    "territory": "VARCHAR",
    "category": "BIGINT",
    "chapter": "VARCHAR",
    "label": "VARCHAR",
}
"""Kinds of which a column holds few different texts, and their types."""

_MOMENT: Final = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    "([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)
_DECIMALS: Final = "([0-9]{1,2}|[0-9]{4,})"
_SPACE: Final = r"[\s\x{a0}\x{202f}’'']"
_NUMBER: Final = f"[0-9]{{1,15}}([.]{_DECIMALS})?"
_GROUPED: Final = f"([0-9]{{1,15}}|[0-9]{{1,3}}({_SPACE}[0-9]{{3}}){{1,4}})([.,]{_DECIMALS})?"
_ROUNDED: Final = "[0-9]([.,][0-9]+)?[eE][+][0-9]+"
"""A long number as a spreadsheet writes it into a CSV file: its last digits are lost."""


class Check(NamedTuple):
    """Something a row may be at fault in.

    Attributes:
        name: Under which it is told.
        field: Whose column is at fault.
        reason: The code.
        when: SQL over the columns of `_read`.
    """

    name: str
    field: str
    reason: Reason
    when: str


class Plan(NamedTuple):
    """What is known before the rows are read.

    Attributes:
        places: Field → place of its column; what is stated for all rows is no column.
        typed: Fields a Parquet file keeps as numbers.
        odd: Fields with a table of odd texts.
        days_only: Moments of which every one is a midnight: days, from a system that keeps both
            alike.
        defaults: Field → SQL literal of what stands for it in rows that state none.
        wall: The clock moments without an offset are read by.
        local: The administration's.
        first, last: The period's days.
        earliest, latest: Seconds on the wall between which moments are believed.
        own_factor: SQL: what a value without a currency is multiplied by; None: it is at fault.
        currency: Into which values are changed.
    """

    places: Mapping[str, int]
    typed: Collection[str]
    odd: Collection[str]
    days_only: Collection[str]
    defaults: Mapping[str, str]
    wall: WallClock
    local: WallClock
    first: str
    last: str
    earliest: int
    latest: int
    own_factor: str | None
    currency: str | None


def number(column: str) -> str:
    """Returns SQL for a number in a plain form; NULL for every other text."""
    bare = f"regexp_replace({column}, '{_SPACE}', '', 'g')"
    return (
        f"CASE WHEN regexp_full_match({column}, '{_NUMBER}') THEN TRY_CAST({column} AS DOUBLE) "
        f"WHEN regexp_full_match(trim({column}), '{_GROUPED}') "
        f"THEN TRY_CAST(replace({bare}, ',', '.') AS DOUBLE) END"
    )


def iso(column: str) -> str:
    """Returns SQL for a moment or day in a plain form as ISO 8601; NULL for every other text."""
    dotted = (
        f"substr({column}, 7, 4) || '-' || substr({column}, 4, 2) || '-' "
        f"|| substr({column}, 1, 2) || substr({column}, 11)"
    )
    text = (
        f"CASE WHEN {column} LIKE '____-__-__%' THEN {column} "
        f"WHEN {column} LIKE '__.__.____%' THEN {dotted} END"
    )
    return f"CASE WHEN regexp_full_match({text}, '{_MOMENT}') THEN {text} END"


def seconds(text: str) -> str:
    """Returns SQL for what the wall showed at an ISO text, in seconds; its offset is left aside."""
    return f"CAST(epoch_ms(TRY_CAST({text} AS TIMESTAMP)) // 1000 AS BIGINT)"


def offset(text: str) -> str:
    """Returns SQL for the offset of an ISO text in seconds; NULL where it states none."""
    tail = f"substr({text}, 17)"
    zone = f"regexp_extract({text}, '[+-][0-9]{{2}}(:?[0-9]{{2}})?$')"
    minutes = f"CASE WHEN length({zone}) > 3 THEN CAST(right({zone}, 2) AS BIGINT) ELSE 0 END"
    signed = (
        f"CASE WHEN {zone} LIKE '-%' THEN -1 ELSE 1 END "
        f"* (3600 * CAST(substr({zone}, 2, 2) AS BIGINT) + 60 * {minutes})"
    )
    return (
        f"CASE WHEN {tail} LIKE '%Z' THEN 0 "
        f"WHEN contains({tail}, '+') OR contains({tail}, '-') THEN {signed} END"
    )


def has_offset(column: str) -> str:
    """Returns SQL: a text in a plain form states its offset."""
    return f"({_has_sign(column)}) AND {iso(column)} IS NOT NULL"


def lacks_offset(column: str) -> str:
    """Returns SQL: a text in a plain form says a time of day and not its offset."""
    return f"NOT ({_has_sign(column)}) AND length({iso(column)}) > 10"


def _has_sign(column: str) -> str:
    return " OR ".join(f"contains(substr({column}, 17), '{sign}')" for sign in "+-Z")


def has_time_of_day(column: str) -> str:
    """Returns SQL: a text says more than a day, and not midnight."""
    clock = f"substr({column}, 12)"
    return f"length({column}) > 10 AND NOT regexp_full_match({clock}, '00:00(:00([.]0+)?)?')"


def word_source(field: str, column: str) -> str:
    """Returns SQL for the text a word is looked up by."""
    return f"left(trim({column}), 4)" if DECLARATIONS[field] == "chapter" else column


def typed(plan: Plan, checks: Sequence[Check]) -> str:
    """Returns the query that types every row: the columns that are written, its day, and `mask`.

    Args:
        plan: What is known.
        checks: Each has the bit of its place in `mask`.
    """
    mask = " + ".join(
        f"CASE WHEN {check.when} THEN {1 << bit} ELSE 0 END" for bit, check in enumerate(checks)
    )
    columns = ", ".join(OUTPUT)
    return (
        f"SELECT {columns}, counted_on, CAST({mask} AS BIGINT) AS mask "
        f"FROM ({_derived(plan)}) WHERE NOT blank"
    )


def checks(plan: Plan) -> list[Check]:
    """Returns what rows are looked at for, in the order it is told."""
    found = [Check("broken", "", Reason.VALUE_UNREADABLE, "broken IS NOT NULL")]
    for field, kind in DECLARATIONS.items():
        if field in plan.places and (kind in WORDS or field in (*MOMENTS, *NUMBERS)):
            found.append(Check("text", field, Reason.VALUE_UNREADABLE, f"bad_{field}"))
    for field in MOMENTS:
        if field in plan.places:
            found += _moment_checks(field, plan)
    found += [
        Check(
            "missing",
            "declaration",
            Reason.VALUE_MISSING,
            "declaration IS NULL AND broken IS NULL",
        ),
        Check("cell_error", "declaration", Reason.CELL_ERROR, "starts_with(declaration, '#')"),
        Check(
            "rounded",
            "declaration",
            Reason.NUMBER_FOR_IDENTIFIER,
            f"contains(upper(declaration), 'E+') AND regexp_full_match(declaration, '{_ROUNDED}')",
        ),
    ]
    if plan.own_factor is None and any(field in plan.places for field in NUMBERS):
        found.append(Check("no_currency", "currency", Reason.VALUE_MISSING, "no_currency"))
    if "currency" in plan.places:
        found.append(Check("no_rate", "currency", Reason.CURRENCIES_MIXED, "no_rate"))
    day = "released_at" if "released_at" in plan.places else "lodged_at"
    readable = f"broken IS NULL AND NOT bad_{day}"
    found += [
        # what is released later counts then: nothing counts in two periods
        Check("missing_day", day, Reason.OUTSIDE_PERIOD, f"counted_on IS NULL AND {readable}"),
        Check(
            "before_lodged",
            "released_at",
            Reason.RELEASED_BEFORE_LODGED,
            "released_s < lodged_s OR (released_s IS NULL OR lodged_s IS NULL) "
            "AND released_on < lodged_on",
        ),
        Check(
            "outside",
            day,
            Reason.OUTSIDE_PERIOD,
            f"(counted_on < DATE '{plan.first}' OR counted_on > DATE '{plan.last}') AND {readable}",
        ),
    ]
    return found


def _moment_checks(field: str, plan: Plan) -> list[Check]:
    on_wall = f"{field}_o IS NULL AND NOT {field}_is_day"
    name = f"{field}_w"
    found = [
        Check(
            "unbelievable",
            field,
            Reason.VALUE_NOT_ALLOWED,
            f"{name} < {plan.earliest} OR {name} > {plan.latest}",
        )
    ]
    if plan.wall.changes:
        twice, never = plan.wall.is_twice(name), plan.wall.is_never(name)
        found += [
            Check("twice", field, Reason.DATE_AMBIGUOUS, f"{on_wall} AND {twice}"),
            Check("never", field, Reason.VALUE_UNREADABLE, f"{on_wall} AND {never}"),
        ]
    return found


OUTPUT: Final = (
    "declaration",
    "lodged_at",
    "arrived_at",
    "released_at",
    "lodged_on",
    "released_on",
    "flow",
    "lane",
    "inspected",
    "value",
    "currency",
    "country",
    "region",
    "aeo",
    "foreign_aeo",
    "arrangement",
    "tier",
    "operator",
    "category",
    "digital",
    "cost",
    "drawback",
    "ruling",
    "office",
    "chapter",
    "mode",
    "release_hours",
    "clearance_hours",
    "source_row",
)
"""The columns that are written: the event table's, and the row of the file."""

CONTENT: Final = tuple(
    name for name in OUTPUT if name not in {"declaration", "region", "source_row"}
)
"""In what rows of one declaration may differ."""


def _read(plan: Plan) -> str:
    """Each column read by itself."""
    items = ["raw.rn AS source_row", "raw.broken"]
    joins = []
    for field, kind in DECLARATIONS.items():
        place = plan.places.get(field)
        if kind in WORDS:
            items += _word(field, WORDS[kind], place, plan)
            if place is not None:
                source = word_source(field, f"raw.c{place}")
                joins.append(f"LEFT JOIN word_{field} ON {source} = word_{field}.t")
        elif kind == "number":
            items += _number(field, place, plan)
        elif kind == "moment":
            items += _moment(field, place, plan)
        else:
            text = "NULL" if place is None else f"nullif(trim(raw.c{place}), '')"
            items.append(f"{text} AS {field}")
        if field in plan.odd:
            joins.append(f"LEFT JOIN odd_{field} ON raw.c{place} = odd_{field}.t")
    columns = [f"raw.c{place}" for place in sorted(set(plan.places.values()))]
    items.append(
        f"coalesce({', '.join(f'CAST({one} AS VARCHAR)' for one in columns)}) IS NULL "
        "AND raw.broken IS NULL AS blank"
    )
    return f"SELECT {', '.join(items)} FROM raw {' '.join(joins)}"


def _word(field: str, kind: str, place: int | None, plan: Plan) -> list[str]:
    default = plan.defaults.get(field, f"CAST(NULL AS {kind})")
    if place is None:
        found = [f"{default} AS {field}", f"FALSE AS bad_{field}"]
    else:
        bad = f"coalesce(word_{field}.bad, FALSE)"
        found = [
            f"CASE WHEN {bad} THEN NULL ELSE coalesce(word_{field}.v, {default}) END AS {field}",
            f"{bad} AS bad_{field}",
        ]
    if field == "currency":
        factor = "CAST(NULL AS DOUBLE)" if place is None else "word_currency.factor"
        found.append(f"{factor} AS factor")
    return found


def _number(field: str, place: int | None, plan: Plan) -> list[str]:
    if place is None:
        return [f"CAST(NULL AS DOUBLE) AS {field}_raw", f"FALSE AS bad_{field}"]
    column = f"raw.c{place}"
    if field in plan.typed:
        # what a Parquet file keeps as a number is one; it may be below 0, or none, or no value
        sized = f"{column} >= 0 AND isfinite({column}) AND {column} < 1e15"
        bad = f"coalesce(NOT ({sized}), FALSE)"
        return [f"{column} AS {field}_raw", f"{bad} AS bad_{field}"]
    if field not in plan.odd:
        return [f"{number(column)} AS {field}_raw", f"FALSE AS bad_{field}"]
    value = f"coalesce({number(column)}, odd_{field}.v)"
    return [f"{value} AS {field}_raw", f"coalesce(odd_{field}.bad, FALSE) AS bad_{field}"]


def _moment(field: str, place: int | None, plan: Plan) -> list[str]:
    if place is None:
        nothing = "CAST(NULL AS BIGINT)"
        return [
            f"{nothing} AS {field}_w",
            f"{nothing} AS {field}_o",
            f"FALSE AS {field}_is_day",
            f"FALSE AS bad_{field}",
        ]
    text = f"{field}_t"
    found = [f"{iso(f'raw.c{place}')} AS {text}"]
    if field not in plan.odd:
        return [
            *found,
            f"{seconds(text)} AS {field}_w",
            f"{offset(text)} AS {field}_o",
            f"{_is_day(field, text, plan)} AS {field}_is_day",
            f"FALSE AS bad_{field}",
        ]
    odd = f"odd_{field}"
    return [
        *found,
        f"coalesce({seconds(text)}, {odd}.v) AS {field}_w",
        f"CASE WHEN {odd}.t IS NULL THEN {offset(text)} "
        f"WHEN {odd}.what = 'at' THEN 0 END AS {field}_o",
        f"coalesce(CASE WHEN {odd}.t IS NULL THEN {_is_day(field, text, plan)} "
        f"ELSE {odd}.what = 'day' END, FALSE) AS {field}_is_day",
        f"coalesce({odd}.bad, FALSE) AS bad_{field}",
    ]


def _is_day(field: str, text: str, plan: Plan) -> str:
    if field in plan.days_only:
        return f"{text} IS NOT NULL"
    return f"coalesce(length({text}) = 10, FALSE)"


def _derived(plan: Plan) -> str:
    """What follows from several columns of a row."""
    items = []
    for field in MOMENTS:
        name = field.removesuffix("_at")
        wall = f"{field}_w"
        items += [
            f"CASE WHEN {field}_is_day THEN NULL WHEN {field}_o IS NOT NULL "
            f"THEN {wall} - {field}_o ELSE {plan.wall.moment_of(wall)} END AS {name}_s",
            f"CAST(make_timestamp({name}_s * 1000000) AS TIMESTAMPTZ) AS {field}",
            f"DATE '1970-01-01' + CAST(CASE WHEN {field}_is_day THEN {wall} "
            f"ELSE {plan.local.shown_at(f'{name}_s')} END // 86400 AS INTEGER) AS {name}_on",
        ]
    has_money = " OR ".join(f"{field}_raw IS NOT NULL" for field in NUMBERS)
    own = plan.own_factor or "CAST(NULL AS DOUBLE)"
    rate = f"CASE WHEN currency IS NULL THEN {own} ELSE factor END"
    currency = "NULL" if plan.currency is None else f"'{plan.currency}'"
    items += [
        f"{'released_on' if 'released_at' in plan.places else 'lodged_on'} AS counted_on",
        f"({has_money}) AND currency IS NULL AND NOT bad_currency AS no_currency",
        f"({has_money}) AND currency IS NOT NULL AND factor IS NULL AS no_rate",
        *(f"{field}_raw * {rate} AS {field}" for field in NUMBERS),
        "coalesce(country, CASE flow WHEN 'import' THEN dispatched_from "
        "WHEN 'export' THEN destined_to END) AS partner_country",
        "(released_s - lodged_s) / 3600.0 AS release_hours",
        # goods of trusted traders are released before they arrive: then clearance took no time
        "CASE WHEN released_s >= arrived_s THEN (released_s - arrived_s) / 3600.0 END "
        "AS clearance_hours",
    ]
    inner = f"SELECT *, {', '.join(items)} FROM ({_read(plan)})"
    return (
        f"SELECT typed.* EXCLUDE (country, currency), partner_country AS country, "
        f"CAST({currency} AS VARCHAR) AS currency, regions.region "
        f"FROM ({inner}) AS typed LEFT JOIN regions ON partner_country = regions.code"
    )
