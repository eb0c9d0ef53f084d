"""Groups of customs territories that compare their programmes or arrange something together.

The files of `partners/groups/` in memory.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Text


class Group(Noun):
    """Customs territories under one name.

    Attributes:
        id: As it is named on the command line: `CAREC`.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{1,30}$")]
    name: Fact[Text]
    members: Fact[tuple[Territory, ...]]
