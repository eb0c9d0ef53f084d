"""A packed list is a list like any other, in a fraction of the memory."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.model.packed import SLICE, Packed, as_json
from mra_gateway.model.register import AddressedRow, RegisterRow, SourceAddress
from tests.support.simulation import CN, a_row, consent_for

NUMBERS = as_json(int)

lengths = st.sampled_from([0, 1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE + 7])


@given(first=lengths, second=lengths, data=st.data())
def test_a_packed_list_holds_what_a_list_would(
    first: int, second: int, data: st.DataObject
) -> None:
    plain = [*range(first), *range(second)]
    packed = Packed(NUMBERS, range(first))
    packed.extend(data.draw(st.sampled_from([range(second), Packed(NUMBERS, range(second))])))
    assert list(packed) == plain
    assert len(packed) == len(plain)
    assert packed == plain
    assert packed != [*plain, 0]
    if plain:
        index = data.draw(st.integers(-len(plain), len(plain) - 1))
        assert packed[index] == plain[index]
    cut = data.draw(st.slices(len(plain) + 2))
    assert packed[cut] == plain[cut]
    with pytest.raises(IndexError):
        packed[len(plain)]


@given(length=lengths)
def test_what_a_list_gave_out_makes_the_same_list(length: int) -> None:
    packed = Packed(NUMBERS, range(length))
    again = Packed(NUMBERS)
    again.add_slices(packed.slices())
    assert again == packed
    again.append(-1)
    assert again[-1] == -1


def test_what_is_packed_takes_no_more_memory_than_its_bytes() -> None:
    """A compressor may hand out a few bytes in all the room that might have been needed."""
    items = [f"AEOCN{number:010d} " * 20 for number in range(20 * SLICE)]
    tracemalloc.start()
    try:
        packed = Packed(as_json(str), items)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * sum(len(one.packed) for one in packed.slices()) + 20_000


@pytest.mark.parametrize(
    "since",
    [
        None,
        date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 1, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_a_row_comes_back_as_it_was(since: date | None) -> None:
    row: RegisterRow = a_row(
        effective_from=since,
        legal_name="Ө\u0301 有限公司",
        consents=(consent_for(CN, withdrawn_on=date(2030, 1, 1)),),
    )
    rows = [
        AddressedRow(
            address=SourceAddress(file="r.xlsx", sheet="Лист", row=n, column=None), row=row
        )
        for n in range(SLICE + 1)
    ]
    back = list(Packed(as_json(AddressedRow), rows))
    assert back == rows
    assert type(back[0].row.effective_from) is type(since)
    assert type(back[0].row.tin) is type(row.tin)
