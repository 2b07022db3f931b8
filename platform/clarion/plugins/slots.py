"""What plugins add to pages: asked with a language and no request, cleaned, and kept for a minute.

So a page is the same for all who see it, and a plugin that is slow keeps one visitor a minute waiting, never each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask, g
from flask_babel import force_locale, get_locale
from markupsafe import Markup
from pydantic import ValidationError

from ..campaigns.live import LiveCampaign
from ..hookspecs import HEAD, Plugin
from ..i18n import SOURCE
from ..monitoring import log
from . import given
from .guard import Guard

KEPT = 60.0
"""Seconds."""

MOST_KEPT = 5000
"""Places that are kept; beyond that all are asked for anew."""


@dataclass(frozen=True, slots=True)
class Filler:
    """A plugin that fills places."""

    name: str
    plugin: Plugin
    hook: Callable[..., Any]
    wanted: tuple[str, ...]
    """The parameters that its hook takes."""
    guard: Guard


class Slots:
    """The places of pages, as templates ask for them."""

    def __init__(self, app: Flask, fillers: Sequence[Filler]) -> None:
        self._app, self._fillers = app, fillers
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, str, str], tuple[float, Markup]] = {}

    def __call__(self, live: LiveCampaign, language: str, slot: str) -> Markup:
        """What stands in a place: the part of each plugin, in the order of the settings."""
        fillers = [filler for filler in self._fillers if slot in filler.plugin.page_slots]
        if not fillers:
            return Markup("")
        key = (live.edition_id, language, slot)
        until, known = self._kept.get(key, (0.0, None))
        if known is not None and time.monotonic() < until:
            return known
        if not self._lock.acquire(blocking=known is None):
            return known or Markup("")  # somebody else asks just now
        try:
            until, again = self._kept.get(key, (0.0, None))
            if again is not None and time.monotonic() < until:
                return again
            return self._ask(key, fillers, live)
        finally:
            self._lock.release()

    def _ask(self, key: tuple[int, str, str], fillers: Sequence[Filler], live: LiveCampaign) -> Markup:
        parts = list(self._parts(fillers, live, key[1], key[2]))
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = time.monotonic() + KEPT, Markup("").join(parts)
        return self._kept[key][1]

    def _parts(self, fillers: Sequence[Filler], live: LiveCampaign, language: str, slot: str) -> Iterator[Markup]:
        for filler in fillers:
            ask = partial(self._fill, filler, live, language, slot)
            is_head = slot == HEAD
            checked = given.head if is_head else given.html
            html = filler.guard.ask(partial(_apart, self._app, language, ask), checked, Markup(""))
            if is_head:
                yield html
            elif html:
                yield Markup('<div class="slot text">{}</div>\n').format(html)

    def _fill(self, filler: Filler, live: LiveCampaign, language: str, slot: str) -> Any:
        table = live.campaign.plugins.get(filler.name)
        model, settings = filler.plugin.CampaignSettings, None
        if table is not None and model is not None:
            try:
                settings = model.model_validate(table)
            except ValidationError:  # of an edition from before the plugin changed its mind; others are shown
                log.warning("plugin settings out of date", campaign=live.slug, kind=filler.name)
                return ""
        there = {"slot": slot, "campaign": live.campaign, "language": language, "settings": settings}
        return filler.hook(*(there[parameter] for parameter in filler.wanted))


def shown(app: Flask, guard: Guard, render: Callable[[], Any]) -> Markup:
    """What a staff panel shows, in the language of whoever looks."""
    language = str(get_locale() or SOURCE)
    return guard.ask(partial(_apart, app, language, render), given.html, Markup(""))


def _apart(app: Flask, language: str, function: Callable[[], Any]) -> Any:
    """Call a plugin where it can render and translate, and knows nothing of who is asking."""
    with app.app_context(), force_locale(language):
        g.language = language
        return function()
