"""Made-up operators as an administration keeps them: two names, an address, dates, roles, tier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from mra_gateway.model.changes import ListedOperator, Status
from mra_gateway.model.identifiers import AuthorisationNumber, ChangeId, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import Address, OperatorName, OperatorRecord, Role
from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import AddressedRow, RegisterFile, RegisterRow, SourceAddress

CN_AEO = ProgrammeId("CN-AEO")
_ROLES = (Role.EXPORTER, Role.IMPORTER, Role.MANUFACTURER, Role.CUSTOMS_BROKER)
_CITIES = (("宁波", "Ningbo"), ("青岛", "Qingdao"), ("深圳", "Shenzhen"), ("呼和浩特", "Hohhot"))


def row(number: int, *, status: Status = Status.VALID, territory: str = "CN") -> RegisterRow:
    """Returns one row of the register."""
    city, latin = _CITIES[number % len(_CITIES)]
    return RegisterRow(
        tin=Tin(f"{territory}99{number:08d}"),
        authorisation=AuthorisationNumber(f"AEO{territory}99{number:08d}"),
        episode="1",
        programme=ProgrammeId(f"{territory}-AEO"),
        tier="advanced",
        roles=(_ROLES[number % 4], _ROLES[(number + 1) % 4]),
        legal_name=f"（虚构）{city}机械设备进出口第{number}有限公司",
        names=(OperatorName(text=f"{latin} Machinery No. {number} Co., Ltd.", language="en"),),
        addresses=(
            Address(
                lines=(f"保税区虚构路{number % 900}号",),
                city=city,
                postcode=f"{100000 + number % 800000}",
                territory=Territory(territory),
            ),
        ),
        granted_on=date(2023, 1, 9) + timedelta(days=number % 700),
        expires_on=date(2031, 1, 9) + timedelta(days=number % 700),
        status=status,
        effective_from=datetime(2026, 1, 1, tzinfo=UTC) if status is Status.VALID else None,
    )


def record(number: int) -> OperatorRecord:
    """Returns one operator's record."""
    return row(number).record(record_version=1)


def listed(number: int) -> ListedOperator:
    """Returns one operator as a full list names it."""
    return ListedOperator(
        status=Status.VALID,
        effective_from=datetime(2026, 1, 1, tzinfo=UTC),
        change_id=ChangeId(f"00000000-0000-4000-9000-{number:012x}"),
        operator=record(number),
    )


def register_file(rows: Iterable[RegisterRow]) -> RegisterFile:
    """Returns rows as if they had been read from a file."""
    addressed: Packed[AddressedRow] = Packed(as_json(AddressedRow))
    addressed.extend(
        AddressedRow(address=SourceAddress(file="register.xlsx", row=number), row=one)
        for number, one in enumerate(rows, start=2)
    )
    return RegisterFile(file="register.xlsx", rows=addressed, rows_read=len(addressed))
