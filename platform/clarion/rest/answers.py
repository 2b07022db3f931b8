"""Answers in JSON, and those that caches may keep."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, request

from .bodies import JSON_TYPE
from .schema import Shape

SHORT_CACHE = "public, max-age=1, stale-while-revalidate=30, stale-if-error=86400"


def answer(content: Shape, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(content.model_dump_json(by_alias=True, indent=2) + "\n", status, content_type=JSON_TYPE)


def kept(response: Response) -> Response:
    """The same for what is public: caches may keep it for a second, as they do the page."""
    response.headers["Cache-Control"] = SHORT_CACHE
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:24])
    made: Any = response.make_conditional(request)
    assert isinstance(made, Response)
    return made
