"""The sentences of a comparison in English and Russian: why a finding is what it is.

Sides are called by their programmes' ids, so that a sentence reads the same from either side; what
was not seen is said not to be seen in what was read, never to be lacking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from mra_gateway.model.profiles import Instrument, Measure, Quantity, Strength
from mra_gateway.model.requirements import Phrase

LONGEST: Final = 512
_Words = tuple[str, str]

STRENGTHS: Final[dict[Strength, _Words]] = {
    Strength.MUST: ("a must", "обязательно"),
    Strength.SHOULD: ("advice", "рекомендация"),
    Strength.SCORED: ("points others can make up for", "баллы, восполнимые другими"),
    Strength.SCORED_CORE: ("points without which all is failed", "баллы, без которых отказ"),
    Strength.OPEN_NORM: ("the outcome, by free means", "результат, средства свободны"),
}
INSTRUMENTS: Final[dict[Instrument, _Words]] = {
    Instrument.PROCEDURE: ("the operator's own procedures", "собственные процедуры оператора"),
    Instrument.CERTIFICATE: ("a certificate", "сертификат"),
    Instrument.GUARANTEE: ("a guarantee", "обеспечение"),
    Instrument.LICENCE: ("a licence under another law", "лицензия по другому закону"),
    Instrument.AGREEMENT: ("an agreement with Customs", "соглашение с таможней"),
    Instrument.OTHER_LAW: ("a duty under another law", "обязанность по другому закону"),
}
MEASURES: Final[dict[Measure, _Words]] = {
    Measure.LOOK_BACK: ("look-back", "проверяемый период"),
    Measure.ACTIVITY: ("time active", "срок деятельности"),
    Measure.DECLARATIONS: ("declarations a year", "деклараций в год"),
    Measure.TRADE_VALUE: ("trade a year", "объём торговли в год"),
    Measure.TURNOVER: ("turnover a year", "оборот в год"),
    Measure.PAYMENTS: ("duties and taxes a year", "платежи в год"),
    Measure.STORED_VALUE: ("value stored", "стоимость хранимого"),
    Measure.GUARANTEE: ("guarantee", "обеспечение"),
    Measure.SCORE: ("score", "баллы"),
    Measure.DEBT_RATIO: ("debt ratio", "доля долга"),
    Measure.WAITING: ("wait before applying again", "срок до повторной подачи"),
    Measure.EXPERIENCE: ("experience", "опыт"),
    Measure.VALIDITY: ("validity", "срок действия"),
    Measure.REVALIDATION: ("time between re-validations", "интервал между переоценками"),
    Measure.DECISION: ("time to a decision", "срок решения"),
    Measure.STAFF: ("staff", "численность персонала"),
    Measure.OTHER: ("another figure", "иной показатель"),
}
_UNITS: Final[dict[str, _Words]] = {
    "year": ("y", "г."),
    "quarter": ("quarters", "кварт."),
    "month": ("months", "мес."),
    "day": ("days", "дн."),
    "hour": ("h", "ч"),
    "count": ("", ""),
    "percent": ("%", "%"),
    "points": ("points", "балл."),
}
_RELATIONS: Final = {"at_least": "≥", "at_most": "≤", "exactly": "="}


def say(english: str, russian: str) -> Phrase:
    """Returns a sentence in both languages; after an abbreviation it ends with one full stop."""
    return Phrase(en=_cut(english), ru=_cut(russian.replace("..", ".")))


def joined(sentences: Iterable[Phrase]) -> Phrase:
    """Returns sentences as one text; what would make it too long is left out at a full stop."""
    given = list(dict.fromkeys(sentences))
    return Phrase(
        en=_fitted([one.en for one in given]), ru=_fitted([one.ru or one.en for one in given])
    )


def figures(alternatives: Sequence[Sequence[Quantity]]) -> _Words:
    """Returns thresholds as they are read aloud: `look-back ≥ 3 y and …, or …`."""
    return (
        ", or ".join(" and ".join(_figure(one, 0) for one in each) for each in alternatives),
        ", или ".join(" и ".join(_figure(one, 1) for one in each) for each in alternatives),
    )


def listed(codes: Iterable[str], *, most: int = 12) -> str:
    """Returns codes in a row; of many the first ones and how many more there are."""
    given = list(codes)
    shown = ", ".join(given[:most])
    return f"{shown} … (+{len(given) - most})" if len(given) > most else shown


def _figure(quantity: Quantity, language: int) -> str:
    unit = _UNITS[quantity.unit][language] if quantity.unit in _UNITS else quantity.unit
    value = f"{quantity.value:,.10g}".replace(",", " ")
    text = f"{MEASURES[quantity.measure][language]} {_RELATIONS[quantity.relation]} {value}"
    return f"{text} {unit}" if unit else text


def _fitted(sentences: Sequence[str]) -> str:
    text = ""
    for one in sentences:
        longer = f"{text} {one}" if text else one
        if len(longer) > LONGEST:
            break
        text = longer
    return text


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def not_seen(sides: Sequence[str]) -> Phrase:
    """Nothing was seen."""
    named = " / ".join(sides)
    return say(
        f"Not seen in what was read of {named}.",
        f"В прочитанных материалах не обнаружено: {named}.",
    )


def contested(side: str) -> Phrase:
    """Sources contradict each other."""
    return say(
        f"Sources on {side} contradict each other; all of them are shown.",
        f"Источники по {side} противоречат друг другу; показаны все.",
    )


def nobody_speaks(side: str) -> Phrase:
    """Cells name tiers or roles that are not the programme's."""
    return say(
        f"What was read of {side} speaks of other tiers or roles only.",
        f"Прочитанное по {side} касается только других уровней или ролей.",
    )


