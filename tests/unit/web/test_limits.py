"""Limits: a bucket per caller on a hand-moved clock, and places that come back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason
from mra_gateway.web.limits import LimitReached, Places, RateLimiter
from tests.support.pki import AT


def taken(limiter: RateLimiter, caller: str, times: int) -> int:
    """Returns how many of some requests were let through."""
    through = 0
    for _ in range(times):
        try:
            limiter.take(caller)
        except LimitReached:
            continue
        through += 1
    return through


def test_a_caller_has_a_minutes_worth_at_once_and_then_as_many_as_time_gives() -> None:
    clock = HandMovedClock(AT)
    limiter = RateLimiter(60, clock=clock)
    assert taken(limiter, "a", 100) == 60
    clock.move_to(AT + timedelta(seconds=5))
    assert taken(limiter, "a", 100) == 5
    clock.move_to(AT + timedelta(hours=1))
    assert taken(limiter, "a", 100) == 60


def test_callers_do_not_use_up_each_others() -> None:
    limiter = RateLimiter(3, clock=HandMovedClock(AT))
    assert [taken(limiter, caller, 10) for caller in "aba"] == [3, 3, 0]


def test_a_refusal_says_when_to_ask_again_and_then_it_is_let_through() -> None:
    clock = HandMovedClock(AT)
    limiter = RateLimiter(7, clock=clock)
    taken(limiter, "a", 7)
    with pytest.raises(LimitReached) as refused:
        limiter.take("a")
    assert refused.value.reason is Reason.RATE_LIMITED
    assert refused.value.retry_after is not None
    clock.move_to(AT + timedelta(seconds=refused.value.retry_after))
    limiter.take("a")


def test_a_clock_set_back_gives_nothing_away() -> None:
    clock = HandMovedClock(AT)
    limiter = RateLimiter(2, clock=clock)
    assert taken(limiter, "a", 5) == 2
    clock.move_to(AT - timedelta(days=1))
    assert taken(limiter, "a", 5) == 0


@given(
    per_minute=st.integers(1, 100),
    steps=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 40)), max_size=20),
)
def test_over_any_time_no_more_pass_than_a_minutes_worth_and_what_time_gives(
    per_minute: int, steps: list[tuple[float, int]]
) -> None:
    clock = HandMovedClock(AT)
    limiter = RateLimiter(per_minute, clock=clock)
    through = 0
    for seconds, times in steps:
        clock.move_to(clock.now() + timedelta(seconds=seconds))
        through += taken(limiter, "a", times)
    passed = (clock.now() - AT).total_seconds()
    assert through <= per_minute + passed * per_minute / 60 + 1e-6


def test_a_place_comes_back_also_after_an_error() -> None:
    places = Places(1)
    with pytest.raises(ZeroDivisionError), places.take():
        raise ZeroDivisionError
    with places.take():
        with pytest.raises(LimitReached) as refused, places.take():
            pass
        assert refused.value.reason is Reason.TOO_MANY_AT_ONCE
    with places.take():
        pass
