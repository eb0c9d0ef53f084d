"""The columns of a questionnaire, and the words that may be chosen in it, in English and Russian.

`questionnaire.py` writes them and `questionnaire_reading.py` reads them back. A word is taken as
its code, in English, in Russian, or as the drop-down offers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from mra_gateway.model.facts import ALL
from mra_gateway.model.operators import Role
from mra_gateway.model.profiles import Instrument, Measure, Stated, Strength, Unit
from mra_gateway.model.requirements import Method
from mra_gateway.tables.cleaning import key_of

HEAD_SHEET: Final = "questionnaire"
HELP_SHEET: Final = "explanations"
WORDS_SHEET: Final = "words"
ASKED: Final = ("safe", "safe_customs", "tfa", "dimensions", "benefits", "procedure")
"""The catalogues that are asked about, each on a sheet of its own."""

COMPUTED: Final = frozenset({("tfa", "TC")})
"""Categories whose items are computed: nobody is asked about them."""

FIGURES: Final = 4
"""For how many figures there are columns, unless more are held already."""

YES: Final = "yes"
_BETWEEN: Final = " / "


class Word(NamedTuple):
    """A word that may be chosen."""

    code: str
    english: str
    russian: str

    @property
    def offered(self) -> str:
        """The word as a drop-down offers it."""
        return f"{self.english}{_BETWEEN}{self.russian}"

    @property
    def keys(self) -> frozenset[str]:
        """By what it is recognised."""
        return frozenset(map(key_of, (self.code, self.english, self.russian, self.offered)))


def _words(words: dict[str, tuple[str, str]]) -> tuple[Word, ...]:
    return tuple(Word(str(code), *texts) for code, texts in words.items())


WORDS: Final[Mapping[str, tuple[Word, ...]]] = MappingProxyType(
    {
        "stated": _words(
            {
                Stated.REQUIRED: ("asked, given or done", "требуется, предоставляется, делается"),
                Stated.ABSENT: ("not asked or given", "не требуется, не предоставляется"),
                Stated.NOT_APPLICABLE: ("binds nobody here", "никого не обязывает"),
                Stated.DESCRIBED: ("described", "описано"),
            }
        ),
        "strength": _words(
            {
                Strength.MUST: ("must", "обязательно"),
                Strength.SHOULD: ("should", "желательно"),
                Strength.SCORED: ("scored", "по баллам"),
                Strength.SCORED_CORE: ("scored, and has to be met", "по баллам, но обязательно"),
                Strength.OPEN_NORM: ("outcome asked, means free", "задан результат, не средства"),
            }
        ),
        "instrument": _words(
            {
                Instrument.PROCEDURE: ("own procedure", "порядок предприятия"),
                Instrument.CERTIFICATE: ("certificate", "сертификат"),
                Instrument.GUARANTEE: ("guarantee", "обеспечение"),
                Instrument.LICENCE: ("licence", "лицензия"),
                Instrument.AGREEMENT: ("agreement with Customs", "соглашение с таможней"),
                Instrument.OTHER_LAW: ("duty under another law", "обязанность по иному закону"),
            }
        ),
        "methods": _words(
            {
                Method.FILE: ("documents", "по документам"),
                Method.INTERVIEW: ("interview", "беседа"),
                Method.SITE: ("site visit", "выезд на место"),
                Method.REMOTE: ("remote", "дистанционно"),
            }
        ),
        "roles": _words(
            {
                ALL: ("all", "все"),
                Role.IMPORTER: ("importer", "импортёр"),
                Role.EXPORTER: ("exporter", "экспортёр"),
                Role.MANUFACTURER: ("manufacturer", "производитель"),
                Role.CUSTOMS_BROKER: ("customs broker", "таможенный представитель"),
                Role.FREIGHT_FORWARDER: ("freight forwarder", "экспедитор"),
                Role.CONSOLIDATOR: ("consolidator", "консолидатор"),
                Role.CARRIER: ("carrier", "перевозчик"),
                Role.WAREHOUSE_KEEPER: ("warehouse keeper", "владелец склада"),
                Role.TERMINAL_OPERATOR: ("terminal operator", "оператор терминала"),
                Role.EXPRESS_OPERATOR: ("express operator", "экспресс-перевозчик"),
                Role.POSTAL_OPERATOR: ("postal operator", "почтовый оператор"),
                Role.ECOMMERCE_PLATFORM: ("e-commerce platform", "площадка электронной торговли"),
                Role.FULFILMENT_CENTRE: ("fulfilment centre", "центр обработки заказов"),
                Role.TRANSIT_OPERATOR: ("transit operator", "участник транзита"),
                Role.OTHER: ("other", "прочее"),
            }
        ),
        "measure": _words(
            {
                Measure.LOOK_BACK: ("look-back period", "период проверки соблюдения"),
                Measure.ACTIVITY: ("time of activity", "срок деятельности"),
                Measure.DECLARATIONS: ("declarations in a year", "деклараций в год"),
                Measure.TRADE_VALUE: ("value of trade in a year", "стоимость торговли в год"),
                Measure.TURNOVER: ("turnover", "оборот"),
                Measure.PAYMENTS: ("duties and taxes in a year", "платежей в год"),
                Measure.STORED_VALUE: ("value in store", "стоимость на хранении"),
                Measure.GUARANTEE: ("guarantee", "обеспечение"),
                Measure.SCORE: ("score", "баллы"),
                Measure.DEBT_RATIO: ("debt ratio", "доля долга"),
                Measure.WAITING: ("waiting time", "срок до новой заявки"),
                Measure.EXPERIENCE: ("experience", "опыт"),
                Measure.VALIDITY: ("validity", "срок действия"),
                Measure.REVALIDATION: ("re-validation every", "повторная проверка каждые"),
                Measure.DECISION: ("time to decide", "срок решения"),
                Measure.STAFF: ("staff", "персонал"),
                Measure.OTHER: ("other", "прочее"),
            }
        ),
        "relation": _words(
            {
                "at_least": ("at least", "не менее"),
                "at_most": ("at most", "не более"),
                "exactly": ("exactly", "ровно"),
            }
        ),
        "unit": _words(
            {
                Unit.YEAR: ("years", "лет"),
                Unit.QUARTER: ("quarters", "кварталов"),
                Unit.MONTH: ("months", "месяцев"),
                Unit.DAY: ("days", "дней"),
                Unit.HOUR: ("hours", "часов"),
                Unit.COUNT: ("pieces", "штук"),
                Unit.PERCENT: ("percent", "процентов"),
                Unit.POINTS: ("points", "баллов"),
            }
        ),
        "confirmed": _words({YES: ("yes", "да")}),
    }
)
"""The words of each list; a dimension's own codes and a programme's tiers come on top."""


class Kind(StrEnum):
    """How a column is filled in."""

    ITEM = "item"
    SHOWN = "shown"
    """For reading only: what stands in it is not taken back."""
    ONE = "one"
    MANY = "many"
    TEXT = "text"
    NUMBER = "number"


class Column(NamedTuple):
    """A column.

    Attributes:
        words: The list of words it is chosen from.
        only_words: Whether nothing else is taken.
    """

    field: str
    english: str
    russian: str
    kind: Kind
    width: int
    explanation: str
    explanation_russian: str
    words: str | None = None
    only_words: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """By what its heading is recognised."""
        return frozenset(map(key_of, (self.english, self.russian)))

    @property
    def is_answer(self) -> bool:
        """Whether an answer stands in it."""
        return self.kind not in {Kind.ITEM, Kind.SHOWN}


_SHOWN = (
    Column("item", "item", "пункт", Kind.ITEM, 16,
           "The item. Leave it as it is; a second row with the same item says what holds for "
           "another tier or role.",
           "Пункт. Не меняйте; вторая строка с тем же пунктом говорит, что действует для иного "
           "уровня или роли."),
    Column("requirement", "what is asked (English)", "о чём речь (англ.)", Kind.SHOWN, 34,
           "For reading only.", "Только для чтения."),
    Column("requirement_ru", "what is asked (Russian)", "о чём речь (рус.)", Kind.SHOWN, 34,
           "For reading only.", "Только для чтения."),
    Column("question", "question (English)", "вопрос (англ.)", Kind.SHOWN, 38,
           "For reading only.", "Только для чтения."),
    Column("question_ru", "question (Russian)", "вопрос (рус.)", Kind.SHOWN, 38,
           "For reading only.", "Только для чтения."),
    Column("known", "known so far", "известно до сих пор", Kind.SHOWN, 56,
           "From which source the answer beside it comes, or what is known of the union or the "
           "category only. For reading only.",
           "Из какого источника ответ рядом, или что известно о союзе либо только о разделе. "
           "Только для чтения."),
)  # fmt: skip
_ANSWERS = (
    Column("stated", "answer", "ответ", Kind.ONE, 22,
           "Whether it is asked, given or done; not so; binds nobody; or, of a dimension, "
           "described. Leave it empty where you cannot say: empty is 'not seen', never 'no'.",
           "Требуется, предоставляется или делается; нет; никого не обязывает; признак программы – "
           "описано. Оставьте пустым, если сказать нельзя: пусто значит «не увидено», а не «нет».",
           "stated", only_words=True),
    Column("text_en", "in words (English)", "словами (англ.)", Kind.TEXT, 44,
           "What exactly, in at most 512 characters.", "Что именно, не более 512 знаков."),
    Column("text_ru", "in words (Russian)", "словами (рус.)", Kind.TEXT, 44,
           "The same in Russian. One of the two languages is enough.",
           "То же по-русски. Достаточно одного из двух языков."),
    Column("clause", "provision", "норма", Kind.TEXT, 24,
           "Article or point of your own text.", "Статья или пункт вашего текста."),
    Column("strength", "how strongly", "обязательность", Kind.ONE, 20,
           "Only of what is asked.",
           "Только для того, что требуется.", "strength", only_words=True),
    Column("instrument", "by what means", "чем выполняется", Kind.ONE, 20,
           "By what the outcome is reached.", "Чем достигается результат.",
           "instrument", only_words=True),
    Column("methods", "how it is validated", "как проверяется", Kind.MANY, 20,
           "One or several, with commas.", "Один или несколько, через запятую.", "methods"),
    Column("tiers", "tiers", "уровни", Kind.MANY, 16,
           "all, or the codes of the tiers it holds for, with commas. Empty is all.",
           "все, или коды уровней, через запятую. Пусто значит все."),
    Column("roles", "roles", "роли", Kind.MANY, 20,
           "all, or the roles it holds for, with commas. Empty is all.",
           "все, или роли, через запятую. Пусто значит все.", "roles"),
    Column("values", "codes", "коды", Kind.MANY, 22,
           "Of a dimension: the codes offered in the note of the cell, with commas; spans as "
           "2_years, 30_days.",
           "Для признака: коды из примечания к клетке, через запятую; сроки как 2_years, 30_days."),
)  # fmt: skip
_EVIDENCE = (
    Column("source", "your source", "ваш источник", Kind.TEXT, 34,
           "Where the answer is written: act and article, best with an address. Empty: the source "
           "on the first sheet.",
           "Где записан ответ: акт и статья, лучше с адресом. Пусто: источник с первого листа."),
    Column("confirmed", "confirmed as it stands", "подтверждается как есть", Kind.ONE, 18,
           "yes: the answer that stood here before is right.",
           "да: ответ, стоявший здесь раньше, верен.", "confirmed", only_words=True),
)  # fmt: skip
_FIGURE = (
    ("alternative", "set", "набор", Kind.NUMBER, 8, None,
     "Figures of one set are met together; another set is another way to qualify. Empty is 1.",
     "Показатели одного набора выполняются вместе; другой набор – другой путь. Пусто значит 1."),
    ("measure", "of what", "что измеряется", Kind.ONE, 22, "measure",
     "What the figure counts.", "Что считает показатель."),
    ("relation", "bound", "граница", Kind.ONE, 14, "relation",
     "At least, at most or exactly.", "Не менее, не более или ровно."),
    ("value", "figure", "значение", Kind.NUMBER, 12, None,
     "A number alone; its unit stands in the next column.",
     "Только число; единица – в следующей графе."),
    ("unit", "unit", "единица", Kind.ONE, 16, "unit",
     "A unit, or a currency by its ISO code (USD), or a national unit (KZ-MCI).",
     "Единица, или валюта по коду ISO (USD), или национальная единица (KZ-MCI)."),
)  # fmt: skip


def columns(*, figures: int = FIGURES) -> tuple[Column, ...]:
    """Returns the columns of a sheet with room for a number of figures."""
    return (*_SHOWN, *_ANSWERS, *_figures(figures), *_EVIDENCE)


def _figures(count: int) -> tuple[Column, ...]:
    return tuple(
        Column(
            f"figure{number}.{field}",
            f"figure {number}: {english}",
            f"показатель {number}: {russian}",
            kind,
            width,
            explanation,
            explanation_russian,
            words,
            only_words=field in {"measure", "relation"},
        )
        for number in range(1, count + 1)
        for (
            field, english, russian, kind, width, words, explanation, explanation_russian,
        ) in _FIGURE
    )  # fmt: skip


class HeadLine(NamedTuple):
    """A line of the first sheet; what is locked is only shown or identifies the questionnaire."""

    field: str
    english: str
    russian: str
    is_locked: bool = True

    @property
    def keys(self) -> frozenset[str]:
        """By what it is recognised."""
        return frozenset(map(key_of, (self.english, self.russian)))


HEAD: Final = (
    HeadLine("programme", "programme", "программа"),
    HeadLine("name", "name", "наименование"),
    HeadLine("version", "made from version", "составлено по версии"),
    HeadLine("state", "state", "состояние"),
    HeadLine("prepared_on", "prepared on", "составлено"),
    HeadLine("answered_by", "answered by (name, office)", "отвечает (имя, должность)",
             is_locked=False),
    HeadLine("source", "source of the answers (act, letter, address)",
             "источник ответов (акт, письмо, адрес)", is_locked=False),
    HeadLine("answered_on", "answered on (2026-03-02)", "дата ответа (2026-03-02)",
             is_locked=False),
)  # fmt: skip

NOT_CONFIRMED: Final = (
    "NOT CONFIRMED: prefilled from public sources, by no administration / "
    "НЕ ПОДТВЕРЖДЕНО: заполнено по открытым источникам, не администрацией"
)
CONFIRMED: Final = "confirmed / подтверждено"
