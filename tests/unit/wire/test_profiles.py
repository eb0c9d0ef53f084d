"""Profiles on the wire: every shipped one travels whole; a figure has one spelling."""

from __future__ import annotations

import pytest

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.messages import ProgrammeProfile
from mra_gateway.model.profiles import Measure, Quantity
from mra_gateway.registry.load import load_registry
from mra_gateway.wire.codec import decode, encode
from tests.support.messages import a_cell, a_message, a_programme_profile, as_verified

REGISTRY = load_registry()


@pytest.mark.parametrize("programme", sorted(REGISTRY.profiles))
def test_every_shipped_profile_travels_whole_with_its_header_facts(programme: str) -> None:
    (id_,) = (one for one in REGISTRY.profiles if one == programme)
    header = REGISTRY.programmes.get(id_)
    if header is not None:
        header = header.model_copy(update={"local_parameters": None})
    message = a_message(ProgrammeProfile(profile=REGISTRY.profiles[id_], programme=header))
    assert decode(as_verified(encode(message))).message == message


def figured(value: float) -> ProgrammeProfile:
    figure = Quantity(measure=Measure.TRADE_VALUE, value=value, unit="USD")
    return a_programme_profile(cells=(a_cell(thresholds=((figure,),)),))


@pytest.mark.parametrize(
    ("value", "spelled"),
    [(0.0, "0"), (3.0, "3"), (0.5, "0.5"), (1e15, "1000000000000000"), (1e-9, "0.000000001")],
)
def test_a_figure_is_spelled_in_digits(value: float, spelled: str) -> None:
    message = a_message(figured(value))
    content = encode(message)
    assert f"<FigureNumeric>{spelled}</FigureNumeric>".encode() in content
    assert decode(as_verified(content)).message == message


@pytest.mark.parametrize("value", [1e18, 1e-10])
def test_a_figure_with_more_digits_than_a_message_holds_is_not_sent(value: float) -> None:
    with pytest.raises(MalformedMessage) as refused:
        encode(a_message(figured(value)))
    assert refused.value.reason is Reason.VALUE_NOT_ALLOWED


@pytest.mark.parametrize("other", ["3.0", "03", "+3", "3.", "3e0", " 3", "3 "])
def test_a_figure_spelled_otherwise_is_refused(other: str) -> None:
    genuine = encode(a_message(figured(3.0)))
    decode(as_verified(genuine))
    wrong = genuine.replace(b"<FigureNumeric>3<", f"<FigureNumeric>{other}<".encode())
    with pytest.raises(MalformedMessage) as refused:
        decode(as_verified(wrong))
    assert refused.value.reason in {Reason.SCHEMA_VIOLATION, Reason.VALUE_NOT_ALLOWED}


def test_all_tiers_is_written_out_and_none_is_nothing() -> None:
    every, none = (a_programme_profile(cells=(a_cell(tiers=tiers),)) for tiers in ("all", ()))
    assert b"<TierCode>all</TierCode>" in encode(a_message(every))
    assert b"<TierCode>all</TierCode>" not in encode(a_message(none))
    for body in (every, none):
        message = a_message(body)
        assert decode(as_verified(encode(message))).message == message


def test_an_unknown_reading_is_told_apart_from_an_empty_one() -> None:
    """That no benefits are given is something else than that they were not found."""
    header = a_programme_profile().programme
    assert header is not None
    for value in ((), None):
        known = header.local_benefits.model_copy(update={"value": value})
        body = a_programme_profile().model_copy(
            update={"programme": header.model_copy(update={"local_benefits": known})}
        )
        back = decode(as_verified(encode(a_message(body)))).message.body
        assert isinstance(back, ProgrammeProfile)
        assert back.programme is not None
        assert back.programme.local_benefits.value == value
