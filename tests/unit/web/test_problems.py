"""The one table error → status, and problem documents that hold our words only."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.errors import (
    GatewayError,
    MalformedMessage,
    MessageRejected,
    PartnerUnreachable,
    Reason,
    RequestRefused,
    StoreError,
    UntrustedMessage,
)
from mra_gateway.model.trust import StepOutcome, Verdict, VerdictOutcome, VerdictStep
from mra_gateway.web.problems import (
    FieldError,
    InvalidRequest,
    problem,
    problem_of,
    problem_of_http,
    status_of,
    title_of,
)
from tests.support.pki import AT


def untrusted(reason: Reason, text: str) -> UntrustedMessage:
    step = VerdictStep(
        number=6, name="signature", outcome=StepOutcome.FAILED, reason=reason, detail=text
    )
    verdict = Verdict(outcome=VerdictOutcome.FAILED, reason=reason, at=AT, steps=(step,))
    return UntrustedMessage(text, verdict=verdict)


def document_of(response: web.Response) -> dict[str, object]:
    assert response.content_type == "application/problem+json"
    assert isinstance(response.body, bytes)
    document: dict[str, object] = json.loads(response.body)
    return document


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_makes_a_complete_problem_with_an_error_status(reason: Reason) -> None:
    for error in (RequestRefused("x", reason=reason), MessageRejected("x", reason=reason)):
        response = problem_of(error)
        assert 400 <= response.status <= 599
        document = document_of(response)
        assert document["code"] == reason
        assert document["type"] == f"urn:mra-gateway:problem:{reason}"
        assert document["status"] == response.status
        assert document["title"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MalformedMessage("x", reason=Reason.TOO_LARGE), 413),
        (MalformedMessage("x", reason=Reason.COMMENT_PRESENT), 400),
        (MalformedMessage("x", reason=Reason.SCHEMA_VIOLATION), 422),
        (untrusted(Reason.DIGEST_MISMATCH, "x"), 403),
        (untrusted(Reason.VALUE_NOT_ALLOWED, "x"), 403),
        (RequestRefused("x"), 400),
        (RequestRefused("x", reason=Reason.NOT_FOUND), 404),
        (PartnerUnreachable("x"), 502),
        (StoreError("x"), 503),
        (GatewayError("x"), 500),
    ],
)
def test_an_error_leads_to_its_status(error: GatewayError, status: int) -> None:
    assert status_of(error) == status


@given(text=st.text(min_size=1))
def test_nothing_a_partner_sent_comes_back(text: str) -> None:
    hostile = f"HOSTILE{text}"
    errors = (
        MalformedMessage(hostile, reason=Reason.NOT_WELL_FORMED, where=f"HOSTILE {text}'"),
        MalformedMessage("x", reason=Reason.SCHEMA_VIOLATION, where=f"<HOSTILE>{text}"),
        untrusted(Reason.SENDER_UNKNOWN, hostile),
        StoreError(hostile),
    )
    for error in errors:
        response = problem_of(error)
        assert isinstance(response.body, bytes)
        assert b"HOSTILE" not in response.body


def test_the_place_in_a_document_and_the_step_of_a_verification_are_told() -> None:
    at = MalformedMessage("x", reason=Reason.TOO_DEEP, where="line 3, column 9")
    assert "line 3, column 9" in str(document_of(problem_of(at))["detail"])
    failed = untrusted(Reason.DIGEST_MISMATCH, "x")
    assert "step 6 of the verification, signature" in str(document_of(problem_of(failed))["detail"])


def test_what_a_national_system_gets_is_escaped_to_ascii() -> None:
    response = problem_of(RequestRefused("no such \u202e operator 宁波\n"))
    assert isinstance(response.body, bytes)
    assert response.body.isascii()
    assert "\n" not in str(document_of(response)["detail"])


def test_wrong_fields_are_listed() -> None:
    error = InvalidRequest("wrong", errors=[FieldError("/parties/0/role", "not one of them")])
    assert document_of(problem_of(error))["errors"] == [
        {"field": "/parties/0/role", "detail": "not one of them"}
    ]
    assert "errors" not in document_of(problem_of(RequestRefused("wrong")))


def test_who_may_try_again_is_told_when_and_who_must_show_a_key_how() -> None:
    assert problem(Reason.DATABASE_BUSY, "busy").headers["Retry-After"] == "5"
    refused = problem_of(RequestRefused("no key", reason=Reason.NOT_AUTHENTICATED))
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_answer_of_aiohttps_own_becomes_a_problem_and_keeps_what_is_allowed() -> None:
    response = problem_of_http(web.HTTPMethodNotAllowed("PUT", ["POST"]))
    assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert document_of(response)["code"] == "METHOD_NOT_ALLOWED"
    assert document_of(problem_of_http(web.HTTPExpectationFailed()))["code"] == "REQUEST_INVALID"


def test_titles_are_the_code_in_words() -> None:
    assert title_of(Reason.TLS_PEER_OF_OTHER_PARTNER) == "TLS peer of other partner"
    assert title_of(Reason.NOT_FOUND) == "Not found"
