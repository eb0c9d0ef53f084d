"""Other people's verifiers: xmlsec1, the JDK's `javax.xml.crypto`, npm's xadesjs.

Each checker takes files and the anchors they may lead to, and says of each file what the foreign
tool said. They are a second opinion on the cryptography only, never a gate. The programs stand in
`tests/conformance/`; the JavaScript modules are found through NODE_PATH.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cryptography import x509

from mra_gateway.trust.keys import to_pem
from mra_gateway.trust.shape import DS, XADES

PROGRAMS = Path(__file__).resolve().parent.parent / "conformance"
TIMEOUT = 300
NODE_MODULES = ("xadesjs", "@xmldom/xmldom", "xpath")


class ForeignVerdict(StrEnum):
    """What a foreign verifier says of a file."""

    VALID = "VALID"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    INVALID = "INVALID"


Checker = Callable[..., dict[Path, ForeignVerdict]]


@cache
def is_available(tool: str) -> bool:
    """Says whether a tool of the `foreign` marker is on this machine."""
    if tool == "pyspark":
        return importlib.util.find_spec(tool) is not None
    if tool != "xadesjs":
        return shutil.which(tool) is not None
    if shutil.which("node") is None:
        return False
    script = ";".join(f"require.resolve({name!r})" for name in NODE_MODULES)
    return subprocess.run(["node", "-e", script], capture_output=True).returncode == 0


def check_with_xmlsec1(
    files: Sequence[Path], *, anchors: Sequence[x509.Certificate], at: datetime
) -> dict[Path, ForeignVerdict]:
    """Returns what Debian's xmlsec1 says of each file, certificates judged at a moment."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["xmlsec1", "verify", "--enabled-key-data", "x509"]
        for number, anchor in enumerate(anchors):
            pem = Path(folder) / f"{number}.pem"
            pem.write_text(to_pem(anchor))
            command += ["--trusted-pem", str(pem)]
        command += [
            *("--verification-gmt-time", at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")),
            *("--id-attr:Id", f"{XADES}:SignedProperties"),
            *("--id-attr:Id", f"{DS}:KeyInfo"),
        ]
        return {file: _xmlsec1(command, file) for file in files}


def _xmlsec1(command: Sequence[str], file: Path) -> ForeignVerdict:
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode == 0:
        return ForeignVerdict.VALID
    mismatch = "data and digest do not match" in done.stderr
    return ForeignVerdict.DIGEST_MISMATCH if mismatch else ForeignVerdict.INVALID


def check_with_java(
    files: Sequence[Path], *, anchors: Sequence[x509.Certificate], at: datetime
) -> dict[Path, ForeignVerdict]:
    """Returns what the JDK's XML Signature says of each file; validity periods are not judged."""
    return _lines(["java", str(PROGRAMS / "Verify.java")], files, anchors)


def check_with_xadesjs(
    files: Sequence[Path], *, anchors: Sequence[x509.Certificate], at: datetime
) -> dict[Path, ForeignVerdict]:
    """Returns what npm's xadesjs says of each file; validity periods are not judged."""
    return _lines(["node", str(PROGRAMS / "verify.cjs")], files, anchors)


def _lines(
    program: Sequence[str], files: Sequence[Path], anchors: Sequence[x509.Certificate]
) -> dict[Path, ForeignVerdict]:
    """Runs a program that prints verdict, tab, file; one process for all files."""
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder) / "anchors.pem"
        pem.write_text("".join(to_pem(anchor) for anchor in anchors))
        command = [*program, str(pem), *(str(file) for file in files)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    said = (line.split("\t") for line in done.stdout.splitlines())
    return {Path(file): ForeignVerdict(verdict.split(" ")[0]) for verdict, file in said}


CHECKERS: Mapping[str, Checker] = MappingProxyType(
    {"xmlsec1": check_with_xmlsec1, "java": check_with_java, "xadesjs": check_with_xadesjs}
)
"""Every checker by the name the `foreign` marker gives it."""
