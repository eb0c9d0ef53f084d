"""Writes a negotiation as the documents of a comparison, for ourselves or for the partner.

What a document is made of is the dossier made for its reader: what is internal is gone before
(`negotiate_redact.py`), and the documents leave it out once more.
"""

from __future__ import annotations

from mra_gateway.documents.held import Held
from mra_gateway.documents.page import Page
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.print_comparison import Paper, compose_paper, names_of
from mra_gateway.model.dossier import Dossier
from mra_gateway.registry.load import Registry


def compose_negotiation(
    dossier: Dossier,
    *,
    paper: Paper,
    registry: Registry,
    languages: tuple[str, ...] = ("en",),
    letterhead: tuple[str, ...] = (),
) -> Page:
    """Returns a document of a negotiation as it stands.

    Args:
        dossier: Made for the reader.
        paper: Which document.
        registry: The facts.
        languages: One, or two beside each other.
        letterhead: Lines of the office that writes.

    Raises:
        RequestRefused: No comparison was made for this reader.
    """
    if dossier.comparison is None:
        raise RequestRefused(
            f"no comparison was made for the {dossier.audience}: there is nothing to lay out",
            reason=Reason.STATE_NOT_SUITABLE,
        )
    return compose_paper(
        dossier.comparison,
        paper=paper,
        registry=registry,
        printing=Printing(
            printed_on=dossier.on,
            languages=languages,
            audience=dossier.audience,
            names=names_of(registry),
            letterhead=letterhead,
        ),
        held=Held(
            positions=tuple(row.position for row in dossier.rows if row.position is not None),
            remarks=dossier.remarks,
            questions=dossier.questions,
            actions=dossier.actions,
            visits=dossier.visits,
        ),
    )
