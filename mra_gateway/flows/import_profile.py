"""Takes a questionnaire into a profile: what stands now, what was answered, what differs.

1. read the workbook (`tables/workbook.py`, hardened) 2. whose answers they are, and whether they
were made from the version that stands now 3. every answer with its evidence: the same as before
keeps its own, a new one has the administration's 4. rows of one item that contradict each other
5. the profile one version further, checked as `partners check` does, and what changes item by item
6. write the home's own copy, whole or not at all

A copy is a draft until two officers have confirmed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from mra_gateway.comparison.changes import cell_changes
from mra_gateway.comparison.quantities import Converter
from mra_gateway.comparison.statement import position_of
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compare import Comparer
from mra_gateway.model.facts import ALL, Basis, Fact
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.profile_changes import CellChange
from mra_gateway.model.profiles import Cell, Profile
from mra_gateway.model.register import RowProblem, SourceAddress
from mra_gateway.registry.check import has_address
from mra_gateway.registry.files import KINDS
from mra_gateway.registry.findings import Finding
from mra_gateway.registry.load import Registry
from mra_gateway.registry.profile_file import profile_text
from mra_gateway.registry.requirements import Named, check_profile, items_in
from mra_gateway.settings import data_folder
from mra_gateway.tables.questionnaire import Asked, write_questionnaire
from mra_gateway.tables.questionnaire_columns import ASKED
from mra_gateway.tables.questionnaire_head import Head
from mra_gateway.tables.questionnaire_reading import (
    Answered,
    Handed,
    read_head,
    read_questionnaire,
)
from mra_gateway.tables.workbook import read_workbook

_KIND: Final = next(kind for kind in KINDS if kind.model is Profile)
_LONGEST: Final = 512


class Revision(NamedTuple):
    """What a questionnaire would change in a home.

    Attributes:
        before: What stands now; None: nothing is held of the programme yet.
        after: As it would be written; None while something has to be put right.
        file: The home's copy.
        text: What the file would hold.
        changes: Item by item.
        problems: Cells to put right.
        findings: What is wrong or doubtful in the whole.
        notes: What was left aside, in words.
    """

    programme: ProgrammeId
    before: Profile | None
    after: Profile | None
    file: Path
    text: str
    changes: tuple[CellChange, ...]
    problems: tuple[RowProblem, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        """Whether something has to be put right first."""
        return bool(self.problems) or any(finding.is_error for finding in self.findings)


def ask(
    name: str, *, registry: Registry, comparer: Comparer, today: date
) -> tuple[ProgrammeId, bytes]:
    """Returns the questionnaire for a programme, as a workbook.

    Args:
        name: A programme, or the territory whose AEO programme it is.
        registry: What is held.
        comparer: Knows which profiles are confirmed.
        today: The day it is made.

    Raises:
        RequestRefused: There is no such programme, or a territory has several.
    """
    programme = comparer.programme_of(name)
    profile = registry.profiles.get(programme)
    header = registry.programmes.get(programme)
    subject = None if profile is None else comparer.subject(programme)
    called = None if header is None else header.name.value
    asked = Asked(
        programme=programme,
        name=called or (subject.name if subject else str(programme)),
        profile=profile,
        parents=() if subject is None else subject.parents,
        tiers=_tiers(registry, programme),
        catalogues=tuple(registry.requirements[each] for each in ASKED),
        is_confirmed=subject is not None and subject.is_confirmed,
        prepared_on=today,
    )
    return programme, write_questionnaire(asked)


def import_profile(
    content: bytes,
    *,
    file: str,
    registry: Registry,
    home: Path,
    today: date,
    of: str | None = None,
) -> Revision:
    """Returns what a questionnaire would change; nothing is written.

    Args:
        content: The workbook as it came back.
        file: Its name.
        registry: What stands now, the home's copies included.
        home: The home.
        today: No answer is of a later day.
        of: Whose answers they are, where the first sheet does not say.

    Raises:
        RequestRefused: The file cannot be taken, or it is not known whose answers it holds.
    """
    source = read_workbook(content, file=file)  # step 1
    programme = _whose(read_head(source), of=of, registry=registry, file=file)  # step 2
    before = registry.profiles.get(programme)
    handed = read_questionnaire(
        source,
        items=items_in(registry.requirements),
        tiers=_tiers(registry, programme),
        held=[fact.value for fact in before.cells if fact.value] if before else (),
    )
    taking = _Taking(handed, before or Profile(programme=programme, version=1), file, today)
    taking.check_version(0 if before is None else before.version)
    after = taking.profile(is_new=before is None)  # step 3
    problems = [*handed.problems, *taking.problems, *_contested(after, taking, registry)]  # step 4
    target = home / "partners" / _KIND.folder / f"{programme}.toml"
    findings = () if problems else tuple(_check(after, target, registry))  # step 5
    return Revision(
        programme=programme,
        before=before,
        after=None if problems else after,
        file=target,
        text="" if problems else _text(after, registry),
        changes=() if problems else tuple(cell_changes(taking.before, after)),
        problems=tuple(problems),
        findings=findings,
        notes=(*handed.notes, *taking.notes),
    )


def write_profile(revision: Revision) -> None:
    """Writes the home's copy, whole or not at all.

    Raises:
        RequestRefused: Something in it has to be put right first.
    """
    if revision.is_refused:
        raise RequestRefused(
            "the questionnaire has errors",
            reason=Reason.DATA_FILE_INVALID,
            where=str(revision.file),
        )
    revision.file.parent.mkdir(parents=True, exist_ok=True)
    partial = revision.file.with_suffix(".part")
    partial.write_text(revision.text, encoding="utf-8", newline="\n")
    partial.replace(revision.file)  # step 6


def _whose(head: Head, *, of: str | None, registry: Registry, file: str) -> ProgrammeId:
    said = head.programme
    if said is None and of is None:
        raise RequestRefused(
            "the first sheet does not say whose answers these are: name the programme with --as",
            reason=Reason.ROWS_INVALID,
            where=file,
        )
    comparer = Comparer(registry)
    wanted = None if of is None else comparer.programme_of(of)
    found = None if said is None else comparer.programme_of(said)
    if wanted is not None and found is not None and wanted != found:
        raise RequestRefused(
            f"these are the answers of {found}, not of {wanted}",
            reason=Reason.ROWS_INVALID,
            where=str(head.places["programme"]),
        )
    chosen = wanted or found
    assert chosen is not None
    return chosen


def _tiers(registry: Registry, programme: ProgrammeId) -> tuple[str, ...]:
    header = registry.programmes.get(programme)
    return () if header is None else tuple(tier.code for tier in header.tiers.value or ())


class _Taking:
    """Answers on their way into a profile."""

    def __init__(self, handed: Handed, before: Profile, file: str, today: date) -> None:
        self.handed = handed
        self.before = before
        self.problems: list[RowProblem] = []
        self.notes: list[str] = []
        self._file = file
        self._today = today
        self.told: set[str] = set()
        """Items the administration said something new of."""

    def check_version(self, current: int) -> None:
        """Finds out whether somebody changed the profile since the questionnaire was made."""
        made_from = self.handed.head.version
        if made_from is None:
            self.notes.append("it is not said from which version the questionnaire was made")
        elif made_from != current:
            self._refuse(
                self._place("version"),
                Reason.ROWS_CONTRADICT,
                f"made from version {made_from}, but version {current} stands now: make a new "
                "questionnaire and carry the answers over",
            )

    def profile(self, *, is_new: bool) -> Profile:
        """Returns the profile with the answers."""
        held: dict[str, list[Fact[Cell]]] = {}
        for fact in self.before.cells:
            if fact.value is not None:
                held.setdefault(fact.value.item, []).append(fact)
        answered: dict[str, list[Fact[Cell]]] = {item: [] for item in self.handed.items}
        for row in self.handed.rows:
            item = row.cell.item
            same = next((one for one in held.get(item, ()) if one.value == row.cell), None)
            if same is not None:
                held[item].remove(same)  # two sources may say the same, each in a row of its own
            elif self._is_doubled(row, answered[item]):
                self.notes.append(f"{row.address('item')}: says the same as a row before it")
                continue
            made = self._fact(row, same)
            if made is not None:
                answered[item].append(made)
        cells = list(_in_order(self.before.cells, answered))
        changed = tuple(cells) != self.before.cells
        version = 1 if is_new else self.before.version + changed
        return self.before.model_copy(update={"cells": tuple(cells), "version": version})

    @staticmethod
    def _is_doubled(row: Answered, before: list[Fact[Cell]]) -> bool:
        is_new = row.answer.is_confirmed or row.answer.source is not None
        return not is_new and any(one.value == row.cell for one in before)

    def _fact(self, row: Answered, before: Fact[Cell] | None) -> Fact[Cell] | None:
        answer, head = row.answer, self.handed.head
        if before is not None and not (answer.is_confirmed or answer.source):
            return before
        self.told.add(row.cell.item)
        if before is None and answer.is_confirmed:
            text = "it is confirmed as it stood, but it is not what stood there: empty this cell"
            self._refuse(row.address("confirmed"), Reason.ROWS_CONTRADICT, text)
        source = answer.source or head.source
        if source is None:
            text = "a new answer without its source: name it here or on the first sheet"
            self._refuse(row.address("source"), Reason.VALUE_MISSING, text)
        self._check_day()
        if source is None or head.answered_on is None:
            return None
        by = f"answered by {head.answered_by}" if head.answered_by else "answered by questionnaire"
        earlier = before.source if before is not None else None
        was_read = before is not None and before.basis is Basis.READ
        return Fact[Cell](
            value=row.cell,
            source=_joined(source, by, earlier),
            basis=Basis.READ if was_read or has_address(source) else Basis.PARTIAL,
            as_of=head.answered_on,
        )

    def _check_day(self) -> None:
        day = self.handed.head.answered_on
        if day is not None and day <= self._today:
            return
        place = self._place("answered_on")
        if any(problem.address == place for problem in (*self.problems, *self.handed.problems)):
            return
        if day is None:
            self._refuse(place, Reason.VALUE_MISSING, "the day of the answers is missing")
        else:
            self._refuse(place, Reason.DATA_AS_OF_FUTURE, f"{day} has not come yet")

    def _place(self, field: str) -> SourceAddress:
        return self.handed.head.places.get(field, SourceAddress(file=self._file))

    def _refuse(self, address: SourceAddress, reason: Reason, text: str) -> None:
        self.problems.append(RowProblem(address=address, reason=reason, text=text))


def _in_order(
    before: tuple[Fact[Cell], ...], answered: dict[str, list[Fact[Cell]]]
) -> Iterator[Fact[Cell]]:
    """Yields what stays where it stood, new answers behind their item's, and new items last."""
    left = {item: list(facts) for item, facts in answered.items()}
    last = {fact.value.item: n for n, fact in enumerate(before) if fact.value is not None}
    for number, fact in enumerate(before):
        item = None if fact.value is None else fact.value.item
        if item is None or item not in left:
            yield fact
            continue
        if fact in left[item]:
            left[item].remove(fact)
            yield fact
        if number == last[item]:
            yield from left.pop(item)
    for facts in left.values():
        yield from facts


