"""HAL (application/hal+json): links from the configured address, resources, and pages of collections."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response

from ..pages.render import links

HAL_TYPE = "application/hal+json"
PREFIX = "/api/osdi/v1"
NAMESPACE = "clarion"
"""Before our own numbers and the few fields that are none of OSDI's."""

SYSTEM = "Clarion"
CURIES = [{"name": "osdi", "href": "https://opensupporter.github.io/osdi-docs/{rel}.html", "templated": True}]

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a collection: its resources, and where it stands."""

    resources: Sequence[Resource]
    page: int
    per_page: int
    total: int | None
    """How many there are in all; `None` where that is not counted."""
    more: bool
    """Whether there is a next page."""
    cursor: str = ""
    """What leads to the next page, whoever comes meanwhile; without it its number does."""
    own_cursor: str = ""
    """What led to this one; without it its number did, and there is one before it."""


def href(path: str = "", **query: object) -> str:
    """An address below the entry point; what is `None` or empty is left out of its query."""
    asked = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return f"{links().base_url}{PREFIX}{path}" + (f"?{urlencode(asked)}" if asked else "")


def link(path: str = "", title: str = "", **query: object) -> dict[str, str]:
    """A link to it."""
    return {"href": href(path, **query), **({"title": title} if title else {})}


def identifier(id: object) -> str:
    """How a resource of ours is called everywhere."""
    return f"{NAMESPACE}:{id}"


def stamp(moment: datetime | None) -> str | None:
    """A moment as OSDI writes it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def collection(rel: str, path: str, part: Part, asked: Mapping[str, Any]) -> Resource:
    """A page of a collection; `asked` is what its neighbours are asked for too."""

    def page(number: int, cursor: str = "") -> dict[str, str]:
        return link(path, page=number, per_page=part.per_page, cursor=cursor, **asked)

    known: Resource = {}
    if part.total is not None:
        known = {"total_pages": -(-part.total // part.per_page), "total_records": part.total}
    around = {"next": page(part.page + 1, part.cursor)} if part.more else {}
    if part.page > 1 and not part.own_cursor:
        around["prev"] = page(part.page - 1)
    return {
        "per_page": part.per_page,
        "page": part.page,
        **known,
        "_links": {
            "self": page(part.page, part.own_cursor),
            **around,
            rel: [one["_links"]["self"] for one in part.resources],
            "curies": CURIES,
        },
        "_embedded": {rel: list(part.resources)},
    }


def answer(content: Mapping[str, Any], status: int = 200) -> Response:
    """An answer in HAL."""
    return Response(json.dumps(content, ensure_ascii=False, indent=2) + "\n", status, content_type=HAL_TYPE)
