"""Identifiers as customs administrations and this gateway use them.

The canonical forms only. How a partner's identifier is written on a declaration is data
(`partners/`), interpreted by `identifiers/`.
"""

from __future__ import annotations

from typing import Self

from mra_gateway.model.base import Identifier


class Territory(Identifier):
    """A customs territory, by its ISO 3166-1 alpha-2 code (EU stands for the Union).

    Never called a country: Hong Kong, China is a customs territory of its own.
    """

    __slots__ = ()
    form = "a customs territory code (two capital letters)"
    pattern = r"[A-Z]{2}"


class Tin(Identifier):
    """Trader Identification Number: issuing territory + national identifier, no dots or dashes.

    The maximum length of the WCO text was not obtained; the EU's implementation takes 17 characters
    and longer national identifiers exist, so 35 are taken here.

    Source: WCO TIN Guidelines (June 2018) as described by Brazil's customs for `BR` + CNPJ.
    """

    __slots__ = ()
    form = "a TIN (territory code, then 1 to 33 capital letters or digits)"
    pattern = r"[A-Z]{2}[A-Z0-9]{1,33}"

    @property
    def territory(self) -> Territory:
        """The customs territory whose administration issued the national part."""
        return Territory.trusted(self[:2])

    @property
    def national(self) -> str:
        """The identifier as the issuing administration knows it."""
        return self[2:]


class AuthorisationNumber(Identifier):
    """The number of an AEO authorisation exactly as issued: `AEOCN3302462345`, `BY/0042/ТИП 3`.

    Any script; no control characters, no leading or trailing space.
    """

    __slots__ = ()
    form = "an authorisation number (1 to 70 printable characters, no space at either end)"
    pattern = r"[^\s\p{C}](?:[^\p{C}\p{Z}]| ){0,68}[^\s\p{C}]|[^\s\p{C}]"

    def __new__(cls, text: str) -> Self:
        """Checks the form without the regular expression, which Python's engine cannot run."""
        printable = text.isprintable() and text == text.strip() and 1 <= len(text) <= 70
        if not printable:
            msg = f"{text[:80]!r} is not {cls.form}"
            raise ValueError(msg)
        return str.__new__(cls, text)


class ProgrammeId(Identifier):
    """A programme in `partners/programmes/`: territory, hyphen, short name (`BY-AEO`, `EU-AEO`)."""

    __slots__ = ()
    form = "a programme id (territory code, hyphen, capital letters, digits or hyphens)"
    pattern = r"[A-Z]{2}-[A-Z0-9-]{1,30}"

    @property
    def territory(self) -> Territory:
        """The territory whose administration runs the programme."""
        return Territory.trusted(self[:2])


class ArrangementId(Identifier):
    """A mutual recognition arrangement in `partners/arrangements/`, e.g. `CN-MN-2025`."""

    __slots__ = ()
    form = "an arrangement id (capital letters, digits and hyphens)"
    pattern = r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+){1,15}"


class MessageId(Identifier):
    """The identity of a message together with the digest of its unsigned form: a UUID."""

    __slots__ = ()
    form = "a message id (a UUID in lower case)"
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class ListId(MessageId):
    """The identity of a full list, shared by its parts: a UUID."""

    __slots__ = ()
    form = "a list id (a UUID in lower case)"


class ChangeId(MessageId):
    """The identity of one status change, by which a correction names it: a UUID."""

    __slots__ = ()
    form = "a change id (a UUID in lower case)"


class Digest(Identifier):
    """A SHA-256 digest in lower-case hexadecimal."""

    __slots__ = ()
    form = "a SHA-256 digest (64 lower-case hexadecimal digits)"
    pattern = r"[0-9a-f]{64}"


class OfficerName(Identifier):
    """The login name of an officer of this administration."""

    __slots__ = ()
    form = "an officer's login name (letters, digits, dot, hyphen; 2 to 40 characters)"
    pattern = r"[a-z0-9][a-z0-9.-]{1,39}"
