"""Error pages: in the reader's language, saying what to do, and never a trace.

Programs get theirs as problem details (RFC 9457): everything below `/api/` is asked by one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Flask, make_response, render_template, request
from flask_babel import get_locale, gettext
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError, ServiceUnavailable
from werkzeug.wrappers import Response

from .extensions import AWAY
from .monitoring import report

FOR_PROGRAMS = "/api/"
PROBLEM_TYPE = "application/problem+json"


class Problem(HTTPException):
    """An error for a program, in words for the person who wrote it."""

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = status
        self.problem = name
        """What is wrong, in a word that stays the same in every language."""
        self.errors = errors
        """What is wrong with each field."""
        self.headers = dict(headers or {})
        self.language = _language()
        """The language of its words, which need not be the one that the caller's browser asks for."""


def init_errors(app: Flask) -> None:
    """Bind the error pages to the app."""
    app.register_error_handler(HTTPException, show)
    for away in AWAY:
        app.register_error_handler(away, _database_away)
    app.register_error_handler(Exception, _unexpected)


def show(error: HTTPException) -> Response:
    """The page for an HTTP error."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    if request.path.startswith(FOR_PROGRAMS):
        return _as_problem(error, status)
    if isinstance(error, SecurityError):
        # for a host that is not ours no address can be built, so the page's frame cannot either
        return Response("This host is not served here.", status, content_type="text/plain; charset=utf-8")
    title, message = _words(status)
    response = make_response(render_template("error.html", status=status, title=title, message=message), status)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _as_problem(error: HTTPException, status: int) -> Response:
    """The same for a program."""
    known = error if isinstance(error, Problem) else None
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Error"
    body: dict[str, object] = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "detail": (known.description if known else "") or _detail(status),
        "code": known.problem if known else phrase.lower().replace(" ", "-"),
    }
    if known and known.errors:
        body["errors"] = {name: list(words) for name, words in known.errors.items()}
    response = Response(json.dumps(body, ensure_ascii=True, indent=2) + "\n", status, content_type=PROBLEM_TYPE)
    response.headers["Content-Language"] = known.language if known else _language()
    own = list(known.headers.items()) if known else error.get_headers()
    for name, value in own:
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _language() -> str:
    return str(get_locale() or "en").replace("_", "-")


def _detail(status: int) -> str:
    if status in (404, 410):
        return str(gettext("There is nothing at this address, or not for whoever asks."))
    if status == 405:
        return str(gettext("This address does not take this method."))
    if status == 413:
        return str(gettext("What was sent is too long."))
    if status == 415:
        return str(gettext("Please send JSON, with the header Content-Type: application/json."))
    if status == 503:
        return str(gettext("Nothing can be saved just now. Please try again in a moment."))
    if status >= 500:
        return str(gettext("This is our mistake. Please try again in a minute."))
    return str(gettext("What was sent could not be read."))


def _database_away(error: Exception) -> Response:
    report(error, "database away", endpoint=request.endpoint)
    response = show(ServiceUnavailable())
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    report(error, "unexpected error", endpoint=request.endpoint)
    return show(InternalServerError())


def _words(status: int) -> tuple[str, str]:
    if status in (404, 410):
        return gettext("Nothing here"), gettext("This page does not exist, or not any more. Please check the address.")
    if status == 405:
        return gettext("Not this way"), gettext("This address cannot be opened like this. Please go back to the page.")
    if status == 413:
        return gettext("Too much text"), gettext("What was sent is too long. Please go back and shorten it.")
    if status == 503:
        return gettext("One moment, please"), gettext("We cannot save anything just now. Please try again in a minute.")
    if status >= 500:
        return gettext("Something went wrong"), gettext("This is our mistake. Please try again in a minute.")
    return gettext("That did not work"), gettext("What was sent could not be read. Please go back and try again.")
