"""What a database's own error means to us: busy, refused, or out of reach.

Only the first line of what the database says is kept, escaped: the lines after it quote values.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mra_gateway.errors import Reason, StoreError

# deadlock, serialisation failure, lock not available: nothing is wrong, try again
_BUSY_STATES = frozenset({"40P01", "40001", "55P03"})
# connection exceptions, wrong password, no such database, too many connections, shutting down
_AWAY_CLASSES = ("08", "28", "3D", "53", "57")
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_AWAY = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL})


def as_store_error(error: Exception) -> StoreError:
    """Returns the error of this product that stands for a database's own.

    Args:
        error: What SQLAlchemy, the driver or the operating system raised.
    """
    origin = getattr(error, "orig", None) or error
    reason = _reason(error, origin)
    if reason is Reason.DATABASE_BUSY:
        return StoreError("the database is busy", reason=reason)
    said = repr(str(origin).splitlines()[0][:200] if str(origin) else type(origin).__name__)
    if reason is Reason.DATABASE_INCONSISTENT:
        return StoreError(f"the database refused: {said}", reason=reason)
    return StoreError(f"the database cannot be reached: {said}", reason=reason)


def _reason(error: Exception, origin: object) -> Reason:
    if isinstance(error, PoolTimeoutError):
        return Reason.DATABASE_BUSY
    if isinstance(origin, sqlite3.Error):
        # the low byte is the primary code, the rest says more
        return _sqlite_reason((getattr(origin, "sqlite_errorcode", None) or 0) & 0xFF)
    state = getattr(origin, "sqlstate", None)
    if state is not None:
        if state in _BUSY_STATES:
            return Reason.DATABASE_BUSY
        away = str(state).startswith(_AWAY_CLASSES)
        return Reason.DATABASE_UNREACHABLE if away else Reason.DATABASE_INCONSISTENT
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(error, SQLAlchemyError) and not lost and "Interface" not in type(error).__name__:
        return Reason.DATABASE_INCONSISTENT
    return Reason.DATABASE_UNREACHABLE


def _sqlite_reason(code: int) -> Reason:
    if code in _SQLITE_BUSY:
        return Reason.DATABASE_BUSY
    return Reason.DATABASE_UNREACHABLE if code in _SQLITE_AWAY else Reason.DATABASE_INCONSISTENT
