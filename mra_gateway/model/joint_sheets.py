"""What a joint monitoring sheet says, cell by cell: figures of one side that the other can compute.

How a sheet is laid out for people is in `performance.py`; as a message it travels as the body
`PerformanceSheet` of `messages.py`.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import ArrangementId, Digest
from mra_gateway.model.indicators import Breakdown, IndicatorId, Name
from mra_gateway.model.operators import Text

Amount = Annotated[float, Field(ge=0, lt=1e18, allow_inf_nan=False)]

CellKey = tuple[ArrangementId, IndicatorId, Breakdown, tuple[tuple[str, str], ...]]
"""Which cell it is: arrangement, indicator, whose, and the group."""


class GroupPart(Noun):
    """A column a figure is divided by, and its value."""

    column: Name
    value: Text


class JointCell(Noun):
    """One figure of a sheet.

    Attributes:
        definition: Of what was counted, see `indicators/definitions.py`: where it differs, the
            figures of two sides are not of the same thing.
        group: Besides the arrangement; in the words of the side that counted.
        suppressed: Too few cases stand behind it: it is there, and says nothing.
    """

    arrangement: ArrangementId
    indicator: IndicatorId
    definition: Digest
    breakdown: Breakdown = Breakdown.ALL
    group: tuple[GroupPart, ...] = Field(default=(), max_length=10)
    value: Amount | None = None
    numerator: Amount | None = None
    denominator: Amount | None = None
    cases: int | None = Field(default=None, ge=0)
    partial: bool = False
    suppressed: bool = False

    @model_validator(mode="after")
    def _says_nothing_where_suppressed(self) -> Self:
        told = (self.value, self.numerator, self.denominator, self.cases)
        if self.suppressed and any(one is not None for one in told):
            msg = "what is suppressed is not told"
            raise ValueError(msg)
        return self

    @property
    def key(self) -> CellKey:
        """Which cell it is."""
        group = tuple(sorted((one.column, one.value) for one in self.group))
        return self.arrangement, self.indicator, self.breakdown, group
