"""How often programs may call: by key, and without one by network, in minutes that all processes share.

Each process counts for itself and asks the broker's store only about callers that stand out, so that a call makes no
network call of ours for anybody else. While the store is away each process counts alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from ..broker import REST
from ..limits import STANDS_OUT, shared_store
from ..monitoring import report
from ..settings import Settings

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands within this minute."""

    quota: int
    remaining: int
    """Below zero, the caller is over."""
    reset: int
    """Seconds until the next minute begins."""

    @property
    def headers(self) -> dict[str, str]:
        """What draft-ietf-httpapi-ratelimit-headers has the answer say."""
        return {
            "RateLimit-Policy": f'"minute";q={self.quota};w={SECONDS}',
            "RateLimit": f'"minute";r={max(self.remaining, 0)};t={self.reset}',
        }


class Pace:
    """The counts of one process."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._store = shared_store(settings)
        self._guard = threading.Lock()
        self._window = -1
        self._seen: dict[str, int] = {}
        self._not_before = 0.0

    def count(self, mark: str, quota: int) -> Standing:
        """Count one call and tell where its caller stands."""
        moment = self.clock()
        window = int(moment // SECONDS)
        with self._guard:
            if window != self._window:
                self._window, self._seen = window, {}
            seen = self._seen[mark] = self._seen.get(mark, 0) + 1
        threshold = max(1, quota // STANDS_OUT)
        if self._store is not None and seen >= threshold:
            seen = max(seen, self._everywhere(f"api:{mark}:{window}", seen if seen == threshold else 1))
        return Standing(quota, quota - seen, max(1, round((window + 1) * SECONDS - moment)))

    def _everywhere(self, key: str, how_many: int) -> int:
        if self._store is None or time.monotonic() < self._not_before:
            return 0
        try:
            return int(self._store.incr(key, 2 * SECONDS, how_many))
        except Exception as error:  # noqa: BLE001 - whatever the store says, calls are answered
            self._not_before = time.monotonic() + REST
            report(error, "limits counted in memory")
            return 0


def init_pace(app: Flask, settings: Settings) -> None:
    """Give the app its counts."""
    app.extensions["clarion.pace"] = Pace(settings)
