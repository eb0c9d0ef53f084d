"""The sentences of a conclusion in English and Russian: on what recognition depends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mra_gateway.comparison.eligibility import Eligibility
from mra_gateway.comparison.quantities import weakest
from mra_gateway.comparison.subject import Subject
from mra_gateway.comparison.wording import listed, say
from mra_gateway.model.comparison import Row
from mra_gateway.model.facts import Basis
from mra_gateway.model.requirements import Phrase

_KINDS: Final = {
    "compliance": ("compliance only", "только соблюдение требований"),
    "authorised_transit": ("a transit status", "транзитный статус"),
}


def recognise_only(subject: Subject, eligible: Eligibility) -> Phrase:
    """Some tiers of a programme may be recognised, and no others."""
    tiers = subject.programme.tiers.value if subject.programme is not None else None
    names = {tier.code: tier.name for tier in tiers or ()}
    codes = eligible.tiers or ()
    wanted = listed(f"{code} ({names[code]})" if code in names else code for code in codes)
    english = f"Recognise of {subject.id} only {wanted}"
    russian = f"Признавать в {subject.id} только {wanted}"
    if not eligible.is_restricted:
        english, russian = f"Recognise {subject.id}", f"Признавать {subject.id}"
    if eligible.roles:
        roles = listed(role.value.replace("_", " ") for role in eligible.roles)
        english, russian = f"{english}; roles: {roles}", f"{russian}; роли: {roles}"
    if eligible.arrangements:
        named = listed(eligible.arrangements, most=3)
        english, russian = f"{english}; as in {named}", f"{russian}; как в {named}"
    if eligible.cells:
        placed = (reference.partition(":") for reference in eligible.cells)
        named = listed(f"{item} ({catalogue})" for catalogue, _, item in placed)
        english, russian = f"{english}; see {named}", f"{russian}; см. {named}"
    return say(f"{english}.", f"{russian}.")


def tier_not_eligible(side: str, asked: str, eligible: Sequence[str]) -> Phrase:
    """The tier asked for is none that may be recognised."""
    return say(
        f"{asked} of {side} is not eligible for recognition; eligible: {listed(eligible)}.",
        f"{asked} в {side} не подлежит признанию; подлежит: {listed(eligible)}.",
    )


def not_aeo(side: str, kind: str) -> Phrase:
    """The programme certifies something else."""
    english, russian = _KINDS.get(kind, (kind, kind))
    return say(
        f"{side} is not eligible as it stands: it certifies {english}, not the security of the "
        "supply chain.",
        f"{side} в нынешнем виде не подлежит признанию: подтверждается {russian}, а не "
        "безопасность цепи поставок.",
    )


def no_security(side: str, *, is_certain: bool) -> Phrase:
    """No requirement on security is established."""
    if is_certain:
        return say(
            f"{side} is not eligible as it stands: sources say that requirements on security are "
            "absent, and none is established.",
            f"{side} в нынешнем виде не подлежит признанию: по источникам, требования "
            "безопасности отсутствуют, и ни одно не установлено.",
        )
    return say(
        f"Until requirements on security are established for {side}: no requirement on security "
        "was seen in what was read, which says nothing about the programme.",
        f"Пока для {side} не установлены требования безопасности: в прочитанном их не "
        "обнаружено, что ничего не говорит о самой программе.",
    )


def one_sided(name: Phrase, rows: Sequence[Row], *, has: str, has_not: str) -> Phrase:
    """Requirements of one side only."""
    mark = _mark(rows)
    items = _items(rows)
    return say(
        f"One-sided, {name.en}: {items} in {has}, not in {has_not}{mark[0]}; to be added, shown "
        "by other means, or accepted.",
        f"Односторонне, {name.ru or name.en}: {items} есть в {has}, нет в {has_not}{mark[1]}; "
        "добавить, подтвердить иными средствами или принять.",
    )


def given_alone(name: Phrase, rows: Sequence[Row], *, has: str, has_not: str) -> Phrase:
    """Benefits of one side only."""
    mark, items = _mark(rows), _items(rows)
    return say(
        f"Not reciprocal, {name.en}: {has} gives {items}, {has_not} does not{mark[0]}.",
        f"Без взаимности, {name.ru or name.en}: {has} предоставляет {items}, "
        f"{has_not} – нет{mark[1]}.",
    )


def given_and_unknown(name: Phrase, rows: Sequence[Row], *, has: str, of: str) -> Phrase:
    """Benefits of the one of which it is not known whether the other gives them."""
    items = _items(rows)
    return say(
        f"Reciprocity open, {name.en}: {has} gives {items}; not seen in what was read of {of}.",
        f"Взаимность не установлена, {name.ru or name.en}: {has} предоставляет {items}; "
        f"в прочитанном по {of} не обнаружено.",
    )


def until(name: Phrase, rows: Sequence[Row], *, of: str) -> Phrase:
    """Requirements of the one not established for the other."""
    items = _items(rows)
    verb = "is" if len(rows) == 1 else "are"
    return say(
        f"Until {items} {verb} established for {of} ({name.en}).",
        f"Пока для {of} не установлено: {items} ({name.ru or name.en}).",
    )


def until_agreed(rows: Sequence[Row], *, of: str) -> Phrase:
    """Sources contradict each other."""
    items = _items(rows)
    return say(
        f"Until it is settled which source on {of} holds: {items}.",
        f"Пока не выяснено, какой источник по {of} верен: {items}.",
    )


def until_comparable(rows: Sequence[Row]) -> Phrase:
    """Both are known and do not compare."""
    items = _items(rows)
    return say(
        f"Until the two sides can be compared: {items}.",
        f"Пока стороны нельзя сопоставить: {items}.",
    )


def established_nowhere(rows: Sequence[Row], *, sides: tuple[str, str]) -> Phrase:
    """Nothing was seen on either side."""
    items = _items(rows)
    return say(
        f"Established neither for {sides[0]} nor for {sides[1]}: {items}.",
        f"Не установлено ни для {sides[0]}, ни для {sides[1]}: {items}.",
    )


def align(rows: Sequence[Row]) -> Phrase:
    """Rows that are the same in part."""
    items, mark = _items(rows), _mark(rows)
    return say(
        f"The same in part{mark[0]}; to be agreed how far: {items}.",
        f"Совпадает частично{mark[1]}; согласовать, насколько: {items}.",
    )


def accept_figures(rows: Sequence[Row], *, of: str) -> Phrase:
    """One side's figures are the stricter ones."""
    items, mark = _items(rows), _mark(rows)
    return say(
        f"Stricter in {of}{mark[0]}; to be aligned or accepted: {items}.",
        f"Строже в {of}{mark[1]}; согласовать или принять: {items}.",
    )


def needed_of_group(rows: Sequence[str], *, of: str) -> Phrase:
    """What one member of a group still has to show or add."""
    items = listed(rows, most=20)
    return say(
        f"Until established for {of}: {items}.",
        f"Пока не установлено для {of}: {items}.",
    )


def absent_in_group(rows: Sequence[str], *, of: str) -> Phrase:
    """What one member of a group does not have."""
    items = listed(rows, most=20)
    return say(
        f"To be added by {of}, or shown by other means: {items}.",
        f"Добавить в {of} или подтвердить иными средствами: {items}.",
    )


def _items(rows: Sequence[Row]) -> str:
    return listed((row.item for row in rows), most=20)


def _mark(rows: Sequence[Row]) -> tuple[str, str]:
    """Returns how unverified evidence is marked."""
    if weakest(row.basis for row in rows) is Basis.UNVERIFIED:
        return " (not verified)", " (не подтверждено)"
    return "", ""
