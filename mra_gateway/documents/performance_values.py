"""How figures, periods and remarks are written in a report on performance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mra_gateway.documents.page import Cell, Curve, Said
from mra_gateway.documents.speaking import Speaker
from mra_gateway.documents.tones import LIGHTS
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.indicators import Baseline, FigureStatus, Note, Quantity
from mra_gateway.model.performance import (
    ArrangementPage,
    Finding,
    IndicatorRow,
    Light,
    Shown,
    TrendPoint,
)
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase

NOTHING: Final = "–"
NBSP: Final = "\N{NO-BREAK SPACE}"
Labels = Mapping[str, Phrase]
"""What values of groups are called (`PerformanceReport.labels`)."""

_FIGURES: Final = ("value", "usual", "baseline", "target")
"""Values of notes that are figures of the indicator."""
_TERRITORIES: Final = ("country", "partner")
"""Groups whose values are territory codes."""
_PLACES: Final = {
    Quantity.COUNT: 0,
    Quantity.SHARE: 1,
    Quantity.RATIO: 3,
    Quantity.HOURS: 2,
    Quantity.MONEY: 2,
}


def amount(value: float | None, quantity: Quantity, speaker: Speaker) -> Said:
    """Returns a figure as it is written; a share as per cent."""
    if value is None:
        return (NOTHING,)
    places = _PLACES.get(quantity, 1)
    if quantity is Quantity.SHARE:
        return speaker.digits(f"{100 * value:,.{places}f}{NBSP}%")
    if quantity in (Quantity.COUNT, Quantity.RATING) and not float(value).is_integer():
        places = 2
    elif float(value).is_integer():
        places = 0
    return speaker.digits(f"{value:,.{places}f}")


def of_year(value: float | None, year: int | None, quantity: Quantity, speaker: Speaker) -> Cell:
    """Returns a baseline or target with its year; blank where there is none."""
    if value is None and year is None:
        return Cell()
    told = amount(value, quantity, speaker)
    if year is not None:
        told = speaker.say("with_year", value=told, year=str(year))
    return Cell((told,), number=value)


def baseline_cell(row: IndicatorRow, speaker: Speaker) -> Cell:
    """Returns a baseline; its formula stands where the figures come from, if there are any."""
    baseline, quantity = row.baseline, row.quantity
    cell = of_year(baseline.value, baseline.year, quantity, speaker)
    lines = cell.lines
    if baseline.assessment is not None:
        lines = (*lines, speaker.phrase(baseline.assessment))
    small: tuple[Said, ...] = ()
    if baseline.formula is not None and row.actual is None:
        small = (speaker.say("baseline_numerical", formula=speaker.phrase(baseline.formula)),)
    return cell._replace(lines=lines, small=small)


def baseline_notes(baseline: Baseline, speaker: Speaker) -> Iterator[Said]:
    """Yields by which criteria or on which scale a baseline was assessed."""
    if baseline.criteria:
        criteria = speaker.joined(map(speaker.phrase, baseline.criteria), by="; ")
        yield speaker.say("baseline_qualitative", criteria=criteria)
    if baseline.categories:
        categories = speaker.joined(map(speaker.phrase, baseline.categories), by="; ")
        yield speaker.say("baseline_scale", categories=categories)


def arrangement_name(page: ArrangementPage, us: Territory, speaker: Speaker) -> Said:
    """Returns what an arrangement is called: by its two sides, or as its file has it."""
    if len(page.partners) != 1:
        return speaker.say("arrangement_title", title=page.title, id=page.arrangement)
    sides = speaker.joined(map(speaker.territory, (us, *page.partners)), by=" – ")
    return speaker.say("arrangement_between", parties=sides, id=page.arrangement)


def actual_cell(
    shown: Shown | None, quantity: Quantity, speaker: Speaker, *, says_state: bool = True
) -> Cell:
    """Returns a figure with what it rests on, how far it is, and what it corrects."""
    if shown is None:
        return Cell(((NOTHING,),))
    if shown.suppressed:
        return Cell((speaker.say("suppressed"),))
    small: list[Said] = []
    if shown.partial:
        small.append(speaker.say("partial"))
    if shown.corrects is not None:
        before = shown.corrects.value
        told = amount(before, quantity, speaker)
        is_told = before is not None or not speaker.printing.is_for_partner
        small.append(speaker.say("corrects", value=told) if is_told else speaker.say("corrected"))
    if shown.interval is not None:
        level = speaker.digits(f"{100 * shown.interval.level:g}")
        low = amount(shown.interval.low, quantity, speaker)
        high = amount(shown.interval.high, quantity, speaker)
        small.append(speaker.say("interval", level=level, low=low, high=high))
    if shown.denominator is not None and shown.numerator is not None:
        numerator, denominator = (
            speaker.number(_round(shown.numerator)),
            speaker.number(_round(shown.denominator)),
        )
        small.append(speaker.say("parts_of", numerator=numerator, denominator=denominator))
    elif shown.cases is not None and shown.cases != shown.value:
        small.append(speaker.say("cases", count=speaker.number(shown.cases)))
    if says_state:
        small.append(_state(shown, speaker))
    return Cell((amount(shown.value, quantity, speaker),), tuple(small), number=shown.value)


def light_cell(row: IndicatorRow, speaker: Speaker) -> Cell:
    """Returns the light with what was expected, or why there is none."""
    judged = row.judged
    small: list[Said] = []
    if judged.why is not None:
        small.append(speaker.say(f"why_{judged.why.code}"))
    if judged.expected is not None:
        expected = amount(judged.expected, row.quantity, speaker)
        small.append(speaker.say("expected", value=expected))
    if judged.way is not None and judged.way >= 0 and judged.light is not Light.REACHED:
        share = speaker.digits(f"{100 * judged.way:.0f}{NBSP}%")
        small.append(speaker.say("gone", share=share))
    return Cell((light_name(judged.light, speaker),), tuple(small), LIGHTS[judged.light])


def light_name(light: Light, speaker: Speaker) -> Said:
    """Returns what a light is called."""
    return speaker.say(f"light_{light.value}")


def trend_cell(
    row: IndicatorRow, speaker: Speaker, *, periods: Sequence[Period] | None = None
) -> Cell:
    """Returns the small line picture; blank where there is no line to draw.

    Args:
        row: Whose.
        speaker: The languages.
        periods: Those to draw; when None, from the first with a figure on.
    """
    known = [place for place, point in enumerate(row.trend) if point.value is not None]
    if len(known) < 2:
        return Cell()
    trend = row.trend[known[0] :]
    if periods is not None:
        trend = tuple(point for point in row.trend if point.period in periods)
    told = speaker.say(
        "trend_told",
        first=(trend[0].period,),
        last=(trend[-1].period,),
        values=speaker.joined(
            (point_text(point, row.quantity, speaker) for point in trend), by=" · "
        ),
    )
    points = tuple(None if point.suppressed else point.value for point in trend)
    return Cell(curve=Curve(points, row.judged.expected, told, row.number))


def point_text(point: TrendPoint, quantity: Quantity, speaker: Speaker) -> Said:
    """Returns a figure of the trend; a partial one is marked."""
    if point.suppressed:
        return speaker.say("suppressed")
    told = amount(point.value, quantity, speaker)
    return tuple(f"{one}*" for one in told) if point.partial else told


def period_name(period: Period, speaker: Speaker) -> Said:
    """Returns a period in words."""
    year = str(period.first_on.year)
    if period.kind == "year":
        return speaker.say("year", year=year)
    if period.kind == "quarter":
        return speaker.say("quarter", number=period[-1], year=year)
    return speaker.say(f"month_{period.first_on.month}", year=year)


def sheet_name(key: str, speaker: Speaker) -> str:
    """Returns what a spreadsheet calls the sheet of a table, in the document's first language."""
    return speaker.say(f"sheet_{key}")[0]


