"""Compares programmes: finds profiles, header facts, arrangements and rates, and has them judged.

How they are judged is in `comparison/`. A profile is confirmed while the digest of its content is
among those two officers confirmed; every other one is a draft and watermarked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from mra_gateway.comparison.changes import changes_of
from mra_gateway.comparison.compare import Terms, compare, edition_of
from mra_gateway.comparison.header_facts import BENEFITS, with_header_facts
from mra_gateway.comparison.matrix import compare_all
from mra_gateway.comparison.subject import Subject
from mra_gateway.comparison.text import subject_of
from mra_gateway.comparison.tfa_tests import TFA, with_tests
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.comparison import Audience, Comparison, InPractice
from mra_gateway.model.facts import ALL
from mra_gateway.model.identifiers import Digest, ProgrammeId
from mra_gateway.model.matrix import Matrix
from mra_gateway.model.operators import Code, ProgrammeKind, Role
from mra_gateway.model.profile_changes import ProfileChanges
from mra_gateway.model.profiles import Profile, Rates
from mra_gateway.model.requirements import ItemId, RequirementCatalogue
from mra_gateway.registry.files import KINDS, read_file
from mra_gateway.registry.load import Registry

SAFE: Final = "safe"
_NOTHING: Final[Mapping[ItemId, InPractice]] = MappingProxyType({})
_PROFILES: Final = next(kind for kind in KINDS if kind.model is Profile)


class Asked(NamedTuple):
    """What whoever compares asks for.

    Attributes:
        at: The day the comparison holds for.
        catalogue: A catalogue, with its edition or without: `safe`, `safe@2021`.
        role: The role to narrow to.
        tier_ours: The tier of ours to narrow to; "all": the whole programme; None: the part that
            may be recognised.
        tier_theirs: The same of theirs.
        rates: The day of the rates; None: the latest that are not after `at`.
        audience: Who reads it.
        in_practice: What joint validations found, item by item.
    """

    at: date
    catalogue: str = SAFE
    role: Role | None = None
    tier_ours: Code | None = None
    tier_theirs: Code | None = None
    rates: str | None = None
    audience: Audience = Audience.INTERNAL
    in_practice: Mapping[ItemId, InPractice] = _NOTHING


class Comparer:
    """Compares the programmes of a registry.

    Args:
        registry: The facts, the home's copies included.
        confirmed: Digests of the profiles two officers confirmed.
    """

    def __init__(self, registry: Registry, *, confirmed: Collection[Digest] = ()) -> None:
        self._registry = registry
        self._confirmed = frozenset(confirmed)

    def compare(self, ours: str, theirs: str, *, asked: Asked) -> Comparison:
        """Returns two programmes side by side.

        Args:
            ours: Our programme, or the territory whose AEO programme it is.
            theirs: Theirs.
            asked: By what they are compared.

        Raises:
            RequestRefused: There is no such programme, profile, catalogue, edition, tier or day of
                rates; or a territory has several AEO programmes.
        """
        catalogue, terms = self._terms(asked)
        one = self._for(catalogue, self.subject(ours), asked)
        other = self._for(catalogue, self.subject(theirs), asked)
        _check_tier(one, asked.tier_ours)
        _check_tier(other, asked.tier_theirs)
        return compare(one, other, catalogue=catalogue, terms=terms)

    def against(self, ours: str, *, asked: Asked) -> Comparison:
        """Returns a programme beside the text of a catalogue: its mapping to SAFE or TFA.

        Raises:
            RequestRefused: As `compare` does.
        """
        catalogue, terms = self._terms(asked)
        one = self._for(catalogue, self.subject(ours), asked)
        _check_tier(one, asked.tier_ours)
        text = subject_of(catalogue, edition=terms.edition)
        return compare(one, text, catalogue=catalogue, terms=terms)

    def matrix(self, group: str, *, asked: Asked) -> Matrix:
        """Returns every pair of a group of territories.

        Raises:
            RequestRefused: There is no such group, or as `compare` does.
        """
        found = self._registry.groups.get(group.upper())
        if found is None or found.members.value is None:
            known = ", ".join(sorted(self._registry.groups))
            raise RequestRefused(
                f"no group {group[:40]!r}; there is {known}", reason=Reason.NOT_FOUND
            )
        catalogue, terms = self._terms(asked)
        members = [
            self._for(catalogue, self.subject(member), asked) for member in found.members.value
        ]
        return compare_all(members, group=found.id, catalogue=catalogue, terms=terms)

    def changed(
        self, ours: str, earlier: Path, *, asked: Asked, theirs: str | None = None
    ) -> ProfileChanges:
        """Returns what changed since an earlier version of a profile, and which findings with it.

        Args:
            ours: The programme.
            earlier: The file of the earlier version of its profile.
            asked: By what the findings are made.
            theirs: With which programme both versions are compared; None: the catalogue's text.

        Raises:
            RequestRefused: The file is no profile of that programme, or as `compare` does.
        """
        catalogue, terms = self._terms(asked)
        after = self.subject(ours)
        before = self._subject(_read_profile(earlier, of=after.id))
        against = (
            subject_of(catalogue, edition=terms.edition)
            if theirs is None
            else self._for(catalogue, self.subject(theirs), asked)
        )
        return changes_of(
            self._for(catalogue, before, asked),
            self._for(catalogue, after, asked),
            against=against,
            catalogue=catalogue,
            terms=terms,
        )

    def subject(self, name: str) -> Subject:
        """Returns a programme by its id, or by the territory whose AEO programme it is.

        Raises:
            RequestRefused: There is none, several, or no profile of it.
        """
        id_ = self.programme_of(name)
        profile = self._registry.profiles.get(id_)
        if profile is None:
            raise RequestRefused(
                f"no profile of {id_}: partners/profiles/{id_}.toml is not there",
                reason=Reason.NOT_FOUND,
            )
        return self._subject(profile)

    def programme_of(self, name: str) -> ProgrammeId:
        """Returns the id of a programme by its id or its territory.

        Raises:
            RequestRefused: There is none, or a territory has several AEO programmes.
        """
        wanted = name.upper()
        known = {*self._registry.programmes, *self._registry.profiles}
        if wanted in known:
            return ProgrammeId(wanted)
        found = [
            programme.id
            for programme in self._registry.programmes.values()
            if programme.administration == wanted and programme.kind.value is ProgrammeKind.AEO
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise RequestRefused(
                f"{wanted} has several AEO programmes, say which: {', '.join(sorted(found))}",
                reason=Reason.REQUEST_INVALID,
            )
        union = [id_ for id_ in self._registry.profiles if id_.territory == wanted]
        if len(union) == 1:
            return union[0]
        raise RequestRefused(
            f"no AEO programme of {name[:40]!r}: name a territory or a programme id",
            reason=Reason.NOT_FOUND,
        )

    def _subject(self, profile: Profile) -> Subject:
        return Subject(
            profile,
            parents=self._parents(profile),
            programme=self._registry.programmes.get(profile.programme),
            is_confirmed=bool(self._confirmed) and profile_digest(profile) in self._confirmed,
            arrangements=[
                arrangement
                for _, arrangement in sorted(self._registry.arrangements.items())
                if arrangement.party(profile.programme.territory) is not None
            ],
        )

    def _parents(self, profile: Profile) -> list[Profile]:
        parents: list[Profile] = []
        seen = {profile.programme}
        while profile.extends is not None and profile.extends not in seen:
            seen.add(profile.extends)
            parent = self._registry.profiles.get(profile.extends)
            if parent is None:
                raise RequestRefused(
                    f"{profile.programme} extends {profile.extends}, of which there is no profile",
                    reason=Reason.NOT_FOUND,
                )
            parents.append(parent)
            profile = parent
        return parents

    def _for(self, catalogue: RequirementCatalogue, subject: Subject, asked: Asked) -> Subject:
        """Returns a programme with what its header facts say on a catalogue."""
        if catalogue.id not in {BENEFITS, TFA}:
            return subject
        subject = with_header_facts(subject, benefits=self._registry.benefits)
        return with_tests(subject, at=asked.at) if catalogue.id == TFA else subject

    def _terms(self, asked: Asked) -> tuple[RequirementCatalogue, Terms]:
        catalogue, edition = self.catalogue(asked.catalogue)
        terms = Terms(
            at=asked.at,
            edition=edition,
            role=asked.role,
            tier_ours=asked.tier_ours,
            tier_theirs=asked.tier_theirs,
            rates=self._rates(asked),
            audience=asked.audience,
            in_practice=asked.in_practice,
        )
        return catalogue, terms

    def catalogue(self, name: str) -> tuple[RequirementCatalogue, Code]:
        """Returns a catalogue and an edition of it, as `safe` or `safe@2021`.

        Raises:
            RequestRefused: There is no such catalogue or edition; says which there are.
        """
        id_, _, edition = name.lower().partition("@")
        catalogue = self._registry.requirements.get(id_)
        if catalogue is None:
            known = ", ".join(sorted(self._registry.requirements))
            raise RequestRefused(
                f"no catalogue {id_[:40]!r}; there is {known}", reason=Reason.NOT_FOUND
            )
        named = name.partition("@")[2] if edition else None
        try:
            return catalogue, edition_of(catalogue, named)
        except ValueError as error:
            raise RequestRefused(str(error), reason=Reason.NOT_FOUND) from None

    def _rates(self, asked: Asked) -> Rates | None:
        days = sorted(self._registry.rates)
        if asked.rates is not None:
            if asked.rates not in days:
                known = ", ".join(days) or "none"
                raise RequestRefused(
                    f"no rates of {asked.rates[:20]!r}; there is {known}", reason=Reason.NOT_FOUND
                )
            return self._registry.rates[asked.rates]
        past = [day for day in days if day <= asked.at.isoformat()]
        return self._registry.rates[past[-1]] if past else None


def profile_digest(profile: Profile) -> Digest:
    """Returns the SHA-256 of a profile's meaning: what two officers confirm.

    Comments, order of keys and keys that repeat a default do not count.
    """
    values = profile.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(
        values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return Digest.trusted(hashlib.sha256(text.encode()).hexdigest())


def _check_tier(subject: Subject, tier: Code | None) -> None:
    """Refuses a tier the programme does not have, where its tiers are known."""
    if tier is None or tier == ALL or not subject.tiers or tier in subject.tiers:
        return
    raise RequestRefused(
        f"{subject.id} has no tier {tier[:40]!r}; it has {', '.join(subject.tiers)}",
        reason=Reason.REQUEST_INVALID,
    )


def _read_profile(file: Path, *, of: ProgrammeId) -> Profile:
    found = read_file(file, kind=_PROFILES)
    if not isinstance(found.noun, Profile):
        said = found.findings[0] if found.findings else "not a profile"
        raise RequestRefused(
            f"the earlier version cannot be used: {said}",
            reason=Reason.FILE_UNREADABLE,
            where=str(file),
        )
    if found.noun.programme != of:
        raise RequestRefused(
            f"it is the profile of {found.noun.programme}, not of {of}",
            reason=Reason.REQUEST_INVALID,
            where=str(file),
        )
    return found.noun
