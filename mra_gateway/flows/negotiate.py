"""The verbs of a negotiation together, made of one pen: what the gateway hands to its commands."""

from __future__ import annotations

from mra_gateway.clock import Clock
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_actions import ActionKeeper
from mra_gateway.flows.negotiate_compare import NegotiationComparer
from mra_gateway.flows.negotiate_conclude import Concluder
from mra_gateway.flows.negotiate_export import Exporter
from mra_gateway.flows.negotiate_open import Opener
from mra_gateway.flows.negotiate_papers import Clerk
from mra_gateway.flows.negotiate_phases import PhaseKeeper
from mra_gateway.flows.negotiate_rows import RowNegotiator
from mra_gateway.flows.negotiate_view import Viewer
from mra_gateway.flows.negotiate_visits import VisitKeeper
from mra_gateway.flows.negotiate_write import Pen


class Negotiator:
    """Opens, keeps, shows and concludes negotiations; each verb is a part of its own."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        pen = Pen(clock=clock)
        self.opener = Opener(book=book, pen=pen, clock=clock)
        self.comparer = NegotiationComparer(book=book, opener=self.opener)
        self.rows = RowNegotiator(pen=pen, clock=clock)
        self.phases = PhaseKeeper(book=book, pen=pen, clock=clock)
        self.clerk = Clerk(pen=pen, clock=clock)
        self.visits = VisitKeeper(book=book, pen=pen, clock=clock)
        self.actions = ActionKeeper(book=book, pen=pen, clock=clock)
        self.viewer = Viewer(book=book, clock=clock)
        self.exporter = Exporter(viewer=self.viewer)
        self.concluder = Concluder(book=book, pen=pen, viewer=self.viewer, clock=clock)
