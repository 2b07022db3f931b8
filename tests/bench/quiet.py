"""Waiting for the machine to be quiet: a round beside somebody else's work measures that work."""

from __future__ import annotations

import time
from pathlib import Path

STAT = Path("/proc/stat")
ENOUGH = 0.85
"""The share of all cores that must be idle."""

PATIENCE = 8.0
LOOK = 0.4


def wait_for_quiet(patience: float = PATIENCE) -> float:
    """Wait, with patience, until little else runs; the idle share at the end. Linux only, elsewhere at once."""
    if not STAT.exists():
        return 1.0
    limit = time.monotonic() + patience
    while (idle := _idle_share()) < ENOUGH and time.monotonic() < limit:
        pass
    return idle


def _idle_share() -> float:
    before = _ticks()
    time.sleep(LOOK)
    idle, total = (after - earlier for after, earlier in zip(_ticks(), before, strict=True))
    return idle / total if total else 1.0


def _ticks() -> tuple[int, int]:
    """Idle and all ticks since the machine started."""
    figures = [int(figure) for figure in STAT.read_text().split("\n", 1)[0].split()[1:]]
    return figures[3] + figures[4], sum(figures)