def _joined(source: str, by: str, earlier: str | None) -> str:
    """Returns where an answer is written, by whom, and where it stood before, as far as it fits."""
    said = source if by in source else f"{source} ({by})"
    if earlier is not None and earlier not in said:
        said = f"{said} ; {earlier}"
    if len(said) <= _LONGEST:
        return said
    return f"{source} ({by})"[:_LONGEST] if len(source) + len(by) + 3 <= _LONGEST else source


def _contested(after: Profile, taking: _Taking, registry: Registry) -> Iterator[RowProblem]:
    """Yields rows of an item that contradict each other; sources found before may, answers not."""
    subject = Subject(after, programme=registry.programmes.get(after.programme))
    items = items_in(registry.requirements)
    for name in sorted(taking.told):
        rows = [row for row in taking.handed.rows if row.cell.item == name]
        item = items[name]
        if len(rows) < 2 or item is None:
            continue
        catalogue = name.partition(":")[0]
        positions = (
            position_of(subject, item, catalogue=catalogue, scope=scope, converter=Converter(None))
            for scope in _scopes(rows)
        )
        if any(position.is_contested for position in positions):
            others = ", ".join(str(row.address()) for row in rows[:-1])
            yield RowProblem(
                address=rows[-1].address(),
                reason=Reason.ROWS_CONTRADICT,
                text=f"contradicts {others}: the same item for the same tier and role",
            )


