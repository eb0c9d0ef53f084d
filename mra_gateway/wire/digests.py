"""Digests of one part of a list and of a whole list; of a whole message: `wire/xml.py`.

All are SHA-256 over canonical XML. The codec writes canonical XML to begin with, so that our own
digests need no second pass; what others wrote is made canonical in `wire/xml.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lxml import etree

from mra_gateway.model.changes import ListedOperator
from mra_gateway.model.identifiers import Digest
from mra_gateway.wire.changes import LISTED
from mra_gateway.wire.names import NAMESPACE
from mra_gateway.wire.xml import canonical, digest_of

_TAG = b"<Operators>"
_END = b"</Operators>"
_OPENING = f'<Operators xmlns="{NAMESPACE}">'.encode()


def part_digest(operators: Sequence[ListedOperator]) -> Digest:
    """Returns the digest of one part of a list before the part is written.

    It equals the digest `decode` finds in the part: SHA-256 over the canonical form (C14N 1.0) of
    the `Operators` element, which bears the namespace declaration in scope.
    """
    out = [_OPENING.decode()]
    for operator in operators:
        LISTED.write(operator, "ListedOperator", out)
    out.append("</Operators>")
    return digest_of("".join(out).encode())


def received_part_digest(signed: bytes, *, operators: etree._Element) -> Digest:
    """Returns the digest of one part of a list as it was received.

    Where ours is the only namespace in scope, the canonical form of the element is a stretch of
    the canonical document but for its own start tag; taking it from there saves writing a tree of
    a thousand operators out again. No other tag of that name can stand before it.

    Args:
        signed: The canonical document.
        operators: Its `Operators` element.
    """
    start, end = signed.find(_TAG), signed.find(_END)
    if operators.nsmap != {None: NAMESPACE} or start < 0:
        return digest_of(canonical(operators))
    digest = hashlib.sha256(_OPENING)
    digest.update(memoryview(signed)[start + len(_TAG) : end + len(_END)])
    return Digest.trusted(digest.hexdigest())


def list_root(digests: Sequence[Digest]) -> Digest:
    """Returns the root of a list: SHA-256 over the binary digests of its parts, in order."""
    return Digest.trusted(hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest())
