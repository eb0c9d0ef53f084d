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

AFTER = """
## After verification

What is genuine gets a signed receipt. Only a signed refusal is final: it consumes its lane number and
parks the message for an officer of the sender. These cases stand in `tests/flows`.

| Case | Receipt | Reason code | Number consumed |
|---|---|---|---|
| The same message again | the receipt stored the first time | as then | – |
| The same id with other content | `conflict` | `MESSAGE_ID_CONFLICT` | no |
| A number already used by another message | `conflict` | `SEQUENCE_ALREADY_USED` | no |
| A number ahead of the lane | `expected` n | `SEQUENCE_GAP` | no |
| An older epoch of the sender | `refused` | `EPOCH_NOT_CURRENT` | yes, in its own lane |
| Created, or signed, ahead of our clock | `held` | `CREATED_IN_FUTURE` | no |
| Revocation asked for and not known | `held` | `REVOCATION_NOT_CHECKED` | no |
| Arrangement not confirmed here | `held` | `ARRANGEMENT_NOT_CONFIRMED` | no |
| Arrangement not in force | `held` | `ARRANGEMENT_NOT_IN_FORCE` | no |
| Arrangement unknown, sender not a party | `refused` | `ARRANGEMENT_UNKNOWN`, `NOT_A_PARTY` | – |
| Operator of a third territory | record refused | `OPERATOR_OF_THIRD_TERRITORY` | yes |
| Programme, tier or role not brought in | record refused | `PROGRAMME_OUT_OF_SCOPE`, `TIER_OUT_OF_SCOPE` | yes |
| A status that cannot follow (revoked → valid) | record refused | `STATUS_TRANSITION_NOT_ALLOWED` | yes |
| A correction of a change not held | record refused | `ORIGINAL_CHANGE_UNKNOWN` | yes |
| A change an applied list already includes | `superseded` | `SUPERSEDED` | yes |
| A list older than the one held | `superseded` | `SUPERSEDED` | yes |
| A list part missing | `refused` | `LIST_PART_MISSING` | yes |
| Two lists interleaved | the older list `refused` | `LIST_INTERLEAVED` | yes |
| Count, root hash or heading do not fit; an operator twice | `refused` | `LIST_INCONSISTENT` | yes |
| One record of a list out of scope | `refused`: nothing of the list applies | the record's reason | yes |
| A list that ends most of what is held | `held` for a second officer; the lane goes on | `MASS_CHANGE_HELD` | yes |
| A list that undoes a revocation | `held` for a second officer; the lane goes on | `STATUS_TRANSITION_NOT_ALLOWED` | yes |
| A Void of a message already taken | `refused` | `VOID_TOO_LATE` | no |

A notification is judged record by record: a suspension never waits because a neighbour is wrong. The
receipt is `accepted_in_part` and names every record that was not applied.
"""


def table() -> str:
    """Returns the whole document."""
    rows = [
        f"| `{name}` | {attack.outcome} | `{attack.reason}` | {_cell(attack.description)} |"
        for name, attack in sorted(all_attacks().items())
    ]
    return HEAD + "\n".join(rows) + "\n" + AFTER


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    sys.stdout.write(table())
