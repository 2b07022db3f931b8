"""Nobody is texted at night, wherever they may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion_sms import hours, zones
from clarion_sms.hours import FIRST, LAST, next_allowed

DC, CHICAGO, LOS_ANGELES, HONOLULU, GUAM = (
    "+12025550123",
    "+13125550123",
    "+12135550123",
    "+18085550123",
    "+16715550123",
)
MEXICO, LONDON, NOWHERE = "+525512345678", "+442071838750", "+18005550123"


def at(words: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


CASES = {
    "by day": ("2026-07-01T12:00", DC, "20009", "2026-07-01T12:00", "America/New_York"),
    "at eight": ("2026-07-01T08:00", DC, "20009", "2026-07-01T08:00", "America/New_York"),
    "a minute before": ("2026-07-01T07:59", DC, "20009", "2026-07-01T08:00", "America/New_York"),
    "at nine": ("2026-07-01T21:00", DC, "20009", "2026-07-02T08:00", "America/New_York"),
    "a minute before nine": ("2026-07-01T20:59", DC, "20009", "2026-07-01T20:59", "America/New_York"),
    "after midnight": ("2026-07-01T00:30", DC, "20009", "2026-07-01T08:00", "America/New_York"),
    "moved to the west": ("2026-07-01T08:00", DC, "90012", "2026-07-01T11:00", "America/New_York"),
    "moved to the east": ("2026-07-01T18:30", LOS_ANGELES, "20009", "2026-07-02T08:00", "America/Los_Angeles"),
    "a state in two zones": ("2026-07-01T08:10", CHICAGO, "57701", "2026-07-01T09:00", "America/Chicago"),
    "Arizona in summer": ("2026-07-01T08:30", "+16025550123", "85001", "2026-07-01T08:30", "America/Phoenix"),
    "Hawaii": ("2026-07-01T07:00", HONOLULU, "96813", "2026-07-01T08:00", "Pacific/Honolulu"),
    "a number of Guam in Washington": ("2026-07-01T10:00", GUAM, "20009", "2026-07-01T18:00", "America/New_York"),
    "the day the clock goes on": ("2026-03-08T01:30", DC, "20009", "2026-03-08T08:00", "America/New_York"),
    "the day it goes back": ("2026-11-01T01:30", DC, "20009", "2026-11-01T08:00", "America/New_York"),
    "no code": ("2026-07-01T06:00", CHICAGO, "", "2026-07-01T08:00", "America/Chicago"),
}


@pytest.mark.parametrize("case", CASES)
def test_when_a_phone_may_be_texted(case: str) -> None:
    moment, number, code, allowed, zone = CASES[case]
    assert next_allowed(at(moment, zone), number, code, "US") == at(allowed, zone)


def test_of_whom_nothing_is_known_it_has_to_do_in_the_whole_country() -> None:
    found = next_allowed(at("2026-07-01T08:00", "America/New_York"), "+18005550123", "", "US")
    assert found == at("2026-07-01T08:00", "Pacific/Honolulu")


@given(
    minutes=st.integers(0, 2 * 365 * 1440),
    number=st.sampled_from([DC, CHICAGO, LOS_ANGELES, HONOLULU, GUAM, MEXICO, LONDON, NOWHERE]),
    code=st.one_of(st.just(""), st.integers(501, 99999).map("{:05d}".format)),
)
def test_it_is_by_day_where_they_live_not_before_and_soon(minutes: int, number: str, code: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = next_allowed(moment, number, code, "US")
    assert timedelta(0) <= found - moment < hours.LONGEST
    assert next_allowed(found, number, code, "US") == found
    for name in zones.of_postal_code(code, "US"):
        assert FIRST <= found.astimezone(ZoneInfo(name)).hour < LAST


def test_every_state_is_in_the_table() -> None:
    capitals = {
        "20001": "America/New_York",
        "35801": "America/Chicago",
        "80202": "America/Denver",
        "85001": "America/Phoenix",
        "98101": "America/Los_Angeles",
        "99801": "America/Anchorage",
        "96813": "Pacific/Honolulu",
        "00901": "America/Puerto_Rico",
        "96910": "Pacific/Guam",
    }
    for code, zone in capitals.items():
        assert zone in zones.of_postal_code(code, "US")
    assert zones.of_postal_code("09012", "US") == (), "the armed forces may be anywhere"
    assert zones.of_postal_code("20009", "MX") == ()
