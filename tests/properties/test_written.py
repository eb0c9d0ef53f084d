"""What is written as JSON in one go is, byte for byte, what the models write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import orjson
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mra_gateway.model.declarations import Declaration
from mra_gateway.recognition.written import declared, declared_json, kept_json

PARTIES = st.fixed_dictionaries(
    {"role": st.sampled_from(["exporter", "importer", "carrier"])},
    optional={
        "level": st.sampled_from(["header", "shipment", "item"]),
        "item": st.none() | st.integers(0, 999),
        "identifier": st.none() | st.text(min_size=1, max_size=20),
        "name": st.none() | st.text(min_size=1, max_size=20),
        "territory": st.sampled_from([None, "CN", "KZ"]),
        "declared_as": st.sampled_from([None, {"list": "CL704", "code": "MF"}]),
        "address": st.sampled_from([None, {"city": "Алматы"}]),
    },
)
MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - its zone is drawn
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=3))]
    ),
)
DECLARATIONS = st.fixed_dictionaries(
    {
        "reference": st.text(min_size=1, max_size=20),
        "type": st.sampled_from(["import", "export", "transit"]),
        "parties": st.lists(PARTIES, min_size=1, max_size=3),
    },
    optional={
        "accepted_at": st.none() | MOMENTS,
        "lodged_at": MOMENTS,
        "mode": st.just("3"),
        "direct": st.sampled_from([None, True]),
    },
)
written_by_model = TypeAdapter(Declaration).dump_json


@given(DECLARATIONS)
def test_a_declaration_and_its_parties_are_written_as_their_models_write_them(
    values: dict[str, object],
) -> None:
    try:
        declaration = Declaration.model_validate_json(orjson.dumps(values))
    except ValidationError:  # a text of two lines, say
        return
    kept = kept_json(declaration)
    assert kept == written_by_model(declaration, exclude_defaults=True)
    assert Declaration.model_validate_json(kept) == declaration
    assert b"\n" not in kept, "one line of a batch is one declaration"
    for party in declaration.parties:
        assert declared_json(party) == orjson.dumps(declared(party))
