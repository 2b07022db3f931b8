"""JSON that means one thing only: an object without a key twice, without NaN, no deeper than a form is."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from flask import request
from flask_babel import gettext

from ..errors import Problem

JSON_TYPE = "application/json"


def json_body(types: Collection[str] = (JSON_TYPE,)) -> dict[str, Any]:
    """What was sent, as an object. Raises `Problem`, or 413 for what is too long."""
    if request.mimetype not in types:
        words = gettext("Please send JSON, with the header Content-Type: application/json.")
        raise Problem(415, "not-json", words, headers={"Accept": JSON_TYPE})
    content = request.get_data()
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed-json", _told(error)) from error
    if not isinstance(found, dict):
        raise Problem(400, "malformed-json", gettext("Please send one JSON object."))
    return found


class _Twice(ValueError):
    """An object names a key twice; which of the two is meant nobody can know."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no_number(_word: str) -> Any:
    raise ValueError


def _told(error: Exception) -> str:
    if isinstance(error, _Twice):
        return str(gettext("A field stands there twice."))
    if isinstance(error, json.JSONDecodeError):
        return str(
            gettext("This is not JSON: line %(line)s, column %(column)s.", line=error.lineno, column=error.colno)
        )
    return str(gettext("This is not JSON in UTF-8."))
