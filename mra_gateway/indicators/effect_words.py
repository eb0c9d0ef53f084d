"""An effect, and a difference of two averages, in English and Russian: rows of a report.

No sentence says that the arrangement is the cause: the data do not hold that. What was not shown is
not said to be absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from mra_gateway.model.arrangement_effect import (
    ArrangementEffect,
    AverageSample,
    Change,
    EffectMeasure,
    GroupMeans,
    Obstacle,
    PlainDifference,
    Span,
    ToldRow,
    Verdict,
)
from mra_gateway.model.impact import Interval
from mra_gateway.model.requirements import Phrase

_Words = tuple[str, str]

VERDICTS: Final[dict[Verdict, _Words]] = {
    Verdict.SHOWN: ("shown", "показано"),
    Verdict.NOT_SHOWN: ("not shown", "не показано"),
    Verdict.DATA_CANNOT_CARRY_IT: ("the data cannot carry it", "данных для вывода недостаточно"),
}
MEASURES: Final[dict[EffectMeasure, _Words]] = {
    EffectMeasure.RELEASE_HOURS: (
        "mean time from lodging to release",
        "среднее время от подачи декларации до выпуска",
    ),
    EffectMeasure.INSPECTED: ("inspection rate", "доля досмотренных партий"),
}
OBSTACLES: Final[dict[Obstacle, _Words]] = {
    Obstacle.NO_START: (
        "no day is known from which the arrangement holds here",
        "неизвестно, с какого дня соглашение действует у нас",
    ),
    Obstacle.NO_OPERATORS_NAMED: (
        "the declarations loaded do not name the partner's operator: what it sent before its "
        "recognition cannot be found",
        "в загруженных декларациях не указан оператор партнёра: его прежние партии не найти",
    ),
    Obstacle.NOT_YET: (
        "the period ends before the arrangement holds here",
        "период заканчивается до начала действия соглашения",
    ),
    Obstacle.NOBODY_RECOGNISED: (
        "nobody was recognised under the arrangement in the period",
        "в этом периоде никто не был признан по соглашению",
    ),
    Obstacle.PERIOD_TOO_SHORT: (
        "fewer than four weeks have consignments of both groups in both years",
        "менее четырёх недель содержат партии обеих групп в оба года",
    ),
    Obstacle.NO_YEAR_BEFORE: (
        "nothing is loaded of the same days before the arrangement",
        "за те же дни до начала соглашения ничего не загружено",
    ),
    Obstacle.TOO_FEW_OPERATORS: (
        "too few recognised operators with consignments in both years (five are needed, worth "
        "three of equal size)",
        "слишком мало признанных операторов с партиями в оба года (нужно пять, равноценных трём "
        "одинаковым)",
    ),
    Obstacle.ONE_OPERATOR_CARRIES_IT: (
        "more than half of a group is one operator: its own luck cannot be told from an effect",
        "более половины группы – один оператор: его собственные обстоятельства не отличить от "
        "эффекта",
    ),
    Obstacle.TOO_FEW_CONSIGNMENTS: (
        "fewer than 30 consignments of a group in one of the years",
        "менее 30 партий одной из групп в одном из годов",
    ),
    Obstacle.TOO_FEW_INSPECTIONS: (
        "fewer than five inspections to compare with",
        "для сравнения имеется менее пяти досмотров",
    ),
    Obstacle.NO_COMPARISON_GROUP: (
        "too few other operators send the same goods by the same modes",
        "слишком мало других операторов с теми же товарами и видами транспорта",
    ),
    Obstacle.NO_OVERLAP: (
        "no recognised operator sent the same chapter by the same mode in the same month of both "
        "years",
        "ни один признанный оператор не отправлял товары той же группы тем же транспортом в том же "
        "месяце обоих лет",
    ),
    Obstacle.MIX_CHANGED: (
        "two thirds of the consignments of recognised operators have no counterpart: their mix "
        "changed beyond what matching can carry",
        "для двух третей партий признанных операторов нет пары: структура изменилась сильнее, чем "
        "позволяет сопоставление",
    ),
    Obstacle.NO_EARLIER_COMPARISON: (
        "the months before the start cannot be compared with those a year earlier: whether both "
        "groups had gone alike is not known",
        "месяцы до начала не с чем сравнить годом ранее: неизвестно, изменялись ли обе группы "
        "одинаково",
    ),
    Obstacle.APART_BEFORE: (
        "the two groups had been moving apart before the arrangement began",
        "группы расходились ещё до начала соглашения",
    ),
    Obstacle.AVERAGES_ONLY: (
        "two averages are stated without sample sizes or deviations: whether chance alone makes "
        "the difference cannot be said",
        "указаны два средних без объёма выборок или отклонений: нельзя сказать, не случайно ли "
        "различие",
    ),
    Obstacle.NO_CONTROL: (
        "nothing is stated of other consignments in the same time: what else changed, and what "
        "would have been without the arrangement, cannot be said",
        "о других партиях за то же время ничего не указано: нельзя сказать, что ещё изменилось и "
        "что было бы без соглашения",
    ),
}
METHOD: Final[_Words] = (
    "Each recognised operator is compared with itself in the same months before the arrangement, "
    "by chapter and mode, both years weighted alike (Mantel-Haenszel), and set against others of "
    "the same mix (difference in differences; of more than 1,000 those that sent most before). The "
    "interval (Student's t) leaves out each operator, week and month in turn, for they are not "
    "independent; it errs on the wide side.",
    "Каждый признанный оператор сравнивается с самим собой в те же месяцы до соглашения по группам "
    "товаров и видам транспорта с равными весами лет (Мантель – Хензель) и с другими операторами "
    "той же структуры (разность разностей; если их более 1000 – с крупнейшими в базовом периоде). "
    "Интервал (t Стьюдента) строится поочерёдным исключением операторов, недель и месяцев, так как "
    "они не независимы; он скорее широк.",
)
MATCHED: Final[_Words] = (
    "direction, mode of transport, HS chapter, own AEO or not, calendar month, operator",
    "направление, вид транспорта, группа ТН ВЭД, собственный УЭО или нет, месяц, оператор",
)
NOT_MATCHED: Final[_Words] = (
    "goods within a chapter, route, office, value and declarant are not matched",
    "товары внутри группы, маршрут, пост, стоимость и декларант не сопоставлялись",
)
PARTIAL: Final[_Words] = (
    "data of some of these days are missing; what is missing in one year stays in of the other",
    "за часть этих дней данных нет; если дня нет в одном году, этот день другого года остаётся",
)
PROVES: Final[dict[Verdict, _Words]] = {
    Verdict.SHOWN: (
        "From its start on, recognised operators changed otherwise than others of the same mix, "
        "beyond what chance and earlier drift explain. Something else that began in the same time "
        "for the same operators would look the same: the cause is not proven by it.",
        "С начала соглашения показатель признанных операторов менялся иначе, чем у других с той же "
        "структурой, больше, чем объясняют случай и прежние расхождения. Иная причина, возникшая "
        "тогда же у тех же операторов, выглядела бы так же: причинность этим не доказана.",
    ),
    Verdict.NOT_SHOWN: (
        "The data show no difference. That is not the same as no effect: anything within the "
        "interval agrees with them.",
        "Данные не показывают различия. Это не означает отсутствия эффекта: им не противоречит "
        "любое значение в пределах интервала.",
    ),
    Verdict.DATA_CANNOT_CARRY_IT: (
        "No claim is made, for or against an effect.",
        "Вывод об эффекте не делается – ни за, ни против.",
    ),
}
_DIFFERENCE: Final[_Words] = (
    "It proves that the two averages differ, and nothing about chance or cause.",
    "Это доказывает лишь различие двух средних и ничего не говорит о случайности и причине.",
)
_DIFFERENCE_WITH_INTERVAL: Final[_Words] = (
    "The interval holds if both samples were drawn at random. It says nothing about cause.",
    "Интервал верен, если обе выборки случайны. О причине он ничего не говорит.",
)


def tell_effect(effect: ArrangementEffect) -> tuple[ToldRow, ...]:
    """Returns an effect as rows: verdict, change, both groups, matching, method, what it proves."""
    return tuple(_effect_rows(effect))


def tell_difference(found: PlainDifference) -> tuple[ToldRow, ...]:
    """Returns a difference of two averages as rows, with what it proves."""
    return tuple(_difference_rows(found))


def _effect_rows(effect: ArrangementEffect) -> Iterator[ToldRow]:
    yield _row("measure", "показатель", MEASURES[effect.measure])
    yield _row("verdict", "вывод", VERDICTS[effect.verdict])
    for why in effect.obstacles:
        yield _row("why", "почему", OBSTACLES[why])
    if effect.compared is not None:
        yield _row("period", "период", _period(effect.compared, effect.base))
    if effect.partial:
        yield _row("incomplete", "неполные данные", PARTIAL)
    if effect.change is not None:
        yield _row("change against others", "изменение относительно других", _told(effect.change))
    if effect.recognised is not None and effect.others is not None:
        kind = effect.measure
        yield _row("recognised operators", "признанные операторы", _group(effect.recognised, kind))
        yield _row("others, same mix", "другие, та же структура", _group(effect.others, kind))
    if effect.apart is not None:
        yield _row(
            "moved apart before the start", "расхождение до начала соглашения", _told(effect.apart)
        )
    if effect.steadied is not None:
        yield _row("change less that", "изменение за вычетом этого", _told(effect.steadied))
    if effect.use is not None:
        yield _row("use", "использование", _use(effect.use))
    if effect.left_out is not None and effect.recognised is not None:
        yield _row("matched by", "сопоставлено по", MATCHED)
        yield _row("left out", "не вошло", _left_out(effect))
    if effect.change is not None:
        yield _row("method", "метод", METHOD)
    yield _row("what it proves", "что это доказывает", PROVES[effect.verdict])


def _difference_rows(found: PlainDifference) -> Iterator[ToldRow]:
    yield _row("verdict on an effect", "вывод об эффекте", VERDICTS[found.verdict])
    for why in found.obstacles:
        yield _row("why", "почему", OBSTACLES[why])
    yield _row("before", "до", _average(found.before))
    yield _row("after", "после", _average(found.after))
    yield _row("difference", "различие", _difference(found))
    if found.published is not None:
        yield _row("published", "опубликовано", _published(found))
    proves = _DIFFERENCE if found.interval is None else _DIFFERENCE_WITH_INTERVAL
    yield _row("what it proves", "что это доказывает", proves)


def _row(english: str, russian: str, text: _Words) -> ToldRow:
    return ToldRow(label=Phrase(en=english, ru=russian), text=Phrase(en=text[0], ru=text[1]))


def _period(compared: Span, base: Span | None) -> _Words:
    english, russian = (_days(compared, language) for language in ("en", "ru"))
    if base is None:
        return english, russian
    return (
        f"{english}, compared with {_days(base, 'en')}",
        f"{russian} в сравнении с {_days(base, 'ru')}",
    )


def _days(span: Span, language: str) -> str:
    def written(day: date) -> str:
        return f"{day:%d.%m.%Y}" if language == "ru" else day.isoformat()

    return f"{written(span.first_on)} – {written(span.last_on)}"


def _told(change: Change) -> _Words:
    between = _between(change.interval)
    english, russian = percent(change.value)
    return f"{english} ({between[0]})", f"{russian} ({between[1]})"


def _between(interval: Interval) -> _Words:
    low, high = (percent(max(-1.0, end)) for end in (interval.low, interval.high))
    level = f"{interval.level * 100:g}"
    return (
        f"{level} % interval {low[0]} to {high[0]}",
        f"интервал {level} %: от {low[1]} до {high[1]}",
    )


def percent(share: float) -> _Words:
    """Returns a change in per cent, its sign before it."""
    if share > 100:
        return "more than a hundredfold", "более чем в сто раз"
    number = f"{share * 100:+.1f}".replace("-", "−")
    if number in {"+0.0", "−0.0"}:
        number = "0.0"
    return f"{number} %", f"{number.replace('.', ',')} %"


def _group(group: GroupMeans, measure: EffectMeasure) -> _Words:
    if group.before is None or group.after is None:
        return "nothing matched", "ничего не сопоставлено"
    if measure is EffectMeasure.INSPECTED:
        before, after = (f"{value * 100:.1f} %" for value in (group.before, group.after))
    else:
        before, after = (f"{value:.1f} h" for value in (group.before, group.after))
    english = (
        f"{before} → {after}; {group.cases_before} → {group.cases_after} consignments of "
        f"{group.operators} operators, worth {group.worth:.1f} of equal size"
    )
    old, new = (text.replace(".", ",").replace("h", "ч") for text in (before, after))
    worth = f"{group.worth:.1f}".replace(".", ",")
    russian = (
        f"{old} → {new}; партий: {group.cases_before} → {group.cases_after}, операторов: "
        f"{group.operators} (равноценно {worth} одинаковым)"
    )
    return english, russian


def _use(use: float) -> _Words:
    share = f"{use * 100:.1f} %"
    return (
        f"recognition took place on {share} of the consignments of recognised operators; before "
        "the start there is nothing to compare it with",
        f"признание применено к {share.replace('.', ',')} партий признанных операторов; до начала "
        "соглашения сравнивать не с чем",
    )


def _left_out(effect: ArrangementEffect) -> _Words:
    assert effect.left_out is not None
    assert effect.recognised is not None
    left, kept = effect.left_out, effect.recognised.cases_after
    whole = kept + left.without_base + left.without_others
    return (
        f"of {whole} consignments of recognised operators, {left.without_base} without a "
        f"counterpart in the base and {left.without_others} without others to compare with; "
        f"{NOT_MATCHED[0]}",
        f"из {whole} партий признанных операторов {left.without_base} без пары в базовом периоде и "
        f"{left.without_others} без других для сравнения; {NOT_MATCHED[1]}",
    )


def _average(sample: AverageSample) -> _Words:
    english, russian = hours(sample.hours)
    if sample.cases is None:
        return f"{english}, number of cases not stated", f"{russian}, число случаев не указано"
    return f"{english}, {sample.cases} cases", f"{russian}, случаев: {sample.cases}"


def hours(value: float) -> _Words:
    """Returns hours as hours and minutes."""
    whole, minutes = divmod(round(value * 60), 60)
    return f"{whole} h {minutes:02d} min", f"{whole} ч {minutes:02d} мин"


def _difference(found: PlainDifference) -> _Words:
    english, russian = percent(found.change)
    if found.interval is None:
        return english, russian
    between = _between(found.interval)
    return f"{english} ({between[0]})", f"{russian} ({between[1]})"


def _published(found: PlainDifference) -> _Words:
    assert found.published is not None
    stated, ours = percent(found.published), percent(found.change)
    if stated == ours:
        return f"{stated[0]}, as computed here", f"{stated[1]}, как и по нашему расчёту"
    return (
        f"{stated[0]}; the times stated give {ours[0]}",
        f"{stated[1]}; по указанным временам получается {ours[1]}",
    )
