"""The JSON Schema of a line of `decide --json`, made from the models.

`python -m tests.support.decision_line_schema > schemas/api/decision-line.schema.json` publishes it.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from mra_gateway.model.declaration_lines import DecidedLine, UndecidedLine


def schema() -> dict[str, Any]:
    made = TypeAdapter(DecidedLine | UndecidedLine).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mra-gateway:api:1.0:decision-line",
        "title": "A line of `mra-gateway decide --json`",
        "description": (
            "One declaration: decided, with the recognition result; or read and not decided, with "
            "the reason and without results."
        ),
        **made,
    }


def text() -> str:
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(text(), end="")
