"""What the figures of a report mean and rest on, in words."""

from __future__ import annotations

from mra_gateway.indicators.intervals import ENOUGH, LEVEL, PRODUCT, RATIO, SUM, WILSON
from mra_gateway.model.impact import Definition, Measured

_LEVEL = f"{LEVEL:.0%}"


def definitions(currency: str | None) -> tuple[Definition, ...]:
    """Returns what each figure is."""
    money = currency or "the currency of the report"
    return (
        Definition(
            measured=Measured.DECLARATIONS,
            title="Share of declarations touched",
            unit="share",
            numerator="declarations on which the table would ease something",
            denominator="all declarations of the row",
            interval=f"{_LEVEL}, {WILSON}",
            assumptions=("A1", "A2", "A3", "A4"),
        ),
        Definition(
            measured=Measured.VALUE,
            title="Share of value touched",
            unit="share",
            numerator=f"value of touched declarations, in {money}",
            denominator=f"value of all declarations of the row that state one, in {money}",
            interval=f"{_LEVEL}, {RATIO}; none where fewer than {ENOUGH} equal values would make "
            "the sum",
            assumptions=("A1", "A2", "A3", "A4", "A5"),
        ),
        Definition(
            measured=Measured.INSPECTIONS,
            title="Share of inspections touched",
            unit="share",
            numerator="inspections of touched declarations",
            denominator="all inspections of the row",
            interval=f"{_LEVEL}, {WILSON}",
            assumptions=("A1", "A2", "A3", "A4"),
        ),
        Definition(
            measured=Measured.INSPECTIONS_SPARED,
            title="Inspections that would fall away in such a period",
            unit="count",
            numerator="1 - inspection_rate_multiplier, summed over the inspections touched",
            denominator="inspections of touched declarations",
            interval=f"{_LEVEL}, {SUM}; none below {ENOUGH} inspections",
            assumptions=("A1", "A2", "A3", "A4", "A6"),
        ),
        Definition(
            measured=Measured.INSPECTION_HOURS,
            title="Hours of inspection saved in such a period",
            unit="hours",
            numerator="(1 - inspection_rate_multiplier) x hours, summed over the inspections "
            "touched",
            denominator="inspections of touched declarations whose hours are known",
            interval=f"{_LEVEL}, {SUM}; none below {ENOUGH} inspections",
            assumptions=("A1", "A2", "A3", "A4", "A6", "A7"),
        ),
        Definition(
            measured=Measured.RELEASE_HOURS,
            title="Hours of release time saved in such a period",
            unit="hours",
            numerator="inspections that fall away x (mean release time inspected - mean release "
            "time not inspected), by flow and mode",
            denominator="inspections of touched declarations in flows and modes that can be "
            "compared",
            interval=f"{_LEVEL}, {PRODUCT}; none below {ENOUGH} inspections",
            assumptions=("A1", "A2", "A3", "A4", "A6", "A8"),
        ),
    )


TABLE = (
    "The benefit table {table} is taken as agreed and in force in the whole period: the days on "
    "which its rows hold are not looked at, and nothing takes precedence on any consignment."
)
NOT_OFFERED = " Our own AEOs are not known to get {codes}: without that, nobody from abroad may."
UNSTATED = " Rows that ask for {facts} give nothing, for no column states it."
LISTED = (
    "The list is taken to hold for the whole period. An operator is found by the identifier "
    "declared, as recognition finds it (normalised, by the alias rules of {territory}); one that "
    "names several authorisations, or a name alone, finds nobody."
)
EXPECTED = (
    "No list: {operators:,} operators are expected, and of the declarations that could be theirs "
    "({which}) this share is assumed to be: {shares}. It is the same everywhere and for "
    "value and inspections; nothing of it was observed. That is {each} declarations an operator."
)
ROWS = "One row is one declaration, and its chapter that of its first commodity code."
SAMPLE = (
    "Intervals take the declarations as independent and as a sample of periods like this one. "
    "Errors of the data, of the matching and of these assumptions are not in them."
)
ONE_CURRENCY = "Values are in {currency}, as stated."
RATES = "Values are in {currency}, by the rates of {day}: {rates}."
SPARED = (
    "Touched declarations are inspected today as the file says; under the table each of these "
    "inspections falls away with the probability 1 - inspection_rate_multiplier. The volume of "
    "trade and the rate for everybody else stay as they are."
)
MULTIPLIER = " Where the table does not say, the multiplier is assumed: {multiplier:g}."
HOURS = "An inspection that falls away saves the hours the file states for it."
HOURS_EACH = "No column states hours: an inspection is assumed to take {hours:g}."
RELEASE = (
    "Goods whose inspection falls away are released as fast as goods not inspected of the same "
    "flow and mode. Precedence in a queue is not counted."
)
