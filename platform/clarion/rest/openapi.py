"""The OpenAPI 3.1 document, made from the views and the models they answer with, so it cannot lie."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..campaigns.slugs import SlugConverter
from . import records, views
from .bodies import JSON_TYPE
from .operations import Operation, operation_of
from .repeats import LONGEST
from .schema import ProblemDetails

PLACE = "#/components/schemas/"
PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Described:
    """One method of one address with what its view says of itself."""

    name: str
    method: str
    path: str
    operation: Operation


@lru_cache(maxsize=1)
def described() -> tuple[Described, ...]:
    """All of them, by address."""
    app = Flask("clarion", static_folder=None)
    app.url_map.converters["slug"] = SlugConverter
    for blueprint in (views.bp, records.bp):
        app.register_blueprint(blueprint)
    found = []
    for rule in app.url_map.iter_rules():
        told = operation_of(app.view_functions[rule.endpoint])
        if told is not None:
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            found.append(Described(rule.endpoint.partition(".")[2], method, path, told))
    return tuple(sorted(found, key=lambda one: (one.path, one.method)))


def document() -> dict[str, Any]:
    """The whole document, in English."""
    paths: dict[str, dict[str, Any]] = {}
    for one in described():
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Clarion API",
            "version": "1",
            "description": "Campaigns and counts for everyone, signing, and an organisation's own signers.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of an organisation, clk_…, made by whoever runs the site: clarion keys add",
                }
            },
        },
    }


def openapi_json() -> str:
    """The file `docs/openapi.json`."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _schemas() -> dict[str, Any]:
    wanted: dict[type[BaseModel], Any] = {ProblemDetails: "serialization"}
    for one in described():
        wanted[one.operation.answer] = "serialization"
        if one.operation.body is not None:
            wanted[one.operation.body] = "validation"
    _, found = models_json_schema(list(wanted.items()), ref_template=PLACE + "{model}")
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _operation(one: Described) -> dict[str, Any]:
    told = one.operation
    made: dict[str, Any] = {
        "operationId": one.name,
        "summary": told.summary,
        "parameters": [*_path_parameters(one), *_query_parameters(told), *_header_parameters(told)],
    }
    if told.body is not None:
        made["requestBody"] = {"required": True, "content": {JSON_TYPE: _reference(told.body)}}
    made["responses"] = {
        str(told.status): {
            "description": HTTPStatus(told.status).phrase,
            "content": {JSON_TYPE: _reference(told.answer)},
        },
        **{str(status): _problem(status) for status in sorted({404, *told.problems})},
        "default": {"description": "Any other error", "content": {PROBLEM_TYPE: _reference(ProblemDetails)}},
    }
    if told.scope is not None:
        made["security"] = [*([{}] if told.anonymous else []), {"key": [told.scope]}]
    return made


def _problem(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM_TYPE: _reference(ProblemDetails)}}


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": PLACE + model.__name__}}


def _path_parameters(one: Described) -> list[dict[str, Any]]:
    pattern = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
    return [
        {"name": name, "in": "path", "required": True, "schema": pattern} for name in re.findall(r"{(\w+)}", one.path)
    ]


def _query_parameters(told: Operation) -> list[dict[str, Any]]:
    if told.query is None:
        return []
    found = []
    for name, schema in told.query.model_json_schema()["properties"].items():
        kind = {key: value for key, value in schema.items() if key not in ("description", "title", "anyOf")}
        # what may be left out is not sent as null
        kind |= next((one for one in schema.get("anyOf", []) if one != {"type": "null"}), {})
        if kind.get("default", "") is None:
            del kind["default"]
        found.append({"name": name, "in": "query", "description": schema["description"], "schema": kind})
    return found


def _header_parameters(told: Operation) -> list[dict[str, Any]]:
    if told.body is None:
        return []
    words = "Any text of your own for this call: sent again with the same content it is answered the same, for a day."
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    return [{"name": "Idempotency-Key", "in": "header", "description": words, "schema": schema}]
