"""Quiet hours: no text that nobody asked for at this moment comes at night, wherever its reader may be.

In the United States 8 in the morning to 9 at night at the called party's location (47 CFR 64.1200(c)(1)). Where a phone
may be in several time zones, a moment has to do in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from . import zones

FIRST, LAST = 8, 21
"""Hours of the clock between which texts may come."""

LONGEST = timedelta(hours=48)


def next_allowed(moment: datetime, number: str, postal_code: str = "", country: str = "") -> datetime:
    """The moment itself (aware, in UTC) where a phone may be texted then, else the next one at which it may.

    Two zones always share an hour of the day; where many are possible and none does in all, the home decides.
    """
    home = zones.of_postal_code(postal_code, country)
    possible = tuple(dict.fromkeys([*home, *zones.of_number(number)])) or zones.of_country(country) or ("UTC",)
    found = _in_all(moment, possible)
    if found is None:
        found = _in_all(moment, home or possible[:1])
    assert found is not None, "the zones of one home have hours in common"
    return found


def _in_all(moment: datetime, names: Sequence[str]) -> datetime | None:
    """The next moment that does in all zones; `None` where there is none."""
    at = moment
    while at - moment <= LONGEST:
        later = max(_in_one(at, ZoneInfo(name)) for name in names)
        if later == at:
            return at
        at = later
    return None


def _in_one(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    if FIRST <= local.hour < LAST:
        return moment
    day = local.date() + timedelta(days=local.hour >= LAST)
    return datetime.combine(day, time(FIRST), zone).astimezone(moment.tzinfo)
