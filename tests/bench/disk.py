"""The disk by itself: how long a writer waits who does nothing but what PostgreSQL must do before an answer."""

from __future__ import annotations

import bisect
import os
import time
from dataclasses import dataclass
from pathlib import Path

SIZE = 16 * 1024
"""Bytes of one write; what PostgreSQL writes for a transaction of some signatures is a little more."""

APART = 0.006
"""Seconds from one write to the next, about as often as PostgreSQL flushes in a burst."""

FILE = 64 * 2**20
ARRIVAL = 0.002
"""Seconds between two who arrive, at 500 a second."""


@dataclass(frozen=True, slots=True)
class DiskAlone:
    """What one who arrives at any moment waits until a write that began after it is on disk, in seconds."""

    p99: float
    worst: float


def disk_alone(folder: Path, seconds: float) -> DiskAlone:
    """Write a little and flush it, again and again, as no site can do less; the file is there already, as a log is."""
    path = folder / "disk-alone"
    block = os.urandom(SIZE)
    begun: list[float] = []
    ended: list[float] = []
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for place in range(0, FILE, SIZE):
            os.pwrite(handle, block, place)
        os.fsync(handle)
        start = time.monotonic()
        while (moment := time.monotonic()) < start + seconds:
            os.pwrite(handle, block, len(begun) * SIZE % FILE)
            os.fdatasync(handle)
            begun.append(moment)
            ended.append(time.monotonic())
            time.sleep(max(0.0, moment + APART - ended[-1]))
    finally:
        os.close(handle)
        path.unlink()
    waits = _waits(begun, ended)
    return DiskAlone(waits[int(len(waits) * 0.99)], waits[-1])


def _waits(begun: list[float], ended: list[float]) -> list[float]:
    """The waits of all who arrive at a fixed pace, the shortest first."""
    arrivals = (begun[0] + number * ARRIVAL for number in range(int((begun[-1] - begun[0]) / ARRIVAL)))
    return sorted(ended[bisect.bisect_left(begun, arrival)] - arrival for arrival in arrivals)
