"""What OSDI's helpers refuse: each field that is wrong is named where it stands, and nobody has signed."""

from __future__ import annotations

from typing import Any

import pytest

from clarion.signatures.models import Signature

from .conftest import Api, person, problem
from .test_osdi_signing import HELPER, rows
from .test_signing import BAD_BODIES

FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"role": "owner"}, "role", 'no "role"'),
    ({"person": None}, "person", "needed"),
    ({"person": []}, "person", "object"),
    ({"person": "Ana"}, "person", "object"),
    ({"person": person(emial="x")}, "person.emial", 'no "emial"'),
    ({"person": person(given_name=5)}, "person.given_name", "text"),
    ({"person": person(given_name="\ud800")}, "person.given_name", "cannot be shown"),
    ({"person": person(given_name="", family_name="")}, "person.given_name", "write your name"),
    ({"person": person("x")}, "person.email_addresses[0].address", "email"),
    ({"person": person(email_addresses=[])}, "person.email_addresses[0].address", "email"),
    ({"person": person(email_addresses={})}, "person.email_addresses", "list"),
    ({"person": person(email_addresses="ana@readers.example")}, "person.email_addresses", "list"),
    ({"person": person(email_addresses=[None])}, "person.email_addresses[0]", "object"),
    ({"person": person(email_addresses=[{"address": 5}])}, "person.email_addresses[0].address", "text"),
    ({"person": person(email_addresses=[{"primary": "yes"}])}, "person.email_addresses[0].primary", "true or false"),
    ({"person": person(phone_numbers=[{"number": "12"}])}, "person.phone_numbers[0].number", "phone"),
    ({"person": person(phone_numbers=[{"number": 10**400}])}, "person.phone_numbers[0].number", "phone"),
    ({"person": person(postal_addresses=[{"postal_code": "9" * 99}])}, "person.postal_addresses[0].postal_code", "ZIP"),
    ({"person": person(languages_spoken="es")}, "person.languages_spoken", "list"),
    ({"comments": 5}, "comments", "text"),
    ({"comments": "x" * 1001}, "comments", "1000"),
    ({"referrer_data": {"utm": "x"}}, "referrer_data.utm", 'no "utm"'),
    ({"action_network:referrer_data": {"source": "x" * 3000}}, "action_network:referrer_data.source", "too long"),
    ({"action_network:referrer_data": 5}, "action_network:referrer_data", "object"),
    ({"osdi:control": {"return_response": "no"}}, "osdi:control.return_response", "true or false"),
    ({"clarion:show_name": "on"}, "clarion:show_name", "true or false"),
    ({"clarion:consents": {"consent-readers-email": "y"}}, "clarion:consents.consent-readers-email", "true or false"),
    ({"clarion:petition": "library"}, "clarion:petition", "no "),
]


@pytest.mark.parametrize(("fields", "place", "told"), FIELDS, ids=[place for _, place, _ in FIELDS])
def test_what_is_wrong_is_named_where_it_stands(quick: Api, fields: dict[str, Any], place: str, told: str) -> None:
    errors = problem(quick.helped(quick.key(), **fields), 422, "fields-invalid").errors
    assert errors is not None
    assert list(errors) == [place]
    assert told in errors[place][0]
    assert rows(quick.instance, Signature) == []


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_bodies_that_are_no_json_object(quick: Api, body: bytes) -> None:
    for path in (HELPER, "/people"):
        answer = quick.osdi(path, method="POST", data=body, content_type="application/json")
        problem(answer, 400, "malformed-json")


def test_other_types_long_bodies_and_queries(quick: Api) -> None:
    key = quick.key()
    for kind in ("", "text/plain", "application/x-www-form-urlencoded"):
        problem(quick.osdi(HELPER, key, method="POST", data=b"{}", content_type=kind), 415)
    problem(quick.helped(key, comments="x" * 100_000), 413)
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert quick.helped(key, person=person(custom_fields=deep)).status_code == 200, "what is ignored is not looked at"
    for query in ("?background_request=maybe", "?page=1", "?x=1"):
        problem(quick.helped(key, query=query), 422, "query-invalid")
    problem(quick.helped(key, query=f"?key={key}"), 400, "key-in-address")
    many = {f"f{number}": 1 for number in range(3000)}
    assert len(problem(quick.helped(key, **many), 422).errors or {}) <= 100
