"""A text to 50,000 phones in six time zones, by a clock that jumps, with five workers killed on the way."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

from clarion.testing import TABLE, Instance

ROOT = Path(__file__).parents[2]
PHONES = 50_000
KILLS = 5
EVENING = datetime(2026, 7, 2, 3, 55, tzinfo=UTC)
"""Night in New York, five minutes to nine in the evening in Los Angeles, five to six in Honolulu."""

TEXTS = """
[plugins.sms]
number = "+12025550100"
keywords = { en = ["LIBRARY"], es = ["BIBLIOTECA"] }
help = "hello@readers.example"
"""


def the_crowd() -> ModuleType:
    """The crowd of the plugin's own tests."""
    path = ROOT / "plugins" / "sms" / "tests" / "crowd.py"
    spec = importlib.util.spec_from_file_location("sms_crowd", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


@pytest.mark.timeout(3600)
def test_none_at_night_and_none_twice(
    make_instance: Callable[..., Instance], make_folder: Callable[..., Path], postgres_url: str
) -> None:
    crowd = the_crowd()
    instance = make_instance(postgres_url, plugins={"sms": {}})
    table = TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]') + TEXTS
    instance.publish(make_folder(files={"campaign.toml": table}))
    homes = crowd.add_crowd(instance, PHONES)
    begun = time.monotonic()
    came = crowd.broadcast(instance, EVENING, KILLS, PHONES)
    hours: dict[str, set[int]] = {zone: set() for zone in crowd.HOMES.values()}
    for number, moment in came.sent:
        zone = crowd.HOMES[homes[number]]
        hours[zone].add(moment.astimezone(ZoneInfo(zone)).hour)
    took = time.monotonic() - begun
    sys.stdout.write(f"{PHONES:,} phones: {came.states}, {came.kills} kills, by hours {hours}, in {took:.0f} s\n")
    assert (came.kills, came.twice) == (KILLS, [])
    assert all(8 <= hour < 21 for found in hours.values() for hour in found)
    assert set(came.states) <= {"sent", "unknown"}
    assert sum(came.states.values()) == PHONES
    assert came.states.get("unknown", 0) <= KILLS
    assert len(came.sent) >= PHONES - KILLS
