"""Takes a file in for measuring: checked, counted once, kept; a correction replaces what was there.

1. find the columns, and refuse a file without one that is needed or was there before
2. take the rows that are in order and name the others (`analytics/loading.py`,
   `tables/sample_rows.py`)
3. say what is missing of the period
4. put the Parquet file in its place and register it

What is kept names no declaration, as `flows/measure_events.py` says of what the gateway writes.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from mra_gateway.analytics.engine import DuckDbEngine, open_engine
from mra_gateway.analytics.load_request import MOST_FAULTS, Taken, Wanted
from mra_gateway.analytics.loading import take_declarations
from mra_gateway.analytics.parquet_rows import RowsFile
from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.gather_impact import InputRefused, Problem
from mra_gateway.flows.measure_events import reference_key
from mra_gateway.flows.measure_request import LoadRequest, kinds_of, stated_of, zone_of
from mra_gateway.flows.read_cells import factor_of
from mra_gateway.indicators.coverage import missing_days
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.declaration_forms import DeclarationForm
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.measured_loads import Findings, Load, LoadFault, NewLoad
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import Registry
from mra_gateway.store import journal, measure_loads
from mra_gateway.store.database import Database
from mra_gateway.tables.measure_columns import (
    Kind,
    Said,
    missing,
)
from mra_gateway.tables.measure_file import MeasureFile
from mra_gateway.tables.measure_texts import TextReader
from mra_gateway.tables.open_measure_file import open_measure_file
from mra_gateway.tables.sample_rows import NEEDED, SampleReader
from mra_gateway.tables.sheet import spans
from mra_gateway.tables.vocabulary import load_vocabulary

FOLDER: Final = "measured"
"""Of a home: what was taken in, as Parquet."""

ROLES: Final = (OfficerRole.AEO, OfficerRole.RISK)
_PIECE: Final = 1 << 20
_NEAR: Final = timedelta(days=28)
_MUCH_FEWER: Final = 0.9
"""Of the rows a load replaces: a correction seldom takes more away."""


class _Before(NamedTuple):
    """What was there.

    Attributes:
        chain: The last load of this period and part, which this one replaces.
        earlier: The load of the period before, whose columns are expected.
        others: Loads of other parts and of periods near, whose rows count already.
    """

    chain: Load | None
    earlier: Load | None
    others: tuple[Load, ...]


class MeasureLoader:
    """Takes files in, one after the other."""

    def __init__(
        self, *, database: Database, registry: Registry, clock: Clock, home: Path, zone: ZoneInfo
    ) -> None:
        self._database, self._registry, self._clock = database, registry, clock
        self._home, self._zone = home, zone

    async def load(self, request: LoadRequest, *, by: Actor) -> Load:
        """Takes a file in.

        Args:
            request: What.
            by: The officer.

        Raises:
            InputRefused: No row can be counted: the first faults.
            RequestRefused: Not permitted; the file cannot be read, its columns cannot be told, it
                was taken in already, or its period overlaps another.
        """
        check_role(by, *ROLES)
        kinds = kinds_of(request)
        digest = _digest(request.file)
        before = await self._database.read(lambda c: self._before(c, request))
        self._check_again(request, digest, before)
        # beside the files, so that a finished one is moved and not copied
        with tempfile.TemporaryDirectory(dir=_folder(self._home), prefix="work-") as folder:
            work = Path(folder)
            file = self._open(request, kinds)
            self._check_columns(file, request, before)
            target = work / "taken.parquet"
            key = await self._database.write(reference_key)
            taken, zone = self._take(file, request, before, key=key, target=target, work=work)
            if not taken.counted:
                raise InputRefused(_problems(request.file, taken))
            new = self._new(request, file, taken, before, digest=digest, zone=zone, by=by)
            new = new.model_copy(update={"content_digest": _digest(target)})
            return await self._keep(target, new)

    def _before(self, connection: Connection, request: LoadRequest) -> _Before:
        table, period = request.event_table, request.period
        # a declaration of this period may have been counted in the one before or after
        first, last = period.first_on - _NEAR, period.last_on + _NEAR
        near = measure_loads.current(connection, table, first=first, last=last)
        for load in near:
            overlaps = period.first_on <= load.period.last_on and (
                load.period.first_on <= period.last_on
            )
            if load.part == request.part and load.period != period and overlaps:
                raise RequestRefused(
                    f"load {load.id} holds {table} of {load.period}: rows would count twice",
                    reason=Reason.PERIODS_OVERLAP,
                )
        return _Before(
            measure_loads.last_of(connection, table, part=request.part, period=period),
            measure_loads.before(connection, table, part=request.part, period=period),
            tuple(load for load in near if (load.part, load.period) != (request.part, period)),
        )

    def _check_again(self, request: LoadRequest, digest: Digest, before: _Before) -> None:
        same = (one for one in before.others if one.period == request.period)
        for load in (*filter(None, [before.chain]), *same):
            if load.digest == digest and load.path and not request.again:
                raise RequestRefused(
                    f"these bytes were taken in as load {load.id} on {load.loaded_at:%Y-%m-%d}; "
                    "take them in anew where lanes, rates or columns have changed (--again)",
                    reason=Reason.ALREADY_LOADED,
                    where=str(request.file),
                )

    # --- 1

    def _open(self, request: LoadRequest, kinds: Mapping[str, Kind]) -> MeasureFile:
        forms: tuple[DeclarationForm, ...] = tuple(self._registry.declaration_forms.values())
        if request.form is not None:
            forms = tuple(form for form in forms if form.id == request.form)
            if not forms:
                text = f"no form of declarations {request.form[:60]!r}"
                raise RequestRefused(text, reason=Reason.NOT_FOUND)
        known = load_vocabulary().sample_headings if request.event_table == "samples" else None
        said = Said(request.columns, request.stated, request.left)
        return open_measure_file(request.file, kinds=kinds, forms=forms, known=known, said=said)

    def _check_columns(self, file: MeasureFile, request: LoadRequest, before: _Before) -> None:
        where = str(request.file)
        there = {*file.fields, *request.stated}

        def lacking(name: str, why: str = "") -> RequestRefused:
            return missing(name, headings=file.headings, read=file.fields, where=where, why=why)

        if request.event_table == "samples":
            needed = [name for name in NEEDED if name not in there]
        else:
            needed = [name for name in ("declaration", "flow") if name not in there]
            if not {"released_at", "lodged_at"} & there:
                needed.append("released_at")
            if {"value", "cost"} & there and "currency" not in there and not file.table.currency:
                needed.append("currency")
        if needed:
            raise lacking(needed[0])
        # a renamed column would quietly make figures of nothing
        model = before.chain if before.chain is not None and before.chain.path else before.earlier
        if model is not None:
            held = {*model.findings.fields, *model.findings.stated}
            for name in sorted(held - there - set(request.left)):
                heading = model.findings.fields.get(name, "")
                was = f", which the load of {model.period} read from {heading!r}"
                raise lacking(name, f"{was} (--without {name} if there is none any more)")

    # --- 2

    def _take(
        self,
        file: MeasureFile,
        request: LoadRequest,
        before: _Before,
        *,
        key: bytes,
        target: Path,
        work: Path,
    ) -> tuple[Taken, str]:
        lanes = self._registry.lanes if request.event_table == "declarations" else None
        reader = TextReader(file.form, file.table, lanes=lanes)
        named = request.time_zone or file.form.moments.time_zone
        if request.event_table == "samples":
            return self._take_samples(file, reader, request, target), self._zone.key
        wall = self._zone if named is None else zone_of(named)
        wanted = Wanted(
            period=request.period,
            zone=self._zone,
            wall=wall,
            is_wall_stated=request.time_zone is not None,
            stated=stated_of(request, reader),
            currency=request.currency,
            own_currency=request.stated.get("currency") or file.table.currency,
            factor=self._factor(request.period),
            region_of=self._registry.regions.region_of,
            key=key,
            others=[self._home / load.path for load in before.others],
        )
        with open_engine("duckdb", folder=work) as engine:
            assert isinstance(engine, DuckDbEngine)
            taken = take_declarations(engine, file, reader, wanted, target=target, folder=work)
        return taken, wall.key

    def _factor(self, period: Period) -> Any:
        """Returns what changes currencies: by the rates of the period's end, or the latest."""
        rates = self._registry.rates
        known = [day for day in rates if day <= period.last_on.isoformat()] or list(rates)
        day = max(known, default=None)
        return lambda code, into: factor_of(code, into, None if day is None else rates[day])

    def _take_samples(
        self, file: MeasureFile, reader: TextReader, request: LoadRequest, target: Path
    ) -> Taken:
        samples = SampleReader(file, reader, period=request.period, stated=request.stated)
        kept: list[dict[str, Any]] = []
        faults: list[LoadFault] = []
        by_reason: Counter[Reason] = Counter()
        read = faulty = outside = 0
        for row, wrong in samples.rows():
            read += 1
            if not wrong:
                kept.append(row)
                continue
            beyond = all(one.reason is Reason.OUTSIDE_PERIOD for one in wrong)
            outside, faulty = outside + beyond, faulty + (not beyond)
            by_reason.update({one.reason for one in wrong})
            faults += wrong if len(faults) < MOST_FAULTS else []
        with RowsFile(EVENT_TABLES["samples"], target, also=("source_row",)) as written:
            for row in kept:
                written.add(row)
        days = dict(sorted(Counter(row["taken_on"] for row in kept).items()))
        currencies = sorted({row["unit"] for row in kept} - {"h"})
        return Taken(
            read=read,
            counted=len(kept),
            faulty=faulty,
            outside=outside,
            doubled=0,
            by_reason=dict(by_reason),
            faults=tuple(faults[:MOST_FAULTS]),
            days=days,
            currency=currencies[0] if len(currencies) == 1 else None,
        )

    # --- 3 and 4

    def _new(
        self,
        request: LoadRequest,
        file: MeasureFile,
        taken: Taken,
        before: _Before,
        *,
        digest: Digest,
        zone: str,
        by: Actor,
    ) -> NewLoad:
        days: tuple[date, ...] = ()
        if request.event_table == "declarations":
            days = missing_days(request.period, taken.days, closed_on=request.closed_on)
        findings = Findings(
            fields={name: file.heading(name) or "" for name in file.fields},
            stated=dict(request.stated),
            currency=taken.currency,
            zone=zone,
            faults=taken.faults,
            by_reason=taken.by_reason,
            days_missing=days,
            closed_on=tuple(sorted(request.closed_on)),
            remarks=tuple(self._remarks(request, file, taken, before)),
        )
        part = f"-{request.part}" if request.part else ""
        name = f"{request.period}{part}-{self._clock.new_uuid()}.parquet"
        return NewLoad(
            event_table=request.event_table,
            part=request.part,
            period=request.period,
            source=request.file.name,
            digest=digest,
            path=f"{FOLDER}/{request.event_table}/{name}",
            content_digest=digest,
            rows_read=taken.read,
            rows_counted=taken.counted,
            rows_faulty=taken.faulty,
            rows_doubled=taken.doubled,
            partial=bool(days or taken.faulty),
            findings=findings,
            loaded_at=self._clock.now(),
            loaded_by=by.name,
            note=request.note,
            replaces=None if before.chain is None else before.chain.id,
        )

    def _remarks(
        self, request: LoadRequest, file: MeasureFile, taken: Taken, before: _Before
    ) -> list[str]:
        read = set(file.fields.values())
        unread = [text for at, text in enumerate(file.headings) if at not in read and text.strip()]
        found = []
        if unread:
            found.append(f"columns not read: {', '.join(repr(text[:60]) for text in unread[:20])}")
        if over := file.passed_over.rows:
            found.append(f"rows {spans(sorted(set(over)))} are no {request.event_table}")
        found += file.remarks
        if taken.outside:
            found.append(f"{taken.outside} rows count in another period and were left out")
        for name in taken.days_only:
            heading = file.heading(name)
            found.append(f"{heading!r} names no time of day, or midnight always: read as days")
        if before.chain is not None:
            was = before.chain.rows_counted
            found.append(f"replaces load {before.chain.id}, which is kept")
            if taken.counted < _MUCH_FEWER * was:
                found.append(f"counts {taken.counted:,} rows where there were {was:,}: is it all?")
        if self._clock.now().astimezone(self._zone).date() <= request.period.last_on:
            found.append("the period is not over yet")
        return found

    async def _keep(self, taken: Path, new: NewLoad) -> Load:
        place = self._home / new.path
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(taken, place)

        def register(connection: Connection) -> Load:
            last = measure_loads.last_of(
                connection, new.event_table, part=new.part, period=new.period
            )
            if (None if last is None else last.id) != new.replaces:
                raise RequestRefused(
                    "another officer has loaded this period meanwhile; load again",
                    reason=Reason.STATE_NOT_SUITABLE,
                )
            id_ = measure_loads.add(connection, new)
            journal.record(
                connection,
                at=new.loaded_at,
                actor=new.loaded_by,
                act="measure_load",
                subject=f"{new.event_table} {new.period}",
                detail={"load": id_, "rows": new.rows_counted, "digest": new.digest},
            )
            found = measure_loads.find(connection, id_)
            assert found is not None
            return found

        try:
            return await self._database.write(register)
        except BaseException:
            with suppress(FileNotFoundError):
                place.unlink()
            raise


def _problems(file: Path, taken: Taken) -> list[Problem]:
    found = [
        Problem(
            f"{file}, row {one.row}" + ("" if one.column is None else f", column {one.column!r}"),
            one.reason,
            one.text,
        )
        for one in taken.faults
    ]
    nothing = Problem(f"{file}, row 1", Reason.FILE_UNREADABLE, "headings and no rows")
    return found or [nothing]


def _digest(path: Path) -> Digest:
    made = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                made.update(piece)
    except OSError as error:
        raise RequestRefused(
            error.strerror or "cannot be read", reason=Reason.FILE_UNREADABLE, where=str(path)
        ) from None
    return Digest.trusted(made.hexdigest())


def _folder(home: Path) -> Path:
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _put(taken: Path, place: Path) -> None:
    """Moves a file to its place so that it is there whole, or not at all."""
    with taken.open("rb") as file:
        os.fsync(file.fileno())
    taken.rename(place)
