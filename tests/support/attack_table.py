"""The published table of attacks, made from the attacks the tests run.

`python -m tests.support.attack_table > docs/attacks.md` writes it anew; a test compares the two.
"""

from __future__ import annotations

import sys

from tests.support.attacks import all_attacks

HEAD = """\
# Attacks and faults, and how they are answered

Every row is run by the tests: on the verifier, and on a running gateway over mutual TLS, each
beside its untouched twin, which is accepted. The table is made from the attacks themselves
(`python -m tests.support.attack_table`); a test fails when it is out of date.

What does not verify is answered by an unsigned problem document with the reason code; the bytes are
kept as evidence, nothing is applied and no lane number is consumed. `INDETERMINATE` is genuine and
not decidable now: it is held, answered `held`, never applied and never dropped.

| Attack or fault | Outcome | Reason code | What is done |
|---|---|---|---|
"""


def table() -> str:
    """Returns the whole document."""
    rows = [
        f"| `{name}` | {attack.outcome} | `{attack.reason}` | {_cell(attack.description)} |"
        for name, attack in sorted(all_attacks().items())
    ]
    return HEAD + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    sys.stdout.write(table())
