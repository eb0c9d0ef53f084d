"""What must hold between the alias rules of a territory and the other data files.

Whether a rule works (its templates, its examples) is judged in `identifiers/check.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from mra_gateway.errors import Reason
from mra_gateway.model.aliases import AliasRule, Identification
from mra_gateway.model.facts import ALL
from mra_gateway.registry.findings import Finding


def check_references(
    path: Path, identification: Identification, *, is_known: Callable[[str], bool]
) -> Iterator[Finding]:
    """Yields unknown territories and arrangements, doubled ids, and days in the wrong order."""
    if not is_known(identification.territory):
        yield _unknown(path, "territory", "administration", identification.territory)
    ids: set[str] = set()
    for index, fact in enumerate(identification.rules):
        rule, key = fact.value, f"rules[{index}].value"
        if rule is None:
            continue
        if rule.id in ids:
            reason = f"{rule.id!r} is the id of a rule above"
            yield Finding(path, f"{key}.id", reason, Reason.DATA_ID_DOUBLED)
        ids.add(rule.id)
        yield from _check_rule(path, key, rule, is_known=is_known)


def _check_rule(
    path: Path, key: str, rule: AliasRule, *, is_known: Callable[[str], bool]
) -> Iterator[Finding]:
    for territory in () if rule.issued_by == ALL else rule.issued_by:
        if not is_known(territory):
            yield _unknown(path, f"{key}.issued_by", "administration", territory)
    if rule.arrangement is not None and not is_known(rule.arrangement):
        yield _unknown(path, f"{key}.arrangement", "arrangement", rule.arrangement)
    first, last = rule.valid_from, rule.valid_until
    if first is not None and last is not None and last < first:
        reason = f"{last} lies before valid_from, {first}"
        yield Finding(path, f"{key}.valid_until", reason, Reason.DATA_DATES_ORDER)


def _unknown(path: Path, key: str, what: str, name: str) -> Finding:
    return Finding(path, key, f"{name[:60]!r} is no known {what}", Reason.DATA_REFERENCE_UNKNOWN)
