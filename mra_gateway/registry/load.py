"""The data files of `partners/` as one registry, looked up by id.

What the product ships are drafts; a home's own copies lie in a folder of their own and win. That an
arrangement has been confirmed by its administration is kept in the store, by the digest made here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.model.aliases import Identification
from mra_gateway.model.base import Noun
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.declaration_forms import DeclarationForm, PartyCodes
from mra_gateway.model.facts import (
    Administration,
    Arrangement,
    BenefitCatalogue,
    BenefitDefinition,
    Fact,
    Programme,
)
from mra_gateway.model.groups import Group
from mra_gateway.model.identifiers import ArrangementId, Digest, ProgrammeId, Territory
from mra_gateway.model.indicators import Indicator, IndicatorCatalogue, LaneList, RegionList
from mra_gateway.model.names import NameWords
from mra_gateway.model.negotiation import PhaseModel
from mra_gateway.model.profiles import Profile, Rates
from mra_gateway.model.requirements import RequirementCatalogue
from mra_gateway.registry.files import KINDS, DataFile, read_file, read_folder
from mra_gateway.registry.names import merge_names
from mra_gateway.registry.shelf import Shelf
from mra_gateway.settings import data_folder

V = TypeVar("V")

_SCHEMA_COMMENT = "#:schema "


@dataclass(frozen=True)
class Registry:
    """Administrations, programmes, arrangements and benefit codes, with the files they stand in.

    Attributes:
        benefits: The catalogue: benefit code → its definition with source and basis.
        files: Id → the file that was taken (`benefits` for the catalogue).
        names: Legal forms, words and places by which names are compared.
        identification: How foreign AEOs are declared, by the territory that declares.
        tables: Decision tables by id; where a side has none, one follows from its arrangement.
        declaration_forms: Forms of national exports of declarations, by id.
        party_codes: What the codes of declarations in the WCO Data Model mean.
        requirements: What programmes are compared by: catalogues by id.
        profiles: What programmes say about the items of catalogues.
        rates: Exchange rates and national units, by day.
        groups: Customs territories that compare their programmes together, by name.
        phases: In which order administrations negotiate: models by id.
        indicators: What is measured: catalogues by id.
        lane_lists: The one list of selectivity lanes, by its name.
        region_lists: The one list of regions trade is divided by, by its name.
    """

    administrations: Mapping[Territory, Administration]
    programmes: Mapping[ProgrammeId, Programme]
    arrangements: Mapping[ArrangementId, Arrangement]
    benefits: Mapping[str, Fact[BenefitDefinition]]
    files: Mapping[str, Path]
    names: NameWords = field(default_factory=lambda: NameWords(id="all"))
    tables: Mapping[str, DecisionTable] = field(default_factory=lambda: MappingProxyType({}))
    identification: Mapping[Territory, Identification] = field(
        default_factory=lambda: MappingProxyType({})
    )
    declaration_forms: Mapping[str, DeclarationForm] = field(
        default_factory=lambda: MappingProxyType({})
    )
    party_codes: PartyCodes | None = None
    requirements: Mapping[str, RequirementCatalogue] = field(
        default_factory=lambda: MappingProxyType({})
    )
    profiles: Mapping[ProgrammeId, Profile] = field(default_factory=lambda: MappingProxyType({}))
    rates: Mapping[str, Rates] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    phases: Mapping[str, PhaseModel] = field(default_factory=lambda: MappingProxyType({}))
    indicators: Mapping[str, IndicatorCatalogue] = field(
        default_factory=lambda: MappingProxyType({})
    )
    lane_lists: Mapping[str, LaneList] = field(default_factory=lambda: MappingProxyType({}))
    region_lists: Mapping[str, RegionList] = field(default_factory=lambda: MappingProxyType({}))

    def get_administration(self, territory: str) -> Administration:
        """Returns an administration.

        Raises:
            RequestRefused: None has that territory code.
        """
        return _get(self.administrations, territory, what="administration")

    def get_programme(self, programme: str) -> Programme:
        """Returns a programme.

        Raises:
            RequestRefused: None has that id.
        """
        return _get(self.programmes, programme, what="programme")

    def get_arrangement(self, arrangement: str) -> Arrangement:
        """Returns an arrangement.

        Raises:
            RequestRefused: None has that id.
        """
        return _get(self.arrangements, arrangement, what="arrangement")

    def get_indicator(self, indicator: str) -> Indicator:
        """Returns an indicator by its id, as `carec:uptake.applications`.

        Raises:
            RequestRefused: No catalogue has it.
            SetupError: The catalogue cannot be used.
        """
        catalogue = self.indicators.get(indicator.partition(":")[0])
        facts = () if catalogue is None else catalogue.indicators
        found = {fact.value.id: fact.value for fact in facts if fact.value is not None}
        return _get(found, indicator, what="indicator")

    @property
    def lanes(self) -> LaneList:
        """The lanes declarations are selected into.

        Raises:
            RequestRefused: There is no list.
            SetupError: It cannot be used.
        """
        return _get(self.lane_lists, "lanes", what="list of")

    @property
    def regions(self) -> RegionList:
        """The regions trade is divided by.

        Raises:
            RequestRefused: There is no list.
            SetupError: It cannot be used.
        """
        return _get(self.region_lists, "regions", what="list of")

    def get_noun(self, id_: str) -> Noun:
        """Returns what can be adopted: an administration, a programme or an arrangement by its id.

        Also `identification/XX`, and `indicators/carec`, `indicators/lanes`, `indicators/regions`.

        Raises:
            RequestRefused: None has that id.
        """
        folder, _, name = id_.rpartition("/")
        kinds: dict[str, tuple[Mapping[Any, Noun], ...]] = {
            "": (self.administrations, self.programmes, self.arrangements),
            "identification": (self.identification,),
            "indicators": (self.indicators, self.lane_lists, self.region_lists),
        }
        for nouns in kinds.get(folder, ()):
            if name in nouns:
                return nouns[name]
        return _get({}, id_, what="administration, programme or arrangement")

    def file_of(self, id_: str) -> Path:
        """Returns the file an administration, programme, arrangement or catalogue was read from.

        Raises:
            RequestRefused: Nothing here has that id.
        """
        return _get(self.files, id_, what="data file")


def load_registry(*folders: Path) -> Registry:
    """Loads the data files; of two files with one id the one in the later folder is taken.

    A later benefit catalogue adds to the earlier ones, code by code.

    Args:
        folders: Folders laid out as `partners/`. None: the drafts that travel with the product.

    Raises:
        SetupError: A folder is missing, or a file cannot be used; names file, key and reason.
    """
    taken: dict[str, DataFile] = {}
    benefits: dict[str, Fact[BenefitDefinition]] = {}
    for folder in folders or (data_folder("partners"),):
        if not folder.is_dir():
            raise SetupError("no such folder", reason=Reason.DATA_FILE_INVALID, where=str(folder))
        for file in read_folder(folder, kinds=_AT_ONCE):
            _refuse_broken(file, taken=taken)
            taken[file.id] = file
            if isinstance(file.noun, BenefitCatalogue):
                benefits |= file.noun.benefits
    return _with_shelves(
        registry_of(taken, benefits=benefits), folders or (data_folder("partners"),)
    )


_AT_ONCE = tuple(kind for kind in KINDS if not kind.shelved)
_SHELVED = {kind.model: kind for kind in KINDS if kind.shelved}


def _with_shelves(registry: Registry, folders: Sequence[Path]) -> Registry:
    """Adds what is read only when it is asked for."""
    files = dict(registry.files)
    shelves: dict[type[Noun], Mapping[str, Path]] = {}
    for model, kind in _SHELVED.items():
        paths = {path.stem: path for folder in folders for path in kind.files_in(folder)}
        shelves[model] = paths
        files |= {kind.prefix + name: path for name, path in paths.items()}
    return replace(
        registry,
        files=MappingProxyType(files),
        requirements=Shelf(
            shelves[RequirementCatalogue],
            key=str,
            read=partial(_read_shelved, RequirementCatalogue),
        ),
        profiles=Shelf(
            shelves[Profile], key=ProgrammeId.trusted, read=partial(_read_shelved, Profile)
        ),
        rates=Shelf(shelves[Rates], key=str, read=partial(_read_shelved, Rates)),
        indicators=Shelf(
            shelves[IndicatorCatalogue], key=str, read=partial(_read_shelved, IndicatorCatalogue)
        ),
        lane_lists=Shelf(shelves[LaneList], key=str, read=partial(_read_shelved, LaneList)),
        region_lists=Shelf(shelves[RegionList], key=str, read=partial(_read_shelved, RegionList)),
    )


def _read_shelved(model: type[Noun], path: Path) -> Noun:
    file = read_file(path, kind=_SHELVED[model])
    _refuse_broken(file, taken={})
    assert file.noun is not None
    return file.noun


def registry_of(
    taken: Mapping[str, DataFile], *, benefits: Mapping[str, Fact[BenefitDefinition]]
) -> Registry:
    """Returns files that were read, by id, as a registry; what could not be read is left out."""
    nouns = [file.noun for file in taken.values()]
    return Registry(
        administrations=MappingProxyType(
            {noun.territory: noun for noun in nouns if isinstance(noun, Administration)}
        ),
        programmes=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, Programme)}
        ),
        arrangements=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, Arrangement)}
        ),
        benefits=MappingProxyType(dict(benefits)),
        files=MappingProxyType({id_: file.path for id_, file in taken.items()}),
        names=merge_names(noun for noun in nouns if isinstance(noun, NameWords)),
        tables=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, DecisionTable)}
        ),
        identification=MappingProxyType(
            {noun.territory: noun for noun in nouns if isinstance(noun, Identification)}
        ),
        declaration_forms=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, DeclarationForm)}
        ),
        party_codes=next((noun for noun in nouns if isinstance(noun, PartyCodes)), None),
        requirements=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, RequirementCatalogue)}
        ),
        profiles=MappingProxyType(
            {noun.programme: noun for noun in nouns if isinstance(noun, Profile)}
        ),
        rates=MappingProxyType({noun.id: noun for noun in nouns if isinstance(noun, Rates)}),
        groups=MappingProxyType({noun.id: noun for noun in nouns if isinstance(noun, Group)}),
        phases=MappingProxyType({noun.id: noun for noun in nouns if isinstance(noun, PhaseModel)}),
        indicators=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, IndicatorCatalogue)}
        ),
        lane_lists=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, LaneList)}
        ),
        region_lists=MappingProxyType(
            {noun.id: noun for noun in nouns if isinstance(noun, RegionList)}
        ),
    )


def arrangement_digest(arrangement: Arrangement) -> Digest:
    """Returns the SHA-256 of an arrangement's meaning: what two officers confirm.

    Comments, order of keys and keys that repeat a default do not count, so a reformatted file stays
    confirmed and one changed date does not.
    """
    values = arrangement.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(
        values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return Digest.trusted(hashlib.sha256(text.encode()).hexdigest())


def copy_draft(registry: Registry, id_: str, *, to: Path) -> Path:
    """Copies a draft, comments and all, into a home's `partners` folder, to be completed there.

    Args:
        registry: Where the draft stands.
        id_: Of an administration, a programme or an arrangement, or `identification/XX`.
        to: The home's `partners` folder.

    Returns:
        The new file.

    Raises:
        RequestRefused: Nothing has that id, or the home has a copy already.
    """
    noun = registry.get_noun(id_)
    kind = next(kind for kind in KINDS if isinstance(noun, kind.model))
    draft = registry.file_of(id_)
    target = to / kind.folder / draft.name
    lines = draft.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and lines[0].startswith(_SCHEMA_COMMENT):
        # the draft's relative path would lead nowhere from a home
        schema = (data_folder("schemas") / "data" / kind.schema).resolve().as_uri()
        lines[0] = f"{_SCHEMA_COMMENT}{schema}\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.writelines(lines)
    except FileExistsError:
        raise RequestRefused(
            "the home has its own copy already",
            reason=Reason.ALREADY_EXISTS,
            where=str(target),
        ) from None
    return target


def _refuse_broken(file: DataFile, *, taken: Mapping[str, DataFile]) -> None:
    if file.findings:
        first = file.findings[0]
        raise SetupError(
            f"{first.key + ': ' if first.key else ''}{first.reason}",
            reason=Reason.DATA_FILE_INVALID,
            where=f"{file.path}{f':{first.line}' if first.line else ''}",
        )
    earlier = taken.get(file.id)
    if earlier is not None and earlier.kind is not file.kind:
        raise SetupError(
            f"the id is taken by another kind of file, {earlier.path}",
            reason=Reason.DATA_FILE_INVALID,
            where=str(file.path),
        )


def _get(mapping: Mapping[Any, V], key: str, *, what: str) -> V:
    value = mapping.get(key)
    if value is None:
        raise RequestRefused(f"no {what} {str(key)[:60]!r}", reason=Reason.NOT_FOUND)
    return value
