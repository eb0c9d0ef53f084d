"""What our signer signs, other people's verifiers accept, and refuse once it was changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mra_gateway.trust.keys import KeyKind
from tests.support.foreign import CHECKERS, ForeignVerdict
from tests.support.pki import AT, CN, KZ, enquiry, ping, side

TOOLS = [pytest.param(tool, marks=pytest.mark.foreign(tool)) for tool in CHECKERS]
SCRIPTS = 'Ирээдүй ХХК / 北京贸易有限公司 / Şirkət é & <">'


def write_messages(folder: Path, *, kind: KeyKind) -> list[Path]:
    signer = side(CN, kind=kind).signer
    documents = {
        "ping": ping(),
        "enquiry": enquiry(),
        "scripts": enquiry(identifier=SCRIPTS),
        "line-break": enquiry().replace(b"<StatusEnquiry>", b"<StatusEnquiry>\n  &#13;\t"),
    }
    files = []
    for name, document in documents.items():
        file = folder / f"{name}.xml"
        file.write_bytes(signer.sign(document, at=AT))
        files.append(file)
    return files


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384, KeyKind.RSA3072])
@pytest.mark.parametrize("tool", TOOLS)
def test_a_foreign_verifier_accepts_what_we_sign_and_refuses_one_changed_character(
    tool: str, kind: KeyKind, tmp_path: Path
) -> None:
    files = write_messages(tmp_path, kind=kind)
    changed = [file.with_suffix(".changed.xml") for file in files]
    for genuine, copy in zip(files, changed, strict=True):
        content = genuine.read_bytes()
        assert content.count(b"<SenderID>CN<") == 1
        copy.write_bytes(content.replace(b"<SenderID>CN<", b"<SenderID>CM<"))

    said = CHECKERS[tool]([*files, *changed], anchors=[side(CN, kind=kind).anchor], at=AT)

    assert {file.name: said[file] for file in files} == {
        file.name: ForeignVerdict.VALID for file in files
    }
    assert {file.name: said[file] for file in changed} == {
        file.name: ForeignVerdict.DIGEST_MISMATCH for file in changed
    }


@pytest.mark.parametrize("tool", TOOLS)
def test_a_foreign_verifier_refuses_a_certificate_under_another_anchor(
    tool: str, tmp_path: Path
) -> None:
    file = tmp_path / "message.xml"
    file.write_bytes(side(CN).signer.sign(enquiry(), at=AT))

    accepted = CHECKERS[tool]([file], anchors=[side(CN).anchor], at=AT)
    refused = CHECKERS[tool]([file], anchors=[side(KZ).anchor], at=AT)

    assert (accepted[file], refused[file]) == (ForeignVerdict.VALID, ForeignVerdict.INVALID)
