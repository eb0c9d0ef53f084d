"""What is written as JSON in one go is, byte for byte, what the models write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import orjson
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.recognition.written import kept_json, moment_json, party_text

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
    accepted_at = declaration.accepted_at
    texts = [party_text(party) for party in declaration.parties]
    kept = kept_json(
        declaration,
        reference=orjson.dumps(declaration.reference),
        accepted_at=b"" if accepted_at is None else moment_json(accepted_at),
        parties=[one[1] for one in texts if one[1] is not None],
    )
    assert kept == written_by_model(declaration, exclude_defaults=True)
    assert Declaration.model_validate_json(kept) == declaration
    assert b"\n" not in kept, "one line of a batch is one declaration"
    for party, (shown, text) in zip(declaration.parties, texts, strict=True):
        assert DeclaredParty.model_validate_json(shown) == party
        assert text in {None, party.model_dump_json(exclude_defaults=True).encode()}
