"""A schema processor that is not ours reads the same schema and says the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mra_gateway.settings import data_folder
from mra_gateway.wire.codec import encode
from tests.support.messages import (
    a_change,
    a_notification,
    a_ping,
    a_record,
    one_of_each,
)

SCHEMA = data_folder("schemas") / "exchange/1.0/exchange.xsd"
PROGRAM = Path(__file__).resolve().parent / "Validate.java"


def _wrong(old: str, new: str) -> bytes:
    record = a_record(legal_name="𠮷野家 宁波 O'Brien & Sons")
    content = encode(a_notification(a_change(operator=record)))
    assert old.encode() in content
    return content.replace(old.encode(), new.encode(), 1)


@pytest.mark.foreign("java")
def test_the_jdk_takes_our_messages_and_refuses_what_we_refuse(tmp_path: Path) -> None:
    right = {
        **{f"{message.envelope.kind}.xml": encode(message) for message in one_of_each()},
        "scripts.xml": _wrong("<ChangeCode>", "<ChangeCode>"),
        "later.xml": encode(a_ping()).replace(
            b"</ExchangeMessage>",
            b'<Extension><x xmlns="urn:other"/></Extension></ExchangeMessage>',
        ),
    }
    wrong = {
        "space.xml": _wrong("<Name>", "<Name> "),
        "element.xml": _wrong("<ChangeCode>", "<Colour>red</Colour><ChangeCode>"),
        "code.xml": _wrong(">granted<", ">given<"),
        "zone.xml": _wrong("08:30:00Z", "08:30:00+08:00"),
        "tin.xml": _wrong("<ID>CN", "<ID>cn"),
        "kind.xml": _wrong("</StatusNotification>", "</StatusNotification><Ping/>"),
    }
    for name, content in {**right, **wrong}.items():
        (tmp_path / name).write_bytes(content)
    files = [str(tmp_path / name) for name in (*right, *wrong)]
    done = subprocess.run(
        ["java", str(PROGRAM), str(SCHEMA), *files], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said = {
        Path(file).name: verdict
        for verdict, _, file in (line.partition("\t") for line in done.stdout.splitlines())
    }
    assert said == {**dict.fromkeys(right, "valid"), **dict.fromkeys(wrong, "invalid")}
