"""What taking a file in needs of DuckDB: tables of Parquet files, and of values of this process."""

# ruff: noqa: S608 - SQL is made of our own names; what comes from outside is quoted or a table

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa


def scan(path: Path, *, numbered: bool = False) -> str:
    """Returns SQL for the rows of a Parquet file.

    Args:
        path: The file.
        numbered: With `file_row_number`, from 0.
    """
    more = ", file_row_number = true" if numbered else ""
    return f"read_parquet('{quoted_path(path)}'{more})"


def copy(connection: Any, query: str, path: Path, *, packed: bool = False) -> None:
    """Writes what a query finds as Parquet.

    Args:
        connection: DuckDB's.
        query: The query.
        path: The file to write.
        packed: Smaller and slower: for what stays.
    """
    how = "zstd" if packed else "lz4_raw"
    connection.execute(
        f"COPY ({query}) TO '{quoted_path(path)}' (FORMAT parquet, COMPRESSION {how})"
    )


def keep(connection: Any, name: str, columns: Mapping[str, Any]) -> None:
    """Makes a table of values of this process."""
    connection.register("handed", pa.table(dict(columns)))
    connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM handed")
    connection.unregister("handed")


def texts_of(connection: Any, query: str) -> list[str]:
    """Returns the one column a query finds."""
    return [row[0] for row in connection.execute(query).fetchall()]


def quoted_path(path: Path) -> str:
    """Returns a path as it stands between quotation marks."""
    return str(path).replace("'", "''")


def quoted_name(name: str) -> str:
    """Returns the name of a column of a file."""
    return '"' + name.replace('"', '""') + '"'
