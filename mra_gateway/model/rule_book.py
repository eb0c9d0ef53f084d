"""The rule book: every fact of `partners/` that recognition results of one administration rest on.

Kept by its digest with each result, so that a result can be recomputed after the files changed.
"""

from __future__ import annotations

import hashlib
import json

from mra_gateway.model.aliases import Identification
from mra_gateway.model.base import Noun
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.facts import Administration, Arrangement, BenefitDefinition, Fact, Programme
from mra_gateway.model.identifiers import ArrangementId, Digest, ProgrammeId, Territory
from mra_gateway.model.names import NameWords


class RuleBook(Noun):
    """What decisions follow besides the status of operators.

    Attributes:
        us: The deciding administration's territory.
        confirmed: The arrangements two officers confirmed, with the digest they confirmed, as far
            as our copy still has that content.
        tables: The decision tables two officers accepted, by id.
        identification: How foreign AEOs are identified on our declarations.
        names: By what names are compared.
    """

    us: Territory
    administrations: dict[Territory, Administration]
    programmes: dict[ProgrammeId, Programme]
    arrangements: dict[ArrangementId, Arrangement]
    confirmed: dict[ArrangementId, Digest]
    benefits: dict[str, Fact[BenefitDefinition]]
    tables: dict[str, DecisionTable]
    identification: Identification | None = None
    names: NameWords

    def content(self) -> str:
        """Returns the book as JSON in the one form its digest is made of."""
        values = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(content: str) -> Digest:
    """Returns the digest of a book's content."""
    return Digest.trusted(hashlib.sha256(content.encode()).hexdigest())
