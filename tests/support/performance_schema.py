"""The JSON Schema of `kpi report --format json`, made from the models.

`python -m tests.support.performance_schema > schemas/performance.schema.json` publishes it.
"""

from __future__ import annotations

import json
from typing import Any

from mra_gateway.model.performance import PerformanceReport


def schema() -> dict[str, Any]:
    made = PerformanceReport.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mra-gateway:performance:1.0",
        **made,
        "title": "A report on performance as `mra-gateway kpi report --format json` writes it",
    }


def text() -> str:
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(text(), end="")
