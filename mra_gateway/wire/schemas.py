"""Checks documents against the XML schemas of `schemas/exchange/`.

The parser's limits are in `wire/xml.py`; what a schema cannot say (printable text, a change that
fits its status) is checked by the nouns when `wire/codec.py` builds them.
"""

from __future__ import annotations

import re
import threading
from typing import Any, Final

from lxml import etree

from mra_gateway.errors import MalformedMessage, Reason, SetupError
from mra_gateway.model.messages import MessageKind
from mra_gateway.settings import data_folder
from mra_gateway.wire.header import find_header
from mra_gateway.wire.names import MAJOR_VERSION, NAMESPACE, ROOT, qualified

_FILE = "exchange/1.0/exchange.xsd"
_KINDS = frozenset(MessageKind)
_SAFE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,60}")
_SAFE_PATH = re.compile(r"(?:/\*(?:\[[0-9]+\])?)+")
_MEANING: Final = {
    "SCHEMAV_ELEMENT_CONTENT": "is not expected here, or an element before its end is missing",
    "SCHEMAV_CVC_IDC": "repeats a value that must be unique",
    "SCHEMAV_CVC_ENUMERATION_VALID": "holds a value that is not in its list",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "has an attribute that is not allowed",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": "has an attribute that is not allowed",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "must be empty",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "must hold no text",
}
_OTHERWISE = "holds a value of another form than its type"
_compiled = threading.local()


def check_schema(root: etree._Element) -> None:
    """Checks that a document is a message of ours, in a version we read, valid against its schema.

    A signature is let through unread: its shape is judged in `trust/shape.py`.

    Args:
        root: The root of a parsed document.

    Raises:
        MalformedMessage: Another root element, another major version, a kind of message that is
            not known, or a breach of the schema, with the element and its place.
        SetupError: The schema is missing or damaged.
    """
    if root.tag != ROOT:
        raise MalformedMessage(
            f"the root element is {_name_of(root)}, not ExchangeMessage of {NAMESPACE}",
            reason=Reason.UNKNOWN_ROOT,
        )
    _check_version_and_kind(root)
    schema = exchange_schema()
    if not schema.validate(root):
        _refuse(root, schema)


def exchange_schema() -> etree.XMLSchema:
    """Returns the compiled schema of the exchange.

    One per thread: its error log is part of it, and two refusals at once must not mix theirs.

    Raises:
        SetupError: The schema is missing or damaged.
    """
    schema: etree.XMLSchema | None = getattr(_compiled, "exchange", None)
    if schema is None:
        file = data_folder("schemas") / _FILE
        try:
            schema = etree.XMLSchema(file=str(file))
        except etree.LxmlError as error:
            raise SetupError(
                f"the schema cannot be read: {str(error)[:200]}",
                reason=Reason.DATA_FILE_INVALID,
                where=_FILE,
            ) from error
        _compiled.exchange = schema
    return schema


def _check_version_and_kind(root: etree._Element) -> None:
    header = find_header(root)
    for child in () if header is None else header:
        text = child.text or ""
        if child.tag == _VERSION and text.partition(".")[0] != MAJOR_VERSION:
            raise MalformedMessage(
                f"version {text[:20]!r} of the message set is not read; {MAJOR_VERSION}.x is",
                reason=Reason.SCHEMA_VERSION_UNKNOWN,
                where="Header/VersionID",
            )
        if child.tag == _KIND and text not in _KINDS:
            raise MalformedMessage(
                f"messages of kind {text[:40]!r} are not known",
                reason=Reason.KIND_NOT_ACCEPTED,
                where="Header/TypeCode",
            )


_VERSION = qualified("VersionID")
_KIND = qualified("TypeCode")


def _refuse(root: etree._Element, schema: etree.XMLSchema) -> None:
    log: Any = schema.error_log
    entry = log[0]
    path = str(entry.path or "")
    node = _node_at(root, path)
    where = f"line {entry.line}" if node is None else f"line {entry.line}, {_place_of(node)}"
    meaning = _MEANING.get(entry.type_name, _OTHERWISE)
    name = "an element" if node is None else f"element {_name_of(node)}"
    raise MalformedMessage(f"{name} {meaning}", reason=Reason.SCHEMA_VIOLATION, where=where)


def _node_at(root: etree._Element, path: str) -> etree._Element | None:
    """Returns the element libxml2 names by position only (`/*/*[2]/*[7]`)."""
    if not _SAFE_PATH.fullmatch(path):
        return None
    found: Any = root.getroottree().xpath(path)
    return found[0] if found else None


def _place_of(node: etree._Element) -> str:
    """Returns the path to an element, numbered where it has namesakes beside it."""
    steps: list[str] = []
    for element in (node, *node.iterancestors()):
        before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        alone = before == 0 and next(element.itersiblings(element.tag), None) is None
        steps.append(_name_of(element) + ("" if alone else f"[{before + 1}]"))
    return "/".join(reversed(steps))


def _name_of(element: etree._Element) -> str:
    """Returns an element's local name, quoted and cut unless it is a plain word."""
    name = etree.QName(element).localname
    return name if _SAFE_NAME.fullmatch(name) else repr(name[:40])
