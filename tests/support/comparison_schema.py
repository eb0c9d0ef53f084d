"""The JSON Schema of `compare --format json`, made from the models.

`python -m tests.support.comparison_schema > schemas/comparison.schema.json` publishes it.
"""

from __future__ import annotations

import json
from typing import Any

from mra_gateway.comparison.published import PublishedComparison


def schema() -> dict[str, Any]:
    made = PublishedComparison.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mra-gateway:comparison:1.0",
        **made,
        "title": "A comparison as `mra-gateway compare --format json` writes it",
    }


def text() -> str:
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(text(), end="")
