"""The published table of attacks, made from the attacks the tests run.

`python -m tests.support.attack_table > docs/attacks.md` writes it anew; a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from tests.support.attacks import all_attacks
from tests.support.attacks_content import all_contents
from tests.support.false_answers import all_false_answers
from tests.support.misconduct import all_misconduct
from tests.support.misconduct_unqueued import all_unqueued

HEAD = """\
# Attacks and faults, and how they are answered

Every row is run by the tests on a running gateway over mutual TLS, on SQLite and on PostgreSQL, each
beside its untouched twin, which is accepted; those of the first table on the verifier too. The tables
are made from the rows themselves (`python -m tests.support.attack_table`); a test fails when they are
out of date.

## Before and during verification

What does not verify is answered by an unsigned problem document with the reason code; the bytes are
kept as evidence, nothing is applied and no lane number is consumed. `INDETERMINATE` is genuine and
not decidable now: it is held, answered `held`, never applied and never dropped.

| Attack or fault | Outcome | Reason code | What is done |
|---|---|---|---|
"""

CONTENTS = """
## Signed well, and no message

What a partner signs well and nobody can read is answered like what does not verify: an unsigned
problem document, the bytes kept as evidence, nothing applied, no lane number consumed.

| Fault | What is sent | Reason code |
|---|---|---|
"""

MISCONDUCT = """
## After verification

What is genuine gets a signed receipt, whatever becomes of it, and its bytes are kept (of a message
ahead of its lane nothing is: it is sent again). Only a signed refusal is final: in its turn it
consumes its lane number, and it parks the message for an officer of the sender.
Every row is played on a running gateway over mutual TLS, on both databases, under an arrangement of
its own; the twin sent afterwards on the same lane is accepted.

A notification is judged record by record: a suspension never waits because a neighbour is wrong. The
receipt then is `accepted_in_part` and names every record that was not applied. A list takes effect
as a whole or not at all.

| Case | What is sent | Receipt | Reason code | Lane goes on |
|---|---|---|---|---|
"""

REPEATED = "the one stored before"

UNQUEUED = """
## Questions, answers, profiles of programmes, and receipts that come as messages

They carry no lane number. A receipt gets no receipt: it is answered with nothing, and kept as
evidence where it settles nothing. The rows are played like those above.

| Case | What is sent | Receipt | Reason code |
|---|---|---|---|
"""

FALSE_ANSWERS = """
## What comes back in place of a receipt

A running gateway sends a message and is answered falsely on its own connection. Nothing is settled
on it, the message keeps its place in the lane with the reason, what does not verify is kept as
evidence, and the genuine receipt of the same bytes then settles it.

| Case | What comes back | Reason code | Kept as evidence |
|---|---|---|---|
"""

TRUST = """
## Trust taken back, and the door

A signing key revoked while the gateway runs: `CERTIFICATE_REVOKED` from the next message on, in an
unsigned problem document; what came before stands. Somebody else under an anchor that also issues
for others: `SIGNER_OF_OTHER_PARTNER` (both in `tests/flows/test_partner_api_trust.py`). A partner
whose card was withdrawn: `TLS_PEER_UNKNOWN`. `REVOCATION_NOT_CHECKED` is the verifier's
answer where revocation must be known and is not; a running gateway does not ask for it yet.

Before a message is read at all, the partner API answers with an unsigned problem document:
`MEDIA_TYPE_NOT_TAKEN`, `METHOD_NOT_ALLOWED`, `NOT_FOUND`, `RATE_LIMITED`, `REQUEST_TIMEOUT`,
`TOO_LARGE`, `TOO_MANY_AT_ONCE` (`tests/flows/test_partner_api.py`).
"""


def table() -> str:
    """Returns the whole document."""
    attacks = (
        (f"`{name}`", attack.outcome, f"`{attack.reason}`", attack.description)
        for name, attack in sorted(all_attacks().items())
    )
    contents = (
        (f"`{name}`", row.description, f"`{row.reason}`") for name, row in all_contents().items()
    )
    misconduct = (
        (
            f"`{name}`",
            row.description,
            f"`{row.outcome}`" + (f", {REPEATED}" if row.is_repeat else ""),
            f"`{row.reason}`",
            "–" if row.is_repeat else "yes" if row.consumes else "no",
        )
        for name, row in all_misconduct().items()
    )
    unqueued = (
        (
            f"`{name}`",
            row.description,
            "none" if row.outcome is None else f"`{row.outcome}`",
            "–" if row.reason is None else f"`{row.reason}`",
        )
        for name, row in all_unqueued().items()
    )
    false_answers = (
        (f"`{name}`", row.description, f"`{row.reason}`", "yes" if row.is_kept else "no")
        for name, row in all_false_answers().items()
    )
    return "".join(
        (
            *(HEAD, _rows(attacks)),
            *(CONTENTS, _rows(contents)),
            *(MISCONDUCT, _rows(misconduct)),
            *(UNQUEUED, _rows(unqueued)),
            *(FALSE_ANSWERS, _rows(false_answers)),
            TRUST,
        )
    )


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(_cell(text) for text in row)} |\n" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    sys.stdout.write(table())
