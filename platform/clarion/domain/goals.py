"""The goal that raises itself, so that a campaign is always on its way to the next step."""

from __future__ import annotations

_STEPS = (100, 150, 250, 500, 750)


def current_goal(count: int, first: int) -> int:
    """The goal to show: the campaign's own until it is reached, then the next round figure above.

    Steps are 1, 1.5, 2.5, 5 and 7.5 times a power of ten: near enough to be reached, round enough
    to be said aloud.
    """
    if count < first:
        return first
    scale = 1
    while True:
        for step in _STEPS:
            if step * scale > max(count, first):
                return step * scale
        scale *= 10


def percent(count: int, goal: int) -> int:
    """How far the count is on its way, 0 to 100; one signature is never shown as nothing."""
    if count <= 0:
        return 0
    return min(100, max(1, count * 100 // goal))


def at_least(count: int) -> int:
    """The count in a round figure that it has reached, for what is looked at long after it was made.

    Two digits say enough, and tens below a hundred. Below ten there is nothing to tell yet: 0.
    """
    step = int("1" + "0" * max(1, len(str(count)) - 2))
    return count // step * step
