"""The columns of a decision table as a workbook: headings, words to choose, explanations."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from mra_gateway.model.benefits import Counterpart, Effect
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.operators import Role

ALL_WORD: Final = "all"
NONE_WORD: Final = "none"
YES: Final = "yes"
NO: Final = "no"
HEAD_SHEET: Final = "table"
ROWS_SHEET: Final = "rows"
HELP_SHEET: Final = "explanations"
WORDS_SHEET: Final = "words"


class Kind(StrEnum):
    """How a column's cells are written and read."""

    NUMBER = "number"
    TEXT = "text"
    WORD = "word"
    MANY = "many"
    BENEFITS = "benefits"
    PARAMETERS = "parameters"
    REFERENCES = "references"
    YES_NO = "yes_no"
    DAY = "day"


class Column(NamedTuple):
    """One column.

    Attributes:
        field: The field of a table row it stands for.
        words: What a drop-down offers; anything else may be typed where `only_words` is False.
    """

    field: str
    kind: Kind
    english: str
    russian: str
    explanation: str
    explanation_russian: str
    words: tuple[str, ...] = ()
    only_words: bool = False
    width: int = 18


_MANY = "Several with commas; all leaves nothing out."
_MANY_RU = "Несколько через запятую; all – без ограничения."


def _many(
    field: str,
    english: str,
    russian: str,
    what: tuple[str, str],
    *,
    words: tuple[str, ...] = (),
    width: int = 18,
) -> Column:
    texts = f"{what[0]} {_MANY}", f"{what[1]} {_MANY_RU}"
    return Column(field, Kind.MANY, english, russian, *texts, (ALL_WORD, *words), width=width)


_FUNCTIONS = tuple(str(each) for each in PartyFunction if each is not PartyFunction.NOT_STATED)
_ROLES = tuple(str(each) for each in Role)
_FLOWS = tuple(str(each) for each in Flow)

COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "order",
        Kind.NUMBER,
        "order",
        "порядок",
        "Rows are looked at in this order; the first that names a benefit and holds decides it.",
        "Строки проверяются в этом порядке; решает первая, где есть льгота и верны все условия.",
        width=8,
    ),
    Column(
        "id",
        Kind.TEXT,
        "row",
        "строка",
        "Names the row in answers. Never changed; to remove a row, clear its other cells.",
        "Имя строки в ответах. Не меняется; чтобы убрать строку, очистите остальные ячейки.",
    ),
    Column(
        "effect",
        Kind.WORD,
        "effect",
        "действие",
        "grant or refuse.",
        "grant – предоставить, refuse – отказать.",
        tuple(str(each) for each in Effect),
        only_words=True,
        width=10,
    ),
    Column(
        "benefits",
        Kind.BENEFITS,
        "benefits",
        "льготы",
        "Codes of the benefit catalogue, one on each line.",
        "Коды каталога льгот, каждый с новой строки.",
        width=30,
    ),
    Column(
        "parameters",
        Kind.PARAMETERS,
        "parameters",
        "параметры",
        "One on each line: inspection_lower.inspection_rate_multiplier = 0.2",
        "По одному в строке: inspection_lower.inspection_rate_multiplier = 0.2",
        width=40,
    ),
    Column(
        "references",
        Kind.REFERENCES,
        "legal reference",
        "правовое основание",
        "One on each line: inspection_lower: Order 251, Article 30",
        "По одному в строке: inspection_lower: Приказ 251, статья 30",
        width=40,
    ),
    _many(
        "programmes",
        "programmes",
        "программы",
        ("The operator's programme, as BY-AEO.", "Программа оператора, например BY-AEO."),
    ),
    _many("tiers", "tiers", "типы", ("Its tier or type, as 3.", "Уровень или тип, например 3.")),
    _many(
        "roles",
        "certified as",
        "роли по программе",
        ("What its programme certified it for.", "На что выдан статус."),
        words=_ROLES,
    ),
    _many(
        "functions",
        "function on the consignment",
        "функция в поставке",
        ("What it does on this consignment.", "Что оператор делает в этой поставке."),
        words=_FUNCTIONS,
        width=24,
    ),
    _many(
        "also",
        "and also",
        "и также",
        (
            "What the same operator has to be besides: the consignor that is also the exporter.",
            "Кем тот же оператор должен быть ещё: отправитель, он же экспортёр.",
        ),
        words=_FUNCTIONS,
    ),
    _many(
        "flows",
        "flow",
        "направление",
        ("Direction of goods as we see it.", "Направление для нашей таможни."),
        words=_FLOWS,
        width=14,
    ),
    _many(
        "operators",
        "named operators",
        "названные операторы",
        ("TINs, for a pilot.", "TIN, для эксперимента."),
    ),
    _many(
        "offices",
        "customs offices",
        "таможенные органы",
        ("Codes of offices or posts.", "Коды таможенных органов или постов."),
    ),
    _many(
        "modes",
        "mode of transport",
        "вид транспорта",
        (
            "UN/CEFACT Recommendation 19: 1 maritime, 2 rail, 3 road, 4 air, 5 mail.",
            "Рекомендация 19: 1 морской, 2 железнодорожный, 3 автомобильный, 4 воздушный, 5 почта.",
        ),
        words=("1", "2", "3", "4", "5"),
    ),
    _many(
        "procedures",
        "procedures",
        "процедуры",
        (
            "Procedure codes: a grant asks it of all the goods, a refusal of any.",
            "Коды процедур: для предоставления – все товары, для отказа – хотя бы один.",
        ),
    ),
    Column(
        "chapters_excluded",
        Kind.MANY,
        "chapters excluded",
        "исключённые группы",
        "Chapters of the Harmonized System, two digits: with any such goods a grant does not hold.",
        "Группы ГС, две цифры: с такими товарами строка не действует.",
    ),
    _many(
        "value_categories",
        "value category",
        "категория стоимости",
        ("Expedited consignments, 1 to 4.", "Срочные отправления, 1–4."),
        words=("1", "2", "3", "4"),
    ),
    _many(
        "ecommerce_roles",
        "e-commerce role",
        "роль в электронной торговле",
        ("Of a party to the electronic sale.", "Участника электронной торговли."),
        words=_ROLES,
    ),
    Column(
        "direct_delivery",
        Kind.YES_NO,
        "direct delivery",
        "прямая поставка",
        "yes where the goods must go without trans-shipment or storage under way.",
        "yes – товары должны следовать без перегрузки и хранения в пути.",
        (YES, NO),
        only_words=True,
        width=12,
    ),
    Column(
        "counterpart",
        Kind.WORD,
        "our end",
        "сторона у нас",
        "local_aeo where the operator at our end has to be an AEO here.",
        "local_aeo – участник на нашей стороне должен быть нашим УЭО.",
        tuple(str(each) for each in Counterpart),
        only_words=True,
        width=12,
    ),
    Column(
        "valid_from",
        Kind.DAY,
        "from",
        "с",
        "First legal day; empty for always.",
        "Первый день действия; пусто – всегда.",
        width=12,
    ),
    Column(
        "valid_until",
        Kind.DAY,
        "until",
        "по",
        "Last legal day; empty for no end.",
        "Последний день действия; пусто – без срока.",
        width=12,
    ),
    Column(
        "note",
        Kind.TEXT,
        "note",
        "примечание",
        "For whoever reads the table; stands in answers.",
        "Для читателя таблицы; попадает в ответы.",
        width=40,
    ),
)

HEAD: Final[tuple[tuple[str, str, str], ...]] = (
    ("id", "table", "таблица"),
    ("arrangement", "arrangement", "соглашение"),
    ("granted_by", "granted by", "предоставляет"),
    ("version", "version", "версия"),
    ("mode", "mode (live, shadow)", "режим (live, shadow)"),
    ("source", "source", "источник"),
    ("basis", "basis (read, partial, unverified)", "основание (read, partial, unverified)"),
    ("as_of", "as of", "по состоянию на"),
    ("stated", "rows are known (yes, no)", "строки известны (yes, no)"),
)
"""What stands on the first sheet: the field, and its names."""

LOCKED_HEAD: Final = frozenset({"id", "arrangement", "granted_by", "version"})
