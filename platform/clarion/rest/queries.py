"""What stands behind the question mark: known names only, each once, each in words that can be mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TypeVar

from flask import request
from flask_babel import gettext
from pydantic import ValidationError

from ..errors import Problem
from .cursors import cursors
from .schema import PageQuery, Shape, SinceQuery

Query = TypeVar("Query", bound=Shape)

SHOWN = 60
"""So many characters of an unknown name are given back."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    beyond: int | None
    """The last number of the page before; `None` for the first page."""
    most: int
    since: datetime | None = None


def read_page(place: str, model: type[PageQuery]) -> Page:
    """The part that was asked for of the list called `place`. Raises `Problem`."""
    given = read_query(model)
    beyond = None
    if given.cursor is not None:
        beyond = cursors().read(place, given.cursor)
        if beyond is None:
            words = gettext("This cursor is not one of this list. Begin again without one.")
            raise Problem(400, "cursor-unknown", words)
    since = given.since if isinstance(given, SinceQuery) else None
    return Page(beyond, given.limit, since.astimezone(UTC) if since else None)


def read_query(model: type[Query]) -> Query:
    """What stands behind the question mark, as `model` has it. Raises `Problem`."""
    errors: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    for name, all_of_it in request.args.lists():
        if name not in model.model_fields:
            errors[shown(name)] = [unknown_name(name, model.model_fields)]
        elif len(all_of_it) > 1:
            errors[name] = [gettext("It stands there twice.")]
        else:
            values[name] = all_of_it[0]
    found = None
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            errors.setdefault(str(one["loc"][0]), [_meant(str(one["loc"][0]))])
    if isinstance(found, SinceQuery) and found.since is not None and not _has_zone(found.since):
        errors["since"] = [_meant("since")]
    if errors or found is None:
        raise Problem(422, "query-invalid", gettext("The address asks for what cannot be given."), errors)
    return found


def unknown_name(name: str, known: Iterable[str]) -> str:
    """That there is no field with this name, and which was meant."""
    names = sorted(known)
    words = str(gettext('There is no "%(name)s" here.', name=shown(name)))
    near = get_close_matches(name[:SHOWN], names, n=1, cutoff=0.6)
    if near:
        meant = gettext('Did you mean "%(name)s"?', name=near[0])
        return f"{words} {meant}"
    if not names:
        return words
    there = gettext("Known here: %(names)s.", names=", ".join(names))
    return f"{words} {there}"


def shown(name: str) -> str:
    """A name that somebody sent, fit to be given back."""
    return "".join(c if c.isprintable() else "?" for c in name[:SHOWN])


def _has_zone(moment: datetime) -> bool:
    """Whether it names its offset and has a place in UTC, which the first and last day of the calendar may not."""
    try:
        return moment.tzinfo is not None and moment.astimezone(UTC).year >= 1970
    except OverflowError:
        return False


def _meant(name: str) -> str:
    if name in ("page", "per_page"):
        return str(gettext("Please write a whole number, 1 or more."))
    if name == "limit":
        return str(gettext("Please write a whole number from 1 to 100."))
    if name == "since":
        return str(gettext("Please write a moment with its offset, such as 2026-07-12T00:00:00Z."))
    return str(gettext("This cannot be read."))
