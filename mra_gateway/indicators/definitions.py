"""Which version of a definition a figure was computed by."""

from __future__ import annotations

import hashlib
import json

from mra_gateway.model.identifiers import Digest
from mra_gateway.model.indicators import Indicator


def definition_digest(indicator: Indicator) -> Digest:
    """Returns the SHA-256 of what decides a figure's value.

    Words, targets, and which breakdowns and parts are computed besides do not count: changing them
    changes no figure. Nor does white space in expressions.
    """
    values = {
        "id": indicator.id,
        "of": indicator.of,
        "numerator": _bare(indicator.numerator),
        "denominator": None if indicator.denominator is None else _bare(indicator.denominator),
        "scale": indicator.scale,
        "span": indicator.span,
        "counted_on": indicator.counted_on,
    }
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Digest.trusted(hashlib.sha256(text.encode()).hexdigest())


def _bare(expression: str) -> str:
    return " ".join(expression.split())