def _scopes(rows: Iterable[Answered]) -> Iterator[Scope]:
    """Yields the whole, and each role and tier the rows name, be it none of the programme's."""
    yield Scope()
    cells = [row.cell for row in rows]
    for role in dict.fromkeys(role for cell in cells if cell.roles != ALL for role in cell.roles):
        yield Scope(role=role)
    for tier in dict.fromkeys(tier for cell in cells if cell.tiers != ALL for tier in cell.tiers):
        yield Scope(tiers=(tier,))


def _check(profile: Profile, file: Path, registry: Registry) -> Iterator[Finding]:
    named = Named(
        items=items_in(registry.requirements),
        programmes=registry.programmes,
        profiles=registry.profiles,
        is_known=lambda id_: id_ in registry.files,
    )
    yield from check_profile(file, profile, named=named)


def _text(profile: Profile, registry: Registry) -> str:
    schema = (data_folder("schemas") / "data" / _KIND.schema).resolve().as_uri()
    return profile_text(profile, schema=schema, comments=_comments(profile, registry))


def _comments(profile: Profile, registry: Registry) -> list[str]:
    """Returns the comments above the profile that stands now, so that they are not lost."""
    file = registry.files.get(f"{_KIND.prefix}{profile.programme}")
    if file is None:
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    head = lines[: next((n for n, line in enumerate(lines) if line[:1] != "#"), len(lines))]
    return [line[2:] for line in head if line.startswith("# ")]
