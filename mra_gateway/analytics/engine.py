"""DuckDB or Spark, through ibis: opening one, scanning files with it, running an expression.

The expressions themselves name no engine. Only exact functions are used, and nothing whose result
depends on the order of rows.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from mra_gateway.errors import Reason, RequestRefused, SetupError

EngineName = Literal["duckdb", "spark"]

MEMORY_MEGABYTES = 400
"""What DuckDB may take before it writes to disk; the rest of the process comes on top."""


class Engine(ABC):
    """One engine, open.

    Attributes:
        name: Which.
    """

    name: EngineName

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    @abstractmethod
    def scan_csv(self, path: Path, *, columns: Sequence[str], delimiter: str) -> Any:
        """Returns a CSV file in UTF-8 as an expression; every column is text.

        Args:
            path: The file; its first row holds the headings.
            columns: The names the columns are given, in their order.
            delimiter: What stands between its cells.
        """

    @abstractmethod
    def scan_parquet(self, path: Path) -> Any:
        """Returns a Parquet file as an expression, its columns named as in the file."""

    @property
    @abstractmethod
    def failures(self) -> tuple[type[Exception], ...]:
        """What the engine raises for a file it cannot read."""

    def small(self, values: pa.Table) -> Any:
        """Returns values of this process as an expression."""
        import ibis

        return ibis.memtable(values)

    def run(self, expression: Any) -> pa.Table:
        """Returns what an expression amounts to.

        Raises:
            RequestRefused: A file cannot be read as what it seems to be.
        """
        try:
            found: pa.Table = self._backend.to_pyarrow(expression)
        except self.failures as error:
            first = str(error).strip().splitlines() or [type(error).__name__]
            raise RequestRefused(
                f"the file cannot be read through: {repr(first[0])[:200]}",
                reason=Reason.FILE_UNREADABLE,
            ) from None
        return found


class DuckDbEngine(Engine):
    """DuckDB, in this process."""

    name = "duckdb"

    def scan_csv(self, path: Path, *, columns: Sequence[str], delimiter: str) -> Any:
        """Returns a CSV file as an expression; a row of another width is an error."""
        return self._backend.read_csv(
            str(path),
            columns=dict.fromkeys(columns, "VARCHAR"),
            delim=delimiter,
            quote='"',
            escape='"',
            header=True,
            auto_detect=False,
            nullstr="",
            strict_mode=True,
        )

    def scan_parquet(self, path: Path) -> Any:
        """Returns a Parquet file as an expression."""
        return self._backend.read_parquet(str(path))

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """DuckDB's own errors."""
        import duckdb

        return (duckdb.Error,)

    @property
    def connection(self) -> Any:
        """DuckDB's own, for taking files in: rows by number, writing Parquet as it reads."""
        return self._backend.con


class SparkEngine(Engine):
    """Spark, wherever the session runs: the extra `spark`."""

    name = "spark"

    def scan_csv(self, path: Path, *, columns: Sequence[str], delimiter: str) -> Any:
        """Returns a CSV file as an expression; a row of another width is an error."""
        return self._backend.read_csv(
            str(path),
            schema=", ".join(f"`{name}` STRING" for name in columns),
            sep=delimiter,
            quote='"',
            escape='"',
            header=True,
            multiLine=True,
            mode="FAILFAST",
            enforceSchema=True,
        )

    def scan_parquet(self, path: Path) -> Any:
        """Returns a Parquet file as an expression."""
        return self._backend.read_parquet(str(path))

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """Spark's own errors, also those that come from Java."""
        from pyspark.errors import PySparkException

        return (PySparkException,)


@contextmanager
def open_engine(
    name: EngineName, *, folder: Path, megabytes: int = MEMORY_MEGABYTES
) -> Iterator[Engine]:
    """Opens an engine and closes it behind.

    Args:
        name: Which.
        folder: Where it may write what does not fit into memory.
        megabytes: What DuckDB may take; Spark has settings of its own.

    Raises:
        SetupError: It is not installed, or does not start.
    """
    import ibis

    if name == "duckdb":
        backend = ibis.duckdb.connect(
            memory_limit=f"{megabytes}MB",
            temp_directory=str(folder),
            preserve_insertion_order=False,
        )
        backend.con.execute("SET TimeZone = 'UTC'")
        try:
            yield DuckDbEngine(backend)
        finally:
            backend.disconnect()
        return
    session = _spark_session(folder)
    try:
        yield SparkEngine(ibis.pyspark.connect(session))
    finally:
        session.stop()


def _spark_session(folder: Path) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SetupError(
            "Spark is not installed: install mra-gateway with the extra spark"
        ) from None
    builder = (
        SparkSession.builder.appName("mra-gateway")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.local.dir", str(folder))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
    )
    if "SPARK_MASTER" not in os.environ:
        # one machine: its cores, no network, and not two hundred parts of a small shuffle
        builder = (
            builder.master("local[*]")
            .config("spark.driver.host", "localhost")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", str(2 * (os.cpu_count() or 1)))
        )
    try:
        return builder.getOrCreate()
    except Exception as error:  # noqa: BLE001 - what a missing Java raises has no class
        raise SetupError(f"Spark does not start: {repr(str(error))[:200]}") from None
