"""What a register file may be, checked before anything in it is read.

A workbook is a ZIP of XML parts. It is opened by a library that resolves no external entity but
lets the platform's parser expand internal ones, so a part with a DOCTYPE never reaches it.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mra_gateway.errors import Reason, RequestRefused

_CHUNK = 1 << 20
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,  # zipfile: an archive packed by a method it does not know
    RuntimeError,
)


@dataclass(frozen=True)
class Limits:
    """The largest register file taken.

    Attributes:
        streamed_bytes: The largest JSON file, of which no more than a piece is held at once.
        ratio: How many times larger a part may be than its compressed form, from `ratio_from`
            bytes on; honest sheets stay below 60.
    """

    file_bytes: int = 60_000_000
    streamed_bytes: int = 200_000_000
    unpacked_bytes: int = 600_000_000
    parts: int = 2_000
    ratio: int = 200
    ratio_from: int = 2_000_000
    rows: int = 300_000
    columns: int = 1_000


DEFAULT = Limits()


def read_bytes(path: Path, *, limits: Limits = DEFAULT) -> bytes:
    """Returns the content of a file that is not too large.

    Raises:
        RequestRefused: `FILE_UNREADABLE`: no such file, or larger than the limit.
    """
    with open_file(path, limits=limits) as file:
        try:
            return file.read()
        except OSError as error:
            raise unreadable(path.name, error.strerror or "cannot be read") from None


def open_file(path: Path, *, limits: Limits = DEFAULT, largest: int | None = None) -> BinaryIO:
    """Opens a file that is not too large, to be read piece by piece.

    Args:
        path: The officer's file.
        limits: The largest file taken.
        largest: Another size in its place, for a form that is never held as a whole.

    Raises:
        RequestRefused: `FILE_UNREADABLE`: no such file, or larger than the limit.
    """
    taken = limits.file_bytes if largest is None else largest
    try:
        size = path.stat().st_size
        if size > taken:
            raise unreadable(path.name, f"{size} bytes; {taken} are taken")
        return path.open("rb")
    except OSError as error:
        raise unreadable(path.name, error.strerror or "cannot be opened") from None


def check_archive(archive: zipfile.ZipFile, *, file: str, limits: Limits = DEFAULT) -> None:
    """Refuses a workbook that is a bomb, holds macros or external links, or hides entities.

    Raises:
        RequestRefused: `FILE_UNREADABLE`, saying what to do about it.
    """
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise unreadable(file, f"{len(parts)} parts; {limits.parts} are taken")
    if sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise unreadable(file, f"unpacks to more than {limits.unpacked_bytes} bytes")
    names = [part.filename for part in parts]
    if len(set(names)) != len(names):
        raise unreadable(file, "holds two parts of the same name")
    for part in parts:
        _check_part(part, file=file, limits=limits)
        if part.filename.lower().endswith((".xml", ".rels", ".vml")):
            _check_xml(archive, part, file=file)


def unreadable(file: str, why: str) -> RequestRefused:
    """Returns the refusal of a file, for the caller to raise."""
    return RequestRefused(why, reason=Reason.FILE_UNREADABLE, where=file)


def _check_part(part: zipfile.ZipInfo, *, file: str, limits: Limits) -> None:
    name = part.filename.lower()
    if part.flag_bits & 0x1:
        raise unreadable(file, "is protected by a password; save it without one")
    if part.file_size > limits.ratio_from and part.file_size > limits.ratio * part.compress_size:
        raise unreadable(file, f"{part.filename[:80]!r} unpacks to {part.file_size} bytes")
    if "vbaproject" in name or "/macrosheets/" in name:
        raise unreadable(file, "holds macros; save it as .xlsx without macros")
    if "externallinks/" in name:
        raise unreadable(
            file, "takes values from other workbooks; break the links, keeping the values"
        )


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo, *, file: str) -> None:
    tail = b""
    try:
        with archive.open(part) as stream:
            start = stream.read(_CHUNK)
            _check_encoding(start[:400], part=part.filename, file=file)
            chunk = start
            while chunk:
                if _DOCTYPE.search(tail + chunk):
                    raise unreadable(file, f"{part.filename[:80]!r} holds a DOCTYPE")
                tail, chunk = chunk[-16:], stream.read(_CHUNK)
    except _DAMAGE as error:
        raise unreadable(file, f"{part.filename[:80]!r} is damaged: {str(error)[:80]!r}") from None


def _check_encoding(start: bytes, *, part: str, file: str) -> None:
    # only bytes that read as ASCII where they are ASCII let a search for DOCTYPE find every one
    declared = _DECLARED.search(start)
    named = declared[1].decode("ascii").lower() if declared else "utf-8"
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in start
    if wide or named not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise unreadable(file, f"{part[:80]!r} is not in UTF-8")
