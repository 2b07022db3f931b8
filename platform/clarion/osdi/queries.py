"""What stands behind the question mark of a list: a page by its number or by a cursor, and one filter."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext
from pydantic import Field

from ..domain.addresses import read_address
from ..errors import Problem
from ..rest.cursors import cursors
from ..rest.queries import read_query
from ..rest.schema import Shape

MOST = 25
"""Resources in one page at most, as in Action Network's."""

REACH = 10_000
"""So far page numbers reach, and so far is counted: what finding a page costs has an end. Cursors lead further."""

POSSIBLE = {
    "modified_date": ("gt", "modified_date gt '2026-07-12T00:00:00Z'"),
    "email_address": ("eq", "email_address eq 'ana@readers.example'"),
    "identifier": ("eq", "identifier eq 'clarion:12'"),
}
"""The filters there are: field, operation, and how it is written."""

_FILTER = re.compile(r"\s*(\w+)\s+(\w+)\s+(?:'(.*)'|\"(.*)\"|([^'\"\s]+))\s*", re.ASCII)


class ListQuery(Shape):
    """What may stand there."""

    page: int = Field(1, ge=1)
    per_page: int = Field(MOST, ge=1)
    cursor: str | None = None
    filter: str | None = None


class PetitionQuery(Shape):
    """The same of one petition."""

    language: str | None = None


class PetitionsQuery(ListQuery):
    """The same of petitions."""

    language: str | None = None


class HelperQuery(PetitionQuery):
    """The same of a helper."""

    background_request: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for."""

    since: datetime | None = None
    mailbox: str | None = None
    """The canonical spelling of an address."""
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a list is wanted."""

    page: int
    per_page: int
    beyond: int | None
    """The last number of the page before, where a cursor tells it."""
    cursor: str
    filter: Filter
    told: Mapping[str, Any]
    """What the neighbours of this page are asked for too."""
    language: str | None = None

    @property
    def start(self) -> int:
        """The place of the page's first, where its number tells it."""
        return (self.page - 1) * self.per_page


def read_list(model: type[ListQuery], filters: Collection[str], place: str = "") -> Asked:
    """The part that is asked for of a list, whose cursors are good for `place` alone. Raises `Problem`."""
    given = read_query(model)
    per_page = min(given.per_page, MOST)
    beyond = None
    if given.cursor is not None:
        beyond = cursors().read(place, given.cursor)
        if beyond is None:
            words = gettext("This cursor is not one of this list. Begin again without one.")
            raise Problem(400, "cursor-unknown", words)
    elif (given.page - 1) * per_page >= REACH:
        words = gettext("Page numbers end at %(most)s records. Follow the link to the next page instead.", most=REACH)
        raise Problem(422, "query-invalid", gettext("The address asks for what cannot be given."), {"page": [words]})
    language = given.language if isinstance(given, PetitionsQuery) else None
    told = {"filter": given.filter, "language": language}
    return Asked(given.page, per_page, beyond, given.cursor or "", read_filter(given.filter, filters), told, language)


def read_filter(text: str | None, possible: Collection[str]) -> Filter:
    """A filter in the little of OData that is understood; quotes may be left out. Raises `Problem`."""
    if text is None:
        return Filter()
    found = _FILTER.fullmatch(text)
    field, operation = (found[1], found[2]) if found else ("", "")
    if found is None or field not in possible or POSSIBLE[field][0] != operation.lower():
        raise _refused(possible)
    value = next(one for one in found.groups()[2:] if one is not None).replace("''", "'")
    if field == "identifier":
        return Filter(identifier=value)
    try:
        return (
            Filter(since=_moment(value)) if field == "modified_date" else Filter(mailbox=read_address(value).canonical)
        )
    except (ValueError, OverflowError) as error:
        raise _refused((field,)) from error


def _moment(text: str) -> datetime:
    """A moment, of UTC where it does not say; the minute it is in counts, as times are kept to the minute."""
    found = datetime.fromisoformat(text)
    whole = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    if whole.year < 1970:
        raise ValueError
    return whole.replace(second=0, microsecond=0)


def _refused(possible: Collection[str]) -> Problem:
    written = ", ".join(POSSIBLE[name][1] for name in POSSIBLE if name in possible)
    words = gettext("This filter is not understood here. What can be asked for: %(written)s.", written=written)
    return Problem(400, "filter-unknown", words)
