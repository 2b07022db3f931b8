"""Whatever is sent, the answer is one that the document knows, and never a server error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clarion.rest.openapi import document
from clarion.rest.schema import ProblemDetails, SignAnswer

from .conftest import Api, person

NAMES = (
    "name email postal_code country phone reason show_name language token website consent-readers-email "
    "consent-writers-email consent-x-y role"
).split()
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["Ana", "ana@readers.example", "20009", "+12025550143", "en", "es", "\ud800", "\x00", "x" * 2000]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
BODIES = st.one_of(
    st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=12)), VALUES, max_size=8),
    st.builds(
        lambda name, more: {"name": "Ana", "email": "ana@readers.example", name: more}, st.sampled_from(NAMES), VALUES
    ),
    VALUES,
)
STATUSES = {int(status) for status in document()["paths"]["/api/v1/campaigns/{slug}/signatures"]["post"]["responses"]
            if status.isdecimal()}  # fmt: skip


@pytest.fixture
def open_api(make_instance, make_folder) -> Api:
    """An API that is not short of calls."""
    made = make_instance(api={"network_per_minute": 1_000_000, "key_per_minute": 1_000_000})
    made.publish(make_folder())
    return Api(made)


QUICK = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(body=BODIES, keyed=st.booleans(), raw=st.binary(max_size=60))
def test_any_body_has_its_answer(open_api: Api, body: Any, keyed: bool, raw: bytes) -> None:
    key = getattr(open_api, "kept_key", None) or open_api.key()
    open_api.kept_key = key  # type: ignore[attr-defined]
    for content in (json.dumps(body).encode(), raw):
        answer = open_api.call(
            "/campaigns/library/signatures",
            key if keyed else "",
            method="POST",
            data=content,
            content_type="application/json",
        )
        assert answer.status_code in STATUSES, answer.get_data(as_text=True)
        assert answer.status_code < 500
        model = SignAnswer if answer.status_code == 202 else ProblemDetails
        model.model_validate_json(answer.data)


@QUICK
@given(name=st.one_of(st.sampled_from(["cursor", "limit", "since", "page"]), st.text(max_size=8)), value=st.text())
def test_any_query_has_its_answer(open_api: Api, name: str, value: str) -> None:
    key = getattr(open_api, "kept_key", None) or open_api.key()
    open_api.kept_key = key  # type: ignore[attr-defined]
    for path in ("/campaigns", "/campaigns/library/signers", "/campaigns/library/consents"):
        answer = open_api.call(
            path, key, query_string=[(name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))]
        )
        assert answer.status_code in (200, 400, 422), answer.get_data(as_text=True)
        if answer.status_code != 200:
            ProblemDetails.model_validate_json(answer.data)


PLACES = st.sampled_from(
    [(), ("person",), ("comments",), ("referrer_data",), ("osdi:control",), ("clarion:consents",), ("triggers",)]
    + [("person", name) for name in ("given_name", "email_addresses", "phone_numbers", "languages_spoken", "gender")]
    + [("person", "email_addresses", 0, name) for name in ("address", "status", "primary")]
)


def changed(body: dict[str, Any], place: tuple[Any, ...], value: Any) -> Any:
    """A body with another value at a place."""
    if not place:
        return value
    made = json.loads(json.dumps(body))
    at = made
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    return made


@QUICK
@given(place=PLACES, value=VALUES, keyed=st.booleans(), query=st.sampled_from(["", "?background_request=true"]))
def test_any_body_of_osdi_has_its_answer(
    open_api: Api, place: tuple[Any, ...], value: Any, keyed: bool, query: str
) -> None:
    key = getattr(open_api, "kept_key", None) or open_api.key()
    open_api.kept_key = key  # type: ignore[attr-defined]
    body = changed({"person": person("ana@readers.example", "subscribed")}, place, value)
    for path in ("/petitions/library/record_signature_helper", "/people"):
        answer = open_api.osdi(path + query, key if keyed else "", method="POST", json=body)
        assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.get_data(as_text=True)
        if answer.status_code != 200:
            ProblemDetails.model_validate_json(answer.data)


@QUICK
@given(name=st.sampled_from(["page", "per_page", "cursor", "filter", "language"]), value=st.text())
def test_any_query_of_osdi_has_its_answer(open_api: Api, name: str, value: str) -> None:
    key = getattr(open_api, "kept_key", None) or open_api.key()
    open_api.kept_key = key  # type: ignore[attr-defined]
    for path in (
        "/petitions",
        "/petitions/library",
        "/petitions/library/signatures",
        "/people",
        "/people/1/signatures",
    ):
        answer = open_api.osdi(path, key, query_string=[(name, value.encode("utf-8", "replace"))])
        assert answer.status_code in (200, 400, 404, 422), answer.get_data(as_text=True)
        if answer.status_code != 200:
            ProblemDetails.model_validate_json(answer.data)
