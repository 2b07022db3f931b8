"""The pace of letters: each has its moment, so that an office can read them.

A recipient has a number of places on each working day, spread over the hours in which people write; a day that is full
passes the rest on to the next. So the cap of a day holds by construction.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

OPENING = time(9)
CLOSING = time(18)
"""Letters whose moment came just before five are still on their way then."""

HOURS = (1, 2, 3, 2, 2, 3, 2, 1)
"""How the letters of a day are shared out among its hours from nine to five."""

LATE = timedelta(minutes=10)
"""A letter that is later than this gets another place, or all that waited for the worker would leave together."""

AHEAD = timedelta(days=7)
"""How far ahead letters are planned: each has a row, and the last of very many signers would wait for years."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Plan:
    """How far the letters of a campaign are planned."""

    seen: datetime = LONG_AGO
    """Signatures confirmed up to then were looked at."""
    places: dict[int, tuple[date, int]] = field(default_factory=dict)
    """By addressee: the day in use, and the next place on it."""
    settled: int = 0
    """Up to this number none waits for its confirmation, so none is looked at before the next look at all of them."""
    dawn: datetime = LONG_AGO
    """What `seen` was at the last look at all of them, once a day: somebody may have withdrawn and signed again."""
    stands: str = ""
    """A mark of who stood for whom then."""
    full: str = ""
    """The day on which some mailbox had no place left within reach: the rest are planned from the next day on."""

    def to_json(self) -> str:
        """The plan as its row keeps it."""
        places = {str(id): [day.isoformat(), place] for id, (day, place) in self.places.items()}
        moments = {"seen": self.seen.isoformat(), "dawn": self.dawn.isoformat()}
        return json.dumps(
            {**moments, "places": places, "settled": self.settled, "stands": self.stands, "full": self.full}
        )

    @classmethod
    def from_json(cls, source: str) -> Plan:
        """The plan that a row kept."""
        raw = json.loads(source)
        places = {int(id): (date.fromisoformat(day), int(place)) for id, (day, place) in raw["places"].items()}
        seen, dawn = (datetime.fromisoformat(raw.get(name, LONG_AGO.isoformat())) for name in ("seen", "dawn"))
        return cls(seen, places, raw.get("settled", 0), dawn, raw.get("stands", ""), raw.get("full", ""))

    def has_place(self, addressee_id: int, moment: datetime) -> bool:
        """Whether a letter to this addressee would be planned no further ahead than letters are."""
        return addressee_id not in self.places or self.places[addressee_id][0] < (moment + AHEAD).date()

    def next_place(self, addressee_id: int, moment: datetime, most: int) -> datetime:
        """The next free moment in which this addressee can get a letter, not before `moment`."""
        day, place = self.places.get(addressee_id, (moment.date(), 0))
        if day < moment.date():
            day, place = moment.date(), 0
        while True:
            if day.weekday() < 5:
                while place < most:
                    at = _moment(day, (place + random.random()) / most, moment)  # noqa: S311 - jitter is no secret
                    place += 1
                    if at >= moment:
                        self.places[addressee_id] = (day, place)
                        return at
            day, place = day + timedelta(days=1), 0


def in_hours(moment: datetime) -> bool:
    """Whether letters may leave at a moment of the campaign's own time, or a little after the last of a day."""
    return moment.weekday() < 5 and OPENING <= moment.time() < CLOSING


def _moment(day: date, share: float, like: datetime) -> datetime:
    """The moment of a day at which this share of its letters has left."""
    left = share * sum(HOURS)
    for hour, weight in enumerate(HOURS):
        if left < weight:
            opening = datetime.combine(day, OPENING, like.tzinfo)
            return opening + timedelta(hours=hour + left / weight)
        left -= weight
    return datetime.combine(day, OPENING, like.tzinfo) + timedelta(hours=len(HOURS))
