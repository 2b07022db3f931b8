"""The routes by which providers tell of bounces and complaints, below `/hooks/email/`: read, checked, kept.

Whatever comes in vain is answered in a way that fits: 401 for what is not from the provider, 413 for what is too long,
400 for what cannot be read. What is genuine and does not matter here is taken with 200, so that nobody sends it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import Headers

from clarion.api import access, report_feedback

BODY_LIMIT = 1024 * 1024
"""Bytes. Providers put hundreds of events into one request; a form of Clarion's own may have a 16th of it."""


class Forged(Exception):
    """A request that is not from the provider, or is too old to believe."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a provider tells of one mail."""

    event_key: str
    message_id: str
    kind: Literal["bounced", "complained"]
    code: str = ""


class Provider(Protocol):
    """One that tells us what became of mails."""

    name: str
    """The last part of its address."""

    def events(self, body: bytes, headers: Headers) -> Iterable[Told]:
        """The bounces for good and the complaints in a request. Raises `Forged`, or `ValueError` if it is no JSON."""


def blueprint(providers: Sequence[Provider]) -> Blueprint:
    """Routes for those providers whose secrets are set; there is none for the others."""
    made = Blueprint("feedback", __name__)
    for provider in providers:
        made.add_url_rule(f"/{provider.name}", provider.name, _view(provider), methods=["POST"])
    return made


def _view(provider: Provider) -> Callable[[], Response]:
    @access("machine")
    def view() -> Response:
        request.max_content_length = BODY_LIMIT
        body = request.get_data(cache=False)
        try:
            for one in provider.events(body, request.headers):
                report_feedback(provider.name, one.event_key, one.message_id, one.kind, one.code)
        except Forged:
            abort(401)
        except (ValueError, RecursionError):
            abort(400)
        return Response("ok\n", mimetype="text/plain")

    return view


def table(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in place of anything else: what is missing in it is missing."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects in a JSON list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def word(value: Any, most: int = 998) -> str:
    """A JSON string, or nothing in place of anything else."""
    return value[:most].encode(errors="replace").decode() if isinstance(value, str) else ""


def code(value: Any) -> str:
    """A status such as `5.1.1`, or nothing: words of the other side may quote somebody."""
    text = str(value)[:12] if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if text and set(text) <= set("0123456789.") else ""


def read(body: bytes) -> Any:
    """JSON. Raises `ValueError`, also for what is no UTF-8."""
    return json.loads(body.decode())
