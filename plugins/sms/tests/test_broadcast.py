"""A text to many: by day only, wherever they live, to each once, whatever dies on the way.

tests/faults has the long form, with fifty thousand.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from .crowd import HOMES, add_crowd, broadcast

PHONES = 600
KILLS = 5
EVENING = datetime(2026, 7, 2, 3, 55, tzinfo=UTC)
"""Night in New York, five minutes to nine in the evening in Los Angeles, five to six in Honolulu."""


@pytest.mark.timeout(600)
def test_none_at_night_and_none_twice(phones) -> None:
    homes = add_crowd(phones.instance, PHONES)
    came = broadcast(phones.instance, EVENING, KILLS, PHONES)
    assert came.kills == KILLS
    assert came.twice == []
    hours = {HOMES[homes[number]]: set() for number in homes}
    for number, moment in came.sent:
        zone = HOMES[homes[number]]
        hours[zone].add(moment.astimezone(ZoneInfo(zone)).hour)
    assert all(8 <= hour < 21 for found in hours.values() for hour in found), hours
    assert set(came.states) <= {"sent", "unknown"}
    unknown = came.states.get("unknown", 0)
    assert unknown <= KILLS
    assert len(came.sent) >= PHONES - KILLS
    assert sum(came.states.values()) == PHONES
    sys.stdout.write(f"{PHONES:,} phones: {came.states}, {came.kills} kills, by hours {hours}\n")
