"""The OpenAPI document tried out on the API (schemathesis): what it allows has the answer it names, all else a 4xx."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from clarion.rest.openapi import document

from .conftest import Api

SLUG = "library"
LEFT_OUT = [positive_data_acceptance]
"""What a form says of names and addresses, and which cursor is of which list, no schema can tell."""


def about_one(told: dict[str, Any]) -> dict[str, Any]:
    """The document about one campaign and one person, so that what is tried is not their names over and over."""
    paths = {path.replace("{slug}", SLUG): methods for path, methods in told["paths"].items()}
    for methods in paths.values():
        for one in methods.values():
            one["parameters"] = [parameter for parameter in one["parameters"] if parameter["in"] != "path"]
    fields = told["components"]["schemas"]["SignRequest"]["properties"]
    fields["name"]["enum"], fields["email"]["enum"] = ["Ana Reader"], ["ana@readers.example"]
    return {**told, "paths": paths}


WHOLE = about_one(document())
OPERATIONS = [(method, path) for path, methods in WHOLE["paths"].items() for method in methods]
ASKING = [(method, path) for method, path in OPERATIONS if WHOLE["paths"][path][method]["parameters"]]
"""Those that can be asked wrongly."""

settled = settings(
    max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def open_api(make_instance, make_folder) -> Api:
    """An API that is not short of calls, with somebody to read of."""
    made = make_instance(api={"network_per_minute": 1_000_000, "key_per_minute": 1_000_000})
    made.publish(make_folder())
    api = Api(made)
    api.signed(consent_readers_email="y")
    return api


def tried(api: Api, method: str, path: str, mode: GenerationMode) -> Counter[int]:
    """How often each status was answered; every answer is one that the document describes."""
    schema = schemathesis.openapi.from_dict(WHOLE)
    schema.app = api.instance.app
    key, seen = api.key(), Counter[int]()

    @settled
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def tried_once(case: Case) -> None:
        if mode is GenerationMode.POSITIVE:
            (case.query or {}).pop("cursor", None)
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=LEFT_OUT)
        seen[answer.status_code] += 1

    tried_once()
    return seen


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(one) for one in OPERATIONS])
def test_what_the_document_allows_is_answered_as_it_says(open_api: Api, method: str, path: str) -> None:
    seen = tried(open_api, method, path, GenerationMode.POSITIVE)
    assert max(seen) < 500
    assert {200, 202} & set(seen), seen


@pytest.mark.parametrize(("method", "path"), ASKING, ids=[" ".join(one) for one in ASKING])
def test_what_it_does_not_allow_is_refused(open_api: Api, method: str, path: str) -> None:
    seen = tried(open_api, method, path, GenerationMode.NEGATIVE)  # of its checks, one fails where it is taken
    assert max(seen) < 500
    assert {400, 422} & set(seen), seen
