"""The page for developers at `/api/` and the document it is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup

from ..i18n import speak
from ..pages.render import language_choices, links
from ..security import access, allow_inline_style
from .callers import refuse_keys_in_addresses
from .openapi import PLACE, Described, described, document, openapi_json
from .origins import open_to_all

bp = Blueprint("api_pages", __name__)
bp.before_request(refuse_keys_in_addresses)

DAY_CACHE = "public, max-age=3600"
STYLE = (
    "code{font-size:.92em}dl{display:grid;gap:.6rem}dt code{font-weight:700;margin-inline-end:.5rem}"
    "dd{margin:0}h2 code{overflow-wrap:anywhere;font:700 1.2rem/1.3 ui-monospace,monospace}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A field on the page."""

    name: str
    kind: str
    words: str
    needed: bool


@bp.get("/api/openapi.json")
@access("public")
def openapi() -> Response:
    """The OpenAPI document."""
    response = open_to_all(Response(openapi_json(), content_type="application/json"))
    response.headers["Cache-Control"] = DAY_CACHE
    return response


@bp.get("/api/")
@access("public")
def page() -> Response:
    """The API in words, in the reader's language or the one asked for with `?lang=`."""
    language = speak(request.args.get("lang", ""))
    allow_inline_style(STYLE)
    schemas: dict[str, Any] = document()["components"]["schemas"]
    response = make_response(
        render_template(
            "api.html",
            language=language,
            languages=language_choices(lambda code: url_for("api_pages.page", lang=code)),
            theme=Markup(STYLE),  # noqa: S704 - written above
            page_url=f"{links().base_url}/api/",
            osdi_url=f"{links().base_url}/api/osdi/v1/",
            limits=current_app.extensions["clarion.settings"].api,
            operations=[_shown(one, schemas) for one in described()],
            problem=list(_rows(schemas, schemas["ProblemDetails"])),
        )
    )
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = DAY_CACHE
    return response


def _shown(one: Described, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """One method of one address as the template has it."""
    told = one.operation
    query = told.query.model_json_schema() if told.query else {}
    body = told.body.__name__ if told.body else ""
    return {
        "name": one.name,
        "method": one.method,
        "path": one.path,
        "summary": gettext(told.summary),
        "scope": told.scope or "",
        "anonymous": told.anonymous,
        "query": list(_rows(schemas, query)),
        "body": list(_rows(schemas, schemas[body])) if body else [],
        "status": told.status,
        "answer": list(_rows(schemas, schemas[told.answer.__name__])),
    }


def _rows(schemas: Mapping[str, Any], schema: Mapping[str, Any], before: str = "") -> Iterator[Row]:
    """The fields of a shape, and of those within it behind its name."""
    needed = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        plain = next((kind for kind in one.get("anyOf", ()) if kind.get("type") != "null"), one)
        inner, mark = _within(schemas, plain)
        words = one.get("description", "")
        yield Row(before + name, _kind(plain), gettext(words) if words else "", name in needed)
        if inner is not None:
            yield from _rows(schemas, inner, f"{before}{name}{mark}.")


def _within(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
    items = schema.get("items", {})
    place = str(items.get("$ref", "") or schema.get("$ref", ""))
    return (schemas[place.removeprefix(PLACE)] if place else None), "[]" if items else ""


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = {
        "string": gettext("text"),
        "integer": gettext("number"),
        "boolean": gettext("true or false"),
        "array": gettext("list"),
        "object": gettext("object"),
    }
    formats = {"date-time": gettext("moment"), "date": gettext("day")}
    return str(formats.get(schema.get("format", "")) or kinds.get(schema.get("type", ""), kinds["object"]))
