"""Pictures that are drawn when they are asked for, and kept until what they show has changed.

Anybody may ask for one, and nobody can make us draw by asking: of each only the newest is kept, one is drawn at a time,
and each at most once a minute. Who asks in between gets the last one. Only where there is none yet a few wait for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask, Response, current_app, request

from ..campaigns.live import LiveCampaign
from ..extensions import db
from ..monitoring import report
from ..typesetting.pictures import Drawing, draw

EVERY_SECONDS = 60.0
"""How old a picture is before it is drawn anew, or tried again after a failure."""

WAITING, PATIENCE = 8, 5.0
"""How many wait for a first picture at most, and for how many seconds: threads are there for those who sign."""


class Key(NamedTuple):
    """Which picture it is: whatever it shows, one is kept."""

    kind: str
    campaign_id: int
    language: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One as it was drawn last."""

    digest: str
    png: bytes
    """Empty where drawing failed."""
    drawn_at: float


class Gallery:
    """The pictures of one process."""

    def __init__(
        self, drawing_of: Callable[[Drawing], bytes] = draw, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._draw, self._clock = drawing_of, clock
        self._guard = threading.Lock()
        self._kept: dict[Key, Picture] = {}
        self._at_work: dict[Key, Future[None]] = {}
        self._places = threading.BoundedSemaphore(WAITING)
        self._painter = ThreadPoolExecutor(1, "gallery")

    def get(self, key: Key, wanted: Drawing) -> Picture | None:
        """The picture that is wanted, or the last one while it is drawn; `None` where there is none yet."""
        with self._guard:
            known = self._kept.get(key)
            if key not in self._at_work and self._is_due(known, wanted):
                self._at_work[key] = self._painter.submit(self._renew, key, wanted)
            work = self._at_work.get(key)
        if known is None and work is not None:
            known = self._wait(key, work)
        return known if known and known.png else None

    def _is_due(self, known: Picture | None, wanted: Drawing) -> bool:
        if known is None:
            return True
        return known.digest != wanted.digest and self._clock() - known.drawn_at >= EVERY_SECONDS

    def _wait(self, key: Key, work: Future[None]) -> Picture | None:
        if not self._places.acquire(blocking=False):
            return None
        try:
            db.session.remove()  # who waits leaves the database to others
            work.exception(PATIENCE)
        except TimeoutError:
            return None
        finally:
            self._places.release()
        return self._kept.get(key)

    def _renew(self, key: Key, wanted: Drawing) -> None:
        before = self._kept.get(key)
        digest, png = (before.digest, before.png) if before else ("", b"")
        try:
            digest, png = wanted.digest, self._draw(wanted)
        except Exception as error:  # noqa: BLE001 - a picture that cannot be drawn keeps nobody from signing
            report(error, "picture not drawn", kind=key.kind)
        with self._guard:
            self._kept[key] = Picture(digest, png, self._clock())
            del self._at_work[key]


def init_gallery(app: Flask) -> None:
    """Give the app its gallery."""
    app.extensions["clarion.gallery"] = Gallery()


def show_picture(kind: str, live: LiveCampaign, language: str, wanted: Drawing, seconds: int) -> Response:
    """Answer with a campaign's picture, which caches may keep for so many seconds; with a 503 while there is none."""
    gallery: Gallery = current_app.extensions["clarion.gallery"]
    picture = gallery.get(Key(kind, live.id, language), wanted)
    if picture is None:
        return Response(status=503, headers={"Retry-After": "10"})
    response = Response(picture.png, content_type="image/png")
    response.headers["Cache-Control"] = f"public, max-age={seconds}, stale-while-revalidate=86400, stale-if-error=86400"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(picture.digest)
    response.make_conditional(request)
    return response
