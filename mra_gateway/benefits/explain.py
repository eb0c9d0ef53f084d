"""Why a row did not decide a case, in words an appeal can be answered with (pure)."""

from __future__ import annotations

from collections.abc import Callable, Collection

from mra_gateway.model.benefits import Case, TableRow

_TO_DECLARE = {
    "tier": "the tier of the authorisation is not known to us; the partner has to send it",
    "roles": "the roles of the authorisation are not known to us; the partner has to send them",
    "flow": "it depends on the consignment, and none was declared",
    "function": "declare what this party does on the consignment",
    "also": "declare this operator also as what it has to be besides ({also})",
    "counterpart": "declare by its identifier the party at our end, which has to be an AEO here",
    "direct": "declare from where the goods were dispatched, where they go, and that they are "
    "neither trans-shipped nor stored under way",
    "office": "declare the customs office",
    "mode": "declare the mode of transport",
    "procedures": "declare the customs procedure",
    "chapters": "declare the commodity codes of the goods",
    "value_category": "declare the value category of the consignment",
    "ecommerce_roles": "declare the part the electronic platform or fulfilment centre has",
}


def missing_text(fact: str, *, row: TableRow) -> str:
    """Returns what has to be declared so that a row can be judged."""
    return _TO_DECLARE[fact].format(also=_listed(row.also))


def not_covered_text(fact: str, *, row: TableRow, case: Case) -> str:
    """Returns which condition of the row that came nearest does not hold.

    Texts name only facts that make a difference to the table, so that equal cases read equal.
    """
    head = f"no row covers it; row {row.id}, the nearest, "
    texts: dict[str, Callable[[], str]] = {
        "programme": lambda: f"is for {_listed(row.programmes)}, not for {case.programme}",
        "tier": lambda: f"is for tier {_listed(row.tiers)}, not for {case.tier}",
        "roles": lambda: (
            f"is for operators certified as {_listed(row.roles)}, not as "
            f"{_listed(sorted(case.roles))}"
        ),
        "tin": lambda: "is for named operators, and this one is not named",
        "on": lambda: f"holds {_period(row)}, not on {case.on}",
        "flow": lambda: f"is for {_listed(row.flows)}, not for {case.flow}",
        "function": lambda: (
            f"is for a party that is {_listed(row.functions)} on the consignment, "
            f"not {case.function}"
        ),
        "counterpart": lambda: "asks that the party at our end is an AEO here too, and it is not",
        "direct": lambda: "asks for direct delivery, and this is none",
        "office": lambda: f"is for goods declared at {_listed(row.offices)}, not at {case.office}",
        "mode": lambda: f"is for mode of transport {_listed(row.modes)}, not {case.mode}",
        "procedures": lambda: (
            f"is for procedure {_listed(row.procedures)}, not for all of "
            f"{_listed(sorted(case.procedures))}"
        ),
        "chapters": lambda: (
            "leaves out goods of chapter "
            f"{_listed(sorted(case.chapters & set(row.chapters_excluded)))}"
        ),
        "value_category": lambda: (
            "is for value category "
            f"{_listed([str(each) for each in row.value_categories])}, not {case.value_category}"
        ),
        "ecommerce_roles": lambda: (
            f"is for sales with {_listed(row.ecommerce_roles)}, not with "
            f"{_listed(sorted(case.ecommerce_roles))}"
        ),
    }
    return head + texts[fact]()


def _listed(values: str | Collection[str]) -> str:
    return values if isinstance(values, str) else ", ".join(values)


def _period(row: TableRow) -> str:
    since = f"from {row.valid_from}" if row.valid_from else ""
    until = f"until {row.valid_until}" if row.valid_until else ""
    return " ".join(filter(None, (since, until)))
