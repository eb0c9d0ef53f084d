"""However systems ask at once, each gets what it would get alone, and it is stored as given.

`python -m tests.campaigns --together 5000` plays many more schedules than this slice.
"""

from __future__ import annotations

from tests.support.asked_together import check_schedules
from tests.support.databases import NewStore


def test_whoever_asks_gets_what_it_would_get_alone(new_store: NewStore) -> None:
    check_schedules(new_store, examples=12)