def one_sided(has: str, has_not: str) -> Phrase:
    """It is on one side only."""
    return say(
        f"{has} provides for it; a source says that {has_not} does not.",
        f"{has} это предусматривает; по источнику, {has_not} — нет.",
    )


def on_neither(sides: Sequence[str]) -> Phrase:
    """It is on neither side."""
    return say(
        f"Sources say that neither {sides[0]} nor {sides[1]} provides for it.",
        f"По источникам, ни {sides[0]}, ни {sides[1]} этого не предусматривает.",
    )


def binds_nobody(side: str) -> Phrase:
    """There is nobody whom it could bind."""
    return say(
        f"{side} has nobody whom it could bind.", f"В {side} нет лиц, к которым это относится."
    )


def role_not_certified(side: str) -> Phrase:
    """The role is not the programme's."""
    return say(f"{side} does not certify this role.", f"{side} не охватывает эту роль.")


def role_not_bound() -> Phrase:
    """The item does not bind the role."""
    return say("It does not bind this role.", "К этой роли пункт не относится.")


def same_demand() -> Phrase:
    """Both ask the same."""
    return say(
        "Both provide for it in the same way, as far as what was read says.",
        "Обе программы предусматривают это одинаково, насколько видно из прочитанного.",
    )


def other_strength(sides: Sequence[str], strengths: Sequence[Strength]) -> Phrase:
    """They ask it differently strongly."""
    one, two = (STRENGTHS[strength] for strength in strengths)
    return say(
        f"Strength: {sides[0]} – {one[0]}; {sides[1]} – {two[0]}.",
        f"Сила требования: {sides[0]} – {one[1]}; {sides[1]} – {two[1]}.",
    )


def strength_not_seen(side: str) -> Phrase:
    """How strongly it is asked is not known."""
    return say(
        f"How strongly {side} asks for it was not seen.",
        f"Насколько строго это требует {side}, не обнаружено.",
    )


def other_instrument(sides: Sequence[str], instruments: Sequence[Iterable[Instrument]]) -> Phrase:
    """They reach it by other means."""
    ways = [sorted(each) for each in instruments]
    english = [", ".join(INSTRUMENTS[one][0] for one in each) for each in ways]
    russian = [", ".join(INSTRUMENTS[one][1] for one in each) for each in ways]
    return say(
        f"Means: {sides[0]} – {english[0]}; {sides[1]} – {english[1]}.",
        f"Средства: {sides[0]} – {russian[0]}; {sides[1]} – {russian[1]}.",
    )


def instrument_not_seen(side: str) -> Phrase:
    """By what means it is reached is not known."""
    return say(
        f"By what means {side} reaches it was not seen.",
        f"Какими средствами этого достигает {side}, не обнаружено.",
    )


def heading_only(side: str) -> Phrase:
    """Only the category was seen."""
    return say(
        f"Of {side} only the heading was seen, not this item.",
        f"По {side} виден только раздел, а не этот пункт.",
    )


