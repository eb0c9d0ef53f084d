"""Every table of the store, for migrations and for whoever compares, makes or empties them all.

Tables of one concern stand in one module; the columns they are made of, and people, trust and data
protection, in `tables.py`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData

from mra_gateway.store import (
    exchange_tables,
    extract_tables,
    measure_tables,
    negotiation_tables,
    recognition_tables,
    register_tables,
    tables,
)

MODULES: Final = (
    tables,
    exchange_tables,
    register_tables,
    recognition_tables,
    extract_tables,
    negotiation_tables,
    measure_tables,
)
metadata: Final[MetaData] = tables.metadata
"""Complete: each of the modules above has added its tables to it."""
