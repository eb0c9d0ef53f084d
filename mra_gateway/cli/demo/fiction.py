"""Fictitious registers in the form two administrations would mail them: made up, and marked so.

The forms are real: `AEOCN` + 10 digits, headings in Chinese and Mongolian. The firms are not.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from mra_gateway.tables.columns import Cell
from mra_gateway.tables.writer import write_table

CHINESE = 320
MONGOLIAN = 240

CN_HEADINGS = (
    "AEO编码",
    "海关编码",
    "企业名称",
    "英文名称",
    "信用等级",
    "企业类型",
    "认证日期",
    "认证批次",
    "地址",
    "城市",
    "状态",
)
MN_HEADINGS = (
    "Гэрчилгээний дугаар",
    "Регистрийн дугаар",
    "Нэр",
    "Нэр (англи)",
    "Үүрэг",
    "Олгосон огноо",
    "Дуусах огноо",
    "Төлөв",
)

_CITIES = (
    ("宁波", "Ningbo", "北仑区"),
    ("青岛", "Qingdao", "黄岛区"),
    ("深圳", "Shenzhen", "盐田区"),
    ("天津", "Tianjin", "滨海新区"),
    ("呼和浩特", "Hohhot", "赛罕区"),
    ("乌鲁木齐", "Urumqi", "头屯河区"),
)
_GOODS = (
    ("机械", "Machinery"),
    ("纺织", "Textiles"),
    ("电子", "Electronics"),
    ("食品", "Foods"),
    ("建材", "Building Materials"),
    ("汽车配件", "Auto Parts"),
    ("医疗器械", "Medical Devices"),
)
_CN_KINDS = ("出口商", "进口商", "生产商", "货运代理", "报关企业")
_MN_NAMES = (
    ("Тэнгэр", "Tenger"),
    ("Хөх Тал", "Khukh Tal"),
    ("Алтан Говь", "Altan Gobi"),
    ("Сүүн Зам", "Suun Zam"),
    ("Орхон Ложистик", "Orkhon Logistics"),
    ("Өгөөж Импэкс", "Uguuj Impex"),
)
_MN_KINDS = ("экспортлогч", "импортлогч", "тээвэрлэгч")


def cn_number(number: int) -> str:
    """Returns the ten digits of a fictitious Chinese operator (a region code nobody has)."""
    return f"99009{number:05d}"


def mn_number(number: int) -> str:
    """Returns the seven digits of a fictitious Mongolian operator."""
    return f"99{number:05d}"


def write_chinese_register(
    path: Path, *, status: dict[int, str] | None = None, count: int = CHINESE
) -> None:
    """Writes China's fictitious register; some operators may have another status."""
    rows: list[tuple[Cell, ...]] = []
    for number in range(1, count + 1):
        city, latin_city, district = _CITIES[number % len(_CITIES)]
        goods, latin_goods = _GOODS[number % len(_GOODS)]
        rows.append(
            (
                f"AEOCN{cn_number(number)}",
                cn_number(number),
                f"（虚构）{city}{goods}第{number}有限公司",
                f"{latin_city} {latin_goods} No. {number} Co., Ltd. (fictitious)",
                "高级认证企业",
                _CN_KINDS[number % len(_CN_KINDS)],
                date(2023, 1, 9) + timedelta(days=number % 700),
                "1",
                f"{district}虚构路{number}号",
                city,
                (status or {}).get(number, "有效"),
            )
        )
    write_table(CN_HEADINGS, rows, path, title="AEO名录")


def write_mongolian_register(
    path: Path, *, status: dict[int, str] | None = None, count: int = MONGOLIAN
) -> None:
    """Writes Mongolia's fictitious register; some operators may have another status."""
    rows: list[tuple[Cell, ...]] = []
    for number in range(1, count + 1):
        name, latin = _MN_NAMES[number % len(_MN_NAMES)]
        granted = date(2024, 3, 4) + timedelta(days=number % 400)
        rows.append(
            (
                f"MN-AEO-{number:04d}",
                mn_number(number),
                f"«{name} {number}» ХХК (зохиомол)",
                f"{latin} {number} LLC (fictitious)",
                _MN_KINDS[number % len(_MN_KINDS)],
                granted,
                granted.replace(year=granted.year + 5),
                (status or {}).get(number, "хүчинтэй"),
            )
        )
    write_table(MN_HEADINGS, rows, path, title="Бүртгэл")
