"""Renews our own keys and certificates, and prepares and retires anchors.

- `renew`: a fresh key and certificate under an anchor partners have pinned; they need nothing
- `add_anchor`: the next anchor stands in the anchor file, and on our card, beside the current one
- `retire_anchor`: the current one leaves both, when every partner has pinned the next

What is replaced is kept in a folder beside it. Neither the old key nor its certificate is needed:
a lost one is renewed by the same road. A gateway that runs takes what is new when it is restarted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.found import (
    ANCHOR_YEARS,
    BACKDATED,
    LEAF_YEARS,
    LOCAL_HOSTS,
    key_name,
    years_after,
)
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.settings import Settings
from mra_gateway.store import journal
from mra_gateway.store.database import Database
from mra_gateway.trust.keys import (
    Certificate,
    PrivateKey,
    Purpose,
    fingerprint,
    generate_key,
    hosts_of,
    is_matching,
    issue_certificate,
    load_certificates,
    load_key,
    new_anchor,
    write_certificates,
    write_key,
)


class Held(NamedTuple):
    """A certificate of ours.

    Attributes:
        what: `signing certificate`, `TLS anchor (next)` …
    """

    what: str
    file: Path
    subject: str
    until: datetime
    sha256: str


class _Files(NamedTuple):
    key: Path
    certificate: Path
    anchor: Path


class KeyRing:
    """The keys of one home, as files."""

    def __init__(self, settings: Settings, *, password: bytes, clock: Clock) -> None:
        self._settings = settings
        self._password = password
        self._clock = clock

    def held(self) -> list[Held]:
        """Returns every certificate of ours that can be read."""
        found = []
        for purpose in Purpose:
            files = self._files(purpose)
            leaf = zip(("certificate",), _readable(files.certificate), strict=False)
            anchors = zip(("anchor", "anchor (next)"), _readable(files.anchor), strict=False)
            for file, named in ((files.certificate, leaf), (files.anchor, anchors)):
                found += [_held(f"{_WORD[purpose]} {what}", file, one) for what, one in named]
        return found

    def renew(
        self,
        purposes: Sequence[Purpose],
        *,
        anchor_keys: Path | None = None,
        under_next: bool = False,
        hosts: Sequence[str] = (),
    ) -> list[Held]:
        """Makes a new key and certificate for each purpose; nothing changes unless all can be made.

        Args:
            purposes: Signing, TLS, or both.
            anchor_keys: Folder the anchors' keys were brought back to; that of our keys when None.
            under_next: Under the next anchor, not the current one.
            hosts: Names of the TLS certificate; those it has now when empty.

        Raises:
            SetupError: `KEY_UNUSABLE`: no key of the anchor is there, or it has ended.
            RequestRefused: There is no next anchor.
        """
        at = self._clock.now()
        made = [
            (
                purpose,
                *self._issue(
                    purpose,
                    anchor_keys=anchor_keys,
                    under_next=under_next,
                    hosts=hosts,
                    at=at,
                ),
            )
            for purpose in purposes
        ]
        for purpose, key, certificate in made:
            files = self._files(purpose)
            with _Replacing(files.certificate.parent, at=at) as place:
                write_key(place.new(files.key), key=key, password=self._password)
                write_certificates(place.new(files.certificate), certificates=[certificate])
        return [
            _held(f"{_WORD[purpose]} certificate", self._files(purpose).certificate, certificate)
            for purpose, _, certificate in made
        ]

    def add_anchor(self, purposes: Sequence[Purpose]) -> list[Held]:
        """Makes the next anchor of each purpose; the card then holds both.

        Raises:
            RequestRefused: There is a next anchor already.
            SetupError: `KEY_UNUSABLE`: a file cannot be written.
        """
        at = self._clock.now()
        for purpose in purposes:
            if len(_readable(self._files(purpose).anchor)) > 1:
                raise RequestRefused(
                    f"there is a next {_WORD[purpose]} anchor already; keys retire ends the first",
                    reason=Reason.STATE_NOT_SUITABLE,
                )
        added = []
        for purpose in purposes:
            files, key = self._files(purpose), generate_key()
            name = f"{self._settings.territory} {self._settings.environment} {purpose} anchor"
            anchor = new_anchor(
                key,
                territory=self._settings.territory,
                name=f"{name} {at:%Y-%m-%d}",
                not_before=at - BACKDATED,
                not_after=years_after(at, ANCHOR_YEARS),
            )
            with _Replacing(files.anchor.parent, at=at) as place:
                dated = f".{at:%Y%m%d-%H%M%S}.key."
                key_file = files.anchor.with_name(key_name(files.anchor).replace(".key.", dated))
                write_key(place.new(key_file), key=key, password=self._password)
                both = [*_readable(files.anchor)[:1], anchor]
                write_certificates(place.new(files.anchor), certificates=both)
            added.append(_held(f"{_WORD[purpose]} anchor (next)", files.anchor, anchor))
        return added

    def retire_anchor(self, purposes: Sequence[Purpose]) -> list[Held]:
        """Takes the current anchor of each purpose off our card; the next takes its place.

        Raises:
            RequestRefused: There is no next anchor, or our certificate is not yet under it.
        """
        left = []
        for purpose in purposes:
            files = self._files(purpose)
            anchor = self._anchor(purpose, under_next=True)
            leaf = load_certificates(files.certificate)[0]
            if leaf.issuer != anchor.subject:
                raise RequestRefused(
                    f"our {_WORD[purpose]} certificate is not under the next anchor yet: "
                    "keys renew --next first",
                    reason=Reason.STATE_NOT_SUITABLE,
                )
            left.append((files.anchor, purpose, anchor))
        for file, _, anchor in left:
            with _Replacing(file.parent, at=self._clock.now()) as place:
                write_certificates(place.new(file), certificates=[anchor])
        return [_held(f"{_WORD[purpose]} anchor", file, one) for file, purpose, one in left]

    def _issue(
        self,
        purpose: Purpose,
        *,
        anchor_keys: Path | None,
        under_next: bool,
        hosts: Sequence[str],
        at: datetime,
    ) -> tuple[PrivateKey, Certificate]:
        files = self._files(purpose)
        anchor = self._anchor(purpose, under_next=under_next)
        if anchor.not_valid_after_utc <= at:
            raise SetupError(
                f"the {_WORD[purpose]} anchor ended on {anchor.not_valid_after_utc:%Y-%m-%d}: "
                "keys next-anchor, give partners the new card, then keys renew --next",
                reason=Reason.KEY_UNUSABLE,
                where=str(files.anchor),
            )
        anchor_key = self._key_of(anchor, anchor_keys or files.anchor.parent, purpose)
        key = generate_key()
        certificate = issue_certificate(
            key.public_key(),
            purpose=purpose,
            territory=self._settings.territory,
            name=f"{self._settings.territory} {self._settings.environment} {purpose}",
            issuer=anchor,
            issuer_key=anchor_key,
            not_before=max(at - BACKDATED, anchor.not_valid_before_utc),
            not_after=min(years_after(at, LEAF_YEARS), anchor.not_valid_after_utc),
            hosts=(hosts or self._hosts(files.certificate)) if purpose is Purpose.TLS else (),
        )
        return key, certificate

    def _anchor(self, purpose: Purpose, *, under_next: bool) -> Certificate:
        anchors = load_certificates(self._files(purpose).anchor)
        if not under_next:
            return anchors[0]
        if len(anchors) < 2:
            raise RequestRefused(
                f"there is no next {_WORD[purpose]} anchor: keys next-anchor makes one",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        return anchors[1]

    def _key_of(self, anchor: Certificate, folder: Path, purpose: Purpose) -> PrivateKey:
        for file in sorted(folder.glob("*.key.pem")):
            try:
                key = load_key(file, password=self._password)
            except SetupError:
                continue
            if is_matching(key, certificate=anchor):
                return key
        raise SetupError(
            f"the key of the {_WORD[purpose]} anchor is not here, or has another password: bring "
            "it back and name its folder with --anchor-keys; is it lost: keys next-anchor",
            reason=Reason.KEY_UNUSABLE,
            where=str(folder),
        )

    def _hosts(self, certificate_file: Path) -> tuple[str, ...]:
        for certificate in _readable(certificate_file)[:1]:
            return hosts_of(certificate) or LOCAL_HOSTS
        return LOCAL_HOSTS

    def _files(self, purpose: Purpose) -> _Files:
        keys, path = self._settings.keys, self._settings.path
        if purpose is Purpose.SIGNING:
            chosen = (keys.signing_key, keys.signing_certificate, keys.signing_anchor)
        else:
            chosen = (keys.tls_key, keys.tls_certificate, keys.tls_anchor)
        return _Files(*map(path, chosen))


async def keep(
    ring: KeyRing,
    work: Callable[[KeyRing], list[Held]],
    *,
    database: Database,
    clock: Clock,
    by: Actor,
    act: str | None,
) -> list[Held]:
    """Runs work on our keys for an officer for security, and journals what changed.

    The files are written first: were the journal's database lost meanwhile, the keys are good.

    Raises:
        RequestRefused: The officer may not; and what the work raises.
        StoreError: The database failed.
    """
    check_role(by, OfficerRole.SECURITY)
    done = work(ring)
    if act is not None:
        detail = {one.what: one.sha256 for one in done}
        await database.write(
            lambda c: journal.record(
                c, at=clock.now(), actor=by.name, act=act, subject="keys", detail=detail
            )
        )
    return done


_WORD = {Purpose.SIGNING: "signing", Purpose.TLS: "TLS"}


class _Replacing:
    """Writes files beside those they replace, keeps the old ones, and gives them their names."""

    def __init__(self, folder: Path, *, at: datetime) -> None:
        self._kept = folder / f"replaced-{at:%Y%m%d-%H%M%S}"
        self._new: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        return self

    def new(self, file: Path) -> Path:
        """Returns where the successor of a file is written first."""
        self._new[file] = file.with_name(f".{file.name}.new")
        self._new[file].unlink(missing_ok=True)
        return self._new[file]

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            self._kept.mkdir(mode=0o700, exist_ok=True)
            for file in self._new:
                if file.exists():
                    shutil.copy2(file, self._kept / file.name)
            for file, successor in self._new.items():
                successor.replace(file)
        for successor in self._new.values():
            successor.unlink(missing_ok=True)


def _readable(file: Path) -> Sequence[Certificate]:
    try:
        return load_certificates(file)
    except SetupError:
        return ()


def _held(what: str, file: Path, certificate: Certificate) -> Held:
    return Held(
        what,
        file,
        certificate.subject.rfc4514_string(),
        certificate.not_valid_after_utc,
        fingerprint(certificate),
    )
