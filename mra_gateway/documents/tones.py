"""How findings are marked: by a sign, a word and a fill, so that a grey print says the same.

The fills differ in lightness, not only in hue, and no sign is one a spreadsheet would compute.
"""

from __future__ import annotations

from typing import NamedTuple

from mra_gateway.model.comparison import Finding, InPractice, Outcome
from mra_gateway.model.performance import Light


class Tone(NamedTuple):
    """A mark.

    Attributes:
        key: What it marks, for style names.
        sign: One character; directions point to the column they speak of.
        fill: Six hexadecimal digits; black text on it reads.
    """

    key: str
    sign: str
    fill: str


FINDINGS = {
    Finding.EQUIVALENT: Tone("equivalent", "●", "E6F3E1"),
    Finding.EQUIVALENT_BY_OTHER_MEANS: Tone("equivalent_by_other_means", "◎", "CDEBE3"),
    Finding.PARTIAL: Tone("partial", "◐", "F2D27D"),
    Finding.STRICTER_OURS: Tone("stricter_ours", "◀", "B9C2EA"),
    Finding.STRICTER_THEIRS: Tone("stricter_theirs", "▶", "B9C2EA"),
    Finding.ONLY_OURS: Tone("only_ours", "◧", "E99C7A"),
    Finding.ONLY_THEIRS: Tone("only_theirs", "◨", "E99C7A"),
    Finding.NOT_APPLICABLE: Tone("not_applicable", "–", "F2F2F2"),
    Finding.NOT_ESTABLISHED: Tone("not_established", "?", "FFFFFF"),
}

PRACTICE = {
    InPractice.NOT_VISITED: Tone("not_visited", "·", "FFFFFF"),
    InPractice.CONFIRMED: Tone("confirmed", "●", "E6F3E1"),
    InPractice.CONFIRMED_WITH_REMARKS: Tone("confirmed_with_remarks", "◐", "F2D27D"),
    InPractice.NOT_CONFIRMED: Tone("not_confirmed", "○", "E99C7A"),
}

OUTCOMES = {
    Outcome.COMPATIBLE: Tone("compatible", "●", "E6F3E1"),
    Outcome.COMPATIBLE_WITH_CONDITIONS: Tone("compatible_with_conditions", "◐", "F2D27D"),
    Outcome.NOT_YET_COMPATIBLE: Tone("not_yet_compatible", "○", "E99C7A"),
    Outcome.NOT_ESTABLISHED: Tone("outcome_not_established", "?", "FFFFFF"),
}

STANDINGS = {
    "all": Tone("standing_all", "●", "E6F3E1"),
    "some": Tone("standing_some", "◐", "F2D27D"),
    "absent": Tone("standing_absent", "○", "E99C7A"),
    "unknown": Tone("standing_unknown", "?", "FFFFFF"),
}
"""How an item stands in a group: with all, with some, absent somewhere, or known of nobody."""

LIGHTS = {
    Light.REACHED: Tone("light_reached", "●", "E6F3E1"),
    Light.ON_THE_WAY: Tone("light_on_the_way", "◐", "F2D27D"),
    Light.BEHIND: Tone("light_behind", "○", "E99C7A"),
    Light.NOT_JUDGED: Tone("light_not_judged", "–", "F2F2F2"),
}
"""Traffic lights of indicators: full, half full, empty."""

GRANTED = {
    True: Tone("granted", "●", "E6F3E1"),
    False: Tone("not_granted", "○", "E99C7A"),
    None: Tone("not_judged", "–", "F2F2F2"),
}
"""Whether a step was passed or a benefit granted; None where it was not judged."""

ALL_TONES = tuple(
    {
        tone.key: tone
        for tones in (FINDINGS, PRACTICE, OUTCOMES, STANDINGS, LIGHTS, GRANTED)
        for tone in tones.values()
    }.values()
)
