"""Error pages: in the reader's language, saying what to do, and never a trace."""

from __future__ import annotations

from flask import Flask, make_response, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError, ServiceUnavailable
from werkzeug.wrappers import Response

from .extensions import AWAY
from .monitoring import report


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
    if isinstance(error, SecurityError):
        # for a host that is not ours no address can be built, so the page's frame cannot either
        return Response("This host is not served here.", status, content_type="text/plain; charset=utf-8")
    title, message = _words(status)
    response = make_response(render_template("error.html", status=status, title=title, message=message), status)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


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
