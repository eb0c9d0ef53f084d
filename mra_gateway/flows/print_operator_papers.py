"""Writes papers for firms and validators: from a catalogue, with a programme's words beside it."""

from __future__ import annotations

from mra_gateway.comparison.compare import items_of
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.documents.operator_papers import Asking, OperatorPaper, compose_operator_paper
from mra_gateway.documents.page import Page
from mra_gateway.documents.speaking import Printing
from mra_gateway.flows.compare import Comparer
from mra_gateway.model.comparison import Evidence
from mra_gateway.model.facts import ALL
from mra_gateway.model.operators import Role
from mra_gateway.model.requirements import Item


def compose_for_operators(
    paper: OperatorPaper,
    *,
    comparer: Comparer,
    printing: Printing,
    catalogue: str,
    programme: str | None = None,
    role: Role | None = None,
) -> Page:
    """Returns a paper.

    Args:
        paper: Which one.
        comparer: Finds catalogues and programmes.
        printing: Languages, date, letterhead.
        catalogue: Whose items it asks about, with an edition or without.
        programme: Whose words stand beside them; None: nobody's.
        role: Only what binds this role.

    Raises:
        RequestRefused: There is no such catalogue, edition, programme or profile.
    """
    found, edition = comparer.catalogue(catalogue)
    items = tuple(item for item in items_of(found, edition) if _binds(item, role))
    subject = None if programme is None else comparer.subject(programme)
    says: dict[str, tuple[Evidence, ...]] = {}
    if subject is not None:
        says = {item.id: _says(subject, f"{found.id}:{item.id}", role) for item in items}
    asking = Asking(found, edition, items, None if subject is None else subject.side, says)
    return compose_operator_paper(asking, paper=paper, printing=printing)


def _binds(item: Item, role: Role | None) -> bool:
    return role is None or item.roles == ALL or role in item.roles


def _says(subject: Subject, reference: str, role: Role | None) -> tuple[Evidence, ...]:
    # what is known of the category only says nothing to a firm about this item
    levels = subject.levels(reference, reference, scope=Scope(role=role))
    return levels[0] if levels else ()