def note_text(note: Note, quantity: Quantity, speaker: Speaker) -> Said:
    """Returns a remark in words; one there are no words for by its code and values.

    Args:
        note: The remark.
        quantity: Of the figure it is about: figures in it are written as that one.
        speaker: The languages.
    """
    if not speaker.has(f"note_{note.code}"):
        values = ", ".join(f"{name} {value}" for name, value in note.values.items())
        return (f"{note.code}: {values}" if values else note.code,)
    are_years = note.code == "target_before_baseline"
    names = {
        name: (str(value),)
        if are_years or isinstance(value, str)
        else amount(value, quantity, speaker)
        if name in _FIGURES
        else speaker.number(_round(value))
        for name, value in note.values.items()
    }
    return speaker.say(f"note_{note.code}", **names)


def finding_text(finding: Finding, quantity: Quantity, speaker: Speaker) -> Said:
    """Returns a finding with how bad it is."""
    kind = "impossible" if finding.is_impossible else "unusual"
    return speaker.say(f"finding_{kind}", text=note_text(finding.note, quantity, speaker))


def group_text(group: Mapping[str, str], labels: Labels, speaker: Speaker) -> Said:
    """Returns what a figure is divided by, in words."""
    if not group:
        return ("",)
    parts = [
        speaker.joined(
            (_group_name(name, speaker), _group_value(name, value, labels, speaker)), by=": "
        )
        for name, value in group.items()
    ]
    return speaker.joined(parts)


def method_texts(shown: Shown, speaker: Speaker) -> Iterator[Said]:
    """Yields how a figure and its interval were computed."""
    if shown.method is not None:
        yield speaker.say("value_method", method=_method(shown.method, speaker))
    if shown.interval is not None:
        yield speaker.say("interval_method", method=_method(shown.interval.method, speaker))


def _method(name: str, speaker: Speaker) -> Said:
    key = "method_" + re.sub(r"[^a-z]+", "_", name.lower()).strip("_")
    return speaker.say(key) if speaker.has(key) else (name,)


def _group_name(name: str, speaker: Speaker) -> Said:
    return speaker.say(f"group_{name}") if speaker.has(f"group_{name}") else (name,)


def _group_value(name: str, value: str, labels: Labels, speaker: Speaker) -> Said:
    if value in ("", "not_stated"):
        return speaker.say("group_value_absent")
    if name in _TERRITORIES:
        return speaker.territory(Territory.trusted(value))
    if speaker.has(f"group_{name}_{value}"):
        return speaker.say(f"group_{name}_{value}")
    label = labels.get(f"{name}:{value}")
    return (value,) if label is None else speaker.phrase(label)


def _state(shown: Shown, speaker: Speaker) -> Said:
    if shown.status is FigureStatus.PREPARED:
        return speaker.say("status_prepared", by=shown.prepared_by or NOTHING)
    if shown.status is FigureStatus.APPROVED:
        return speaker.say("status_approved", by=shown.approved_by or NOTHING)
    return speaker.say(f"status_{shown.status.value}")


def _round(value: float) -> float:
    """Returns a number as closely as anybody reads it."""
    return round(value, 2 if abs(value) < 1000 else None)