def thin(side: str, *, is_verified: bool) -> Phrase:
    """The evidence is too thin to call two things the same."""
    if is_verified:
        return say(
            f"The evidence on {side} was read only in part.",
            f"Сведения о {side} прочитаны лишь частично.",
        )
    return say(f"The evidence on {side} is not verified.", f"Сведения о {side} не подтверждены.")


def thin_rates() -> Phrase:
    """The exchange rates are not read ones."""
    return say(
        "The exchange rate it rests on is not verified in full.",
        "Курс, на котором это основано, подтверждён не полностью.",
    )


def compared_figures(
    sides: Sequence[str], alternatives: Sequence[Sequence[Sequence[Quantity]]], outcome: Phrase
) -> Phrase:
    """The figures, and what they amount to."""
    one, two = (figures(each) for each in alternatives)
    return joined(
        [
            say(
                f"{sides[0]}: {one[0]}; {sides[1]}: {two[0]}.",
                f"{sides[0]}: {one[1]}; {sides[1]}: {two[1]}.",
            ),
            outcome,
        ]
    )


def stricter(side: str) -> Phrase:
    """One side goes beyond the other."""
    return say(
        f"Whoever meets {side} meets the other, not the other way round.",
        f"Кто отвечает требованию {side}, отвечает и другому, но не наоборот.",
    )


def same_figures() -> Phrase:
    """The figures are the same."""
    return say("The figures are the same.", "Показатели совпадают.")


def neither_includes() -> Phrase:
    """Neither threshold includes the other."""
    return say(
        "Neither includes the other: each lets in firms the other does not.",
        "Ни одно не включает другое: каждое допускает лиц, которых не допускает другое.",
    )


def figures_partly_known() -> Phrase:
    """Some figures compare, others do not."""
    return say("Some of the figures cannot be compared.", "Часть показателей нельзя сопоставить.")


def figures_not_comparable(*, has_rates: bool) -> Phrase:
    """No rate converts the units."""
    if has_rates:
        return say(
            "The units differ, and no rate handed in converts them.",
            "Единицы различны, и ни один из указанных курсов их не пересчитывает.",
        )
    return say(
        "The units differ, and no dated rates were handed in.",
        "Единицы различны, а курсы на дату не указаны.",
    )


def own_scales() -> Phrase:
    """Each counts on its own scale."""
    return say(
        "Each counts on a scale of its own, so the figures do not compare.",
        "Каждая программа считает по своей шкале, показатели несопоставимы.",
    )


def figure_on_one_side(side: str, alternatives: Sequence[Sequence[Quantity]]) -> Phrase:
    """Only one side's figure was seen."""
    said = figures(alternatives)
    return say(
        f"A figure was seen in {side} only: {said[0]}.",
        f"Показатель обнаружен только в {side}: {said[1]}.",
    )


def narrower(side: str, scopes: Iterable[str]) -> Phrase:
    """It holds for some tiers or roles only."""
    named = listed(scopes)
    return say(
        f"{side} is known to provide for it for {named} only.",
        f"Известно, что {side} предусматривает это только для: {named}.",
    )


def differs_by_scope() -> Phrase:
    """Tiers or roles give different findings."""
    return say(
        "It differs by tier or role: narrow the comparison to one to see each.",
        "Различается по уровням или ролям: сузьте сравнение до одного.",
    )


def same_values(values: Iterable[str]) -> Phrase:
    """A dimension has the same values."""
    named = listed(sorted(values))
    return say(f"The same in both: {named}.", f"Одинаково в обеих: {named}.")


def other_values(sides: Sequence[str], values: Sequence[Iterable[str]]) -> Phrase:
    """A dimension has different values."""
    one, two = (listed(sorted(each)) for each in values)
    return say(f"{sides[0]}: {one}; {sides[1]}: {two}.", f"{sides[0]}: {one}; {sides[1]}: {two}.")


def words_only(side: str) -> Phrase:
    """A dimension is described in words, without codes."""
    return say(
        f"{side} is described in words only: a person has to compare them.",
        f"{side} описана только словами: сравнить должен человек.",
    )


def described_otherwise() -> Phrase:
    """One side describes, the other requires."""
    return say(
        "One side describes it, the other requires it.",
        "Одна сторона это описывает, другая требует.",
    )
