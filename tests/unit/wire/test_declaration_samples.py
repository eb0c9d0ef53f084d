"""Every sample of a real declaration says what a person read from it."""

from __future__ import annotations

import pytest

from mra_gateway.errors import Reason, RequestRefused
from tests.support.declared import MALFORMED, SAMPLES, Expected, expected, facts_of, read, row_of


@pytest.mark.parametrize("sample", list(expected()), ids=lambda sample: sample.file)
def test_a_sample_says_what_a_person_read_from_it(sample: Expected) -> None:
    (message,) = read((SAMPLES / sample.file).read_bytes())
    assert facts_of(message) == sample.facts
    assert [row_of(party) for party in message.parties] == sample.parties


def test_no_sample_is_left_out() -> None:
    read_by_hand = {sample.file for sample in expected()}
    assert read_by_hand | {MALFORMED} == {file.name for file in SAMPLES.glob("*.xml")}
    assert sum(len(sample.parties) for sample in expected()) == 66


def test_the_malformed_one_is_refused_with_line_and_reason() -> None:
    content = (SAMPLES / MALFORMED).read_bytes()
    with pytest.raises(RequestRefused) as caught:
        read(content)
    assert caught.value.reason is Reason.DECLARATION_INVALID
    assert caught.value.where == "line 72, column 8"
    assert "double-hyphen" in caught.value.text
    mended = content.replace(b"on a C1.>", b"on a C1.-->")
    (message,) = read(mended)
    assert message.reference == "7867523R6I85"


def test_an_address_is_read_with_its_lines() -> None:
    (message,) = read((SAMPLES / "Step1_TT_IM064a.xml").read_bytes())
    (exporter,) = (party for party in message.parties if party.name == "China Steel Inc.")
    assert exporter.address is not None
    assert exporter.address.model_dump() == {
        "lines": ("1 Trade Street",),
        "city": "Beijing",
        "postcode": "BJ1 2CN",
        "territory": "CN",
    }
