"""What changes on a page without a new edition: count, approved reasons and news, a few moments old at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app

from ..extensions import AWAY, db
from ..signatures import counting, reasons
from ..signatures.reasons import ShownReason
from ..updates import shown
from ..updates.shown import Shown, ShownUpdate

FRESH_SECONDS = 0.5
REASONS_FRESH_SECONDS = 2.0
UPDATES_FRESH_SECONDS = 2.0

Known = TypeVar("Known")


class Pulse:
    """One read for all visitors: a thousand page views a second ask the database twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, int] = {}
        self._counted_at = float("-inf")
        self._forgotten = 0
        self._brought: dict[int, tuple[float, dict[str, int]]] = {}
        self._reasons: dict[int, tuple[float, tuple[ShownReason, ...]]] = {}
        self._updates: Shown = {}
        self._updates_read_at = float("-inf")

    def count(self, campaign_id: int) -> int:
        """The confirmed signatures of a campaign."""
        stale = time.monotonic() - self._counted_at >= FRESH_SECONDS
        # one asks for all; the others show what is known, and wait only where nothing is
        if stale and self._lock.acquire(blocking=self._counted_at == float("-inf")):
            try:
                if time.monotonic() - self._counted_at >= FRESH_SECONDS:
                    forgotten = self._forgotten
                    self._counts = self._known_or(counting.all_counts, self._counts)
                    if forgotten == self._forgotten:
                        self._counted_at = time.monotonic()
            finally:
                self._lock.release()
        return self._counts.get(campaign_id, 0)

    def forget(self) -> None:
        """Count anew at the next question: somebody is about to look at their own signature.

        What is being read at this moment may be from before it, so it does not count as fresh either.
        """
        self._forgotten += 1
        self._counted_at = float("-inf")

    def brought(self, campaign_id: int) -> dict[str, int]:
        """How many each organisation of a campaign brought, by its places, its links, and those who passed them on."""
        read_at, known = self._brought.get(campaign_id, (float("-inf"), {}))
        if time.monotonic() - read_at >= FRESH_SECONDS:
            known = self._known_or(lambda: dict(counting.breakdown(campaign_id).by_brought), known)
            self._brought[campaign_id] = (time.monotonic(), known)
        return known

    def reasons(self, campaign_id: int) -> tuple[ShownReason, ...]:
        """The approved reasons of a campaign."""
        read_at, known = self._reasons.get(campaign_id, (float("-inf"), ()))
        if time.monotonic() - read_at >= REASONS_FRESH_SECONDS:
            known = self._known_or(lambda: tuple(reasons.shown(campaign_id)), known)
            self._reasons[campaign_id] = (time.monotonic(), known)
        return known

    def updates(self, campaign_id: int) -> tuple[ShownUpdate, ...]:
        """The public updates of a campaign, the newest first."""
        if time.monotonic() - self._updates_read_at >= UPDATES_FRESH_SECONDS:
            self._updates = self._known_or(lambda: shown.read(self._updates), self._updates)
            self._updates_read_at = time.monotonic()
        return self._updates.get(campaign_id, ())

    @staticmethod
    def _known_or(read: Callable[[], Known], known: Known) -> Known:
        """What is read, or what was known while the database is away."""
        try:
            return read()
        except AWAY:
            db.session.rollback()
            return known


def init_pulse(app: Flask) -> None:
    """Give the app its pulse."""
    app.extensions["clarion.pulse"] = Pulse()


def pulse() -> Pulse:
    """The pulse of the current app."""
    found: Pulse = current_app.extensions["clarion.pulse"]
    return found
