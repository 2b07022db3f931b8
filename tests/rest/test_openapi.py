"""The OpenAPI document and the page made from it: up to date, whole, and in both languages."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from clarion.rest.openapi import described, document, openapi_json

from .conftest import Api

ROOT = Path(__file__).parents[2]


def test_the_file_is_made_from_the_code() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text("utf-8") == openapi_json(), "run: clarion docs"


def test_the_document_is_served_to_everyone(quick: Api) -> None:
    answer = quick.instance.client.get("/api/openapi.json")
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.get_json() == document()
    assert answer.get_json()["openapi"] == "3.1.0"


def test_every_route_of_the_api_is_described(quick: Api) -> None:
    rules = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in quick.instance.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == {(one.path, one.method) for one in described()}


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(value) for value in part.values()), set())
    return set().union(*(references(value) for value in part), set()) if isinstance(part, list) else set()


def test_the_document_holds_together() -> None:
    whole = document()
    named = {f"#/components/schemas/{name}" for name in whole["components"]["schemas"]}
    assert references(whole["paths"]) <= named
    assert references(whole["components"]) <= named
    ids = [one["operationId"] for path in whole["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
    for path, methods in whole["paths"].items():
        for one in methods.values():
            named_in_path = {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"}
            assert named_in_path == set(re.findall(r"{(\w+)}", path))
            assert "404" in one["responses"]
    request = whole["components"]["schemas"]["SignRequest"]
    assert request["additionalProperties"] is False
    assert request["required"] == ["name"]
    assert request["anyOf"] == [{"required": ["email"]}, {"required": ["phone"]}]
    assert whole["components"]["schemas"]["Hour"]["properties"].keys() == {"from", "n"}
    json.dumps(whole)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_tells_all_of_it(quick: Api, language: str) -> None:
    answer = quick.instance.client.get(f"/api/?lang={language}")
    page = unescape(answer.get_data(as_text=True))
    assert f'<html lang="{language}"' in page
    for one in described():
        assert f"{one.method} {one.path}" in page
        assert (one.operation.summary in page) == (language == "en")
    for field in ("form_token", "data[].email", "consents[].wording", "data[].in_force", "by_hour[].from"):
        assert f"<code>{field}</code>" in page
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert page.count("<script") == 1, "the site's own, which the page does without"


def test_the_page_speaks_the_readers_language(quick: Api) -> None:
    answer = quick.instance.client.get("/api/", headers={"Accept-Language": "es"})
    assert '<html lang="es"' in answer.get_data(as_text=True)
    assert "Accept-Language" in answer.headers["Vary"]
    assert quick.instance.client.get("/api").status_code == 308
    assert quick.instance.client.get("/api/?lang=xx").status_code == 200
