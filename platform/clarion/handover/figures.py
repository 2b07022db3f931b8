"""The totals of a pack in a reader's language, with no number so small that it tells who is behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from babel import Locale
from flask_babel import gettext

from ..domain.areas import SMALL_AREA, hide_small
from ..domain.campaign import Campaign
from ..i18n import format_number
from .snapshot import NO_PLACE, Snapshot


class Bar(TypedDict):
    """One line of a table; `aside` for what is no group of its own."""

    label: str
    n: str
    share: float
    own: bool
    aside: bool


class Table(TypedDict):
    """Totals of one kind, the largest first."""

    head: str
    rows: list[Bar]
    note: str


@dataclass(frozen=True, slots=True)
class Labels:
    """What groups that are large enough to be named are called; the others have no name."""

    languages: Mapping[str, str]
    places: Mapping[str, str]
    place: str
    """What a place is here: a district, or an area."""


def labels(snapshot: Snapshot, campaign: Campaign, language: str) -> Labels:
    """The names of languages and places, in a language; needs that locale."""
    locale = Locale.parse(language, sep="-")
    codes = [code for code, _ in hide_small(snapshot.by_language).shown]
    places = [place for place, _ in hide_small(_places(snapshot)).shown]
    name_place = partial(campaign.district_name, language=language) if campaign.districts else _area_namer(locale)
    return Labels(
        {code: _language_name(locale, code) for code in codes},
        {place: name_place(place) for place in places},
        gettext("District") if campaign.districts else gettext("Area"),
    )


def tables(snapshot: Snapshot, campaign: Campaign, named: Labels, own: str) -> list[Table]:
    """The tables of a pack: by language, and by district or area where postal codes were given."""
    found: list[Table] = []
    languages = _bars(snapshot.by_language, named.languages, "")
    if len(campaign.languages) > 1 and languages:
        found.append({"head": gettext("By the language they signed in"), "rows": languages, "note": ""})
    places = _bars(_places(snapshot), named.places, own)
    if places:
        unknown = snapshot.by_place[NO_PLACE]
        if unknown:
            words = gettext("No district known") if campaign.districts else gettext("No postal code given")
            largest = max(n for place, n in snapshot.by_place.items() if place != NO_PLACE)
            places.append(_bar(words, unknown, largest, aside=True))
        head = gettext("By district") if campaign.districts else gettext("By area")
        found.append({"head": head, "rows": places, "note": ""})
    if found and any(hide_small(counts).hidden for counts in (snapshot.by_language, _places(snapshot))):
        found[-1]["note"] = gettext(
            "Groups with fewer than %(few)s people are put together, so that no number points at anybody.",
            few=SMALL_AREA,
        )
    return found


def _places(snapshot: Snapshot) -> dict[str, int]:
    return {place: n for place, n in snapshot.by_place.items() if place != NO_PLACE}


def _bars(counts: Mapping[str, int], names: Mapping[str, str], own: str) -> list[Bar]:
    fit = hide_small(counts)
    largest = max((n for _, n in fit.shown), default=fit.hidden)
    bars = [_bar(names[key], n, largest, own=bool(own) and key == own) for key, n in fit.shown]
    if fit.hidden:
        bars.append(_bar(gettext("Smaller groups, together"), fit.hidden, largest, aside=True))
    return bars


def _bar(label: str, n: int, largest: int, *, own: bool = False, aside: bool = False) -> Bar:
    share = min(100.0, round(100 * n / max(largest, 1), 1))
    return {"label": label, "n": format_number(n), "share": share, "own": own, "aside": aside}


def _language_name(locale: Locale, code: str) -> str:
    name = str(Locale.parse(code, sep="-").get_display_name(locale) or code)
    return name[:1].upper() + name[1:]


def _area_namer(locale: Locale) -> Callable[[str], str]:
    def name(area: str) -> str:
        if area.startswith("US-"):
            return str(gettext("ZIP codes that begin with %(digits)s", digits=area[3:]))
        return str(locale.territories.get(area, area))

    return name
