"""Leaves an endpoint alone that fails again and again, so that it costs little and nothing is tried in vain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES = 5
"""In a row, until it is left alone."""

FIRST, LONGEST = 30, 600
"""Seconds for which it is left alone: twice as long after each try in vain."""


@dataclass(slots=True)
class Breaker:
    """Of one endpoint, in one process."""

    in_a_row: int = 0
    until: datetime | None = None

    def is_open(self, moment: datetime) -> bool:
        """Whether nothing is sent there now."""
        return self.until is not None and moment < self.until

    @property
    def careful(self) -> bool:
        """Whether only one thing is tried, to see whether it works again."""
        return self.in_a_row >= FAILURES

    def failed(self, moment: datetime) -> None:
        """A try was in vain."""
        self.in_a_row += 1
        if self.careful:
            seconds = min(FIRST * 2 ** min(self.in_a_row - FAILURES, 10), LONGEST)
            self.until = moment + timedelta(seconds=seconds)

    def worked(self) -> None:
        """It answered."""
        self.in_a_row, self.until = 0, None
