"""The sites of a campaign's partners, as plugins know them: their pages may sign by script."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..campaigns.live import LiveCampaign
from . import given
from .guard import Guard

KEPT = 60.0
"""Seconds."""

MOST_KEPT = 1000
"""Editions whose origins are kept; beyond that all are asked for anew."""


@dataclass(frozen=True, slots=True)
class Knower:
    """A plugin that knows origins."""

    hook: Callable[..., Any]
    wanted: tuple[str, ...]
    """The parameters that its hook takes."""
    guard: Guard


class Origins:
    """The origins of campaigns. A plugin that fails names none, so it opens nothing."""

    def __init__(self, knowers: Sequence[Knower]) -> None:
        self._knowers = knowers
        self._kept: dict[int, tuple[float, Mapping[str, str]]] = {}

    def __call__(self, live: LiveCampaign) -> Mapping[str, str]:
        """Each origin with the organisation whose place it is. One that two plugins name is the first one's."""
        until, known = self._kept.get(live.edition_id, (0.0, {}))
        if time.monotonic() < until:
            return known
        found: dict[str, str] = {}
        nobody: Mapping[str, str] = {}
        for knower in self._knowers:
            ask = partial(knower.hook, live.campaign) if knower.wanted else knower.hook
            brought = knower.guard.ask(ask, given.origins, nobody)
            found = {**{o: i for o, i in brought.items() if live.campaign.organisation(i)}, **found}
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[live.edition_id] = time.monotonic() + KEPT, found
        return found
