"""The front desk: campaign pages, facts and static files answered from memory, before Flask is entered.

A page is rendered once for each edition, language, count and hour, and packed once in each encoding.
A thread looks twice a second for what changed; a request only looks into a dictionary. So a page view
costs next to nothing, and pages stay up while the database is away. Who comes by a share link gets the same page with
a few places filled.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import brotli
from flask import Flask
from markupsafe import escape
from werkzeug.http import parse_accept_header, parse_etags, unquote_etag
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.test import create_environ, run_wsgi_app

from ..assets import Assets
from ..campaigns.live import live_campaigns
from ..domain.arrivals import NOTHING, Arrival
from ..extensions import now
from ..monitoring import report
from . import arriving
from .headings import paths as paths_of_news
from .render import news_stamp, page_stamp

REFRESH_SECONDS = 0.5
QUICKLY = 1
"""How hard gzip tries for a page that one visitor gets."""

SMALL = 256
"""Bytes below which packing is not worth it."""


@dataclass(slots=True)
class Answer:
    """A response ready to be sent in any encoding."""

    etag: str
    headers: list[tuple[str, str]]
    bodies: dict[str, bytes]
    stamp: object = None
    sent: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)
    """The page at the places that say how its visitor came; one piece where it has none."""

    @classmethod
    def make(
        cls, body: bytes, etag: str, headers: list[tuple[str, str]], *, best: bool, stamp: object = None
    ) -> Answer:
        """Pack a body; `best` takes longer and is for what never changes."""
        bodies = {"identity": body}
        if len(body) > SMALL:
            bodies["gzip"] = gzip.compress(body, 9 if best else 5, mtime=0)
            bodies["br"] = brotli.compress(body, quality=11 if best else 5)
        answer = cls(etag, [*headers, ("ETag", f'"{etag}"'), ("Vary", "Accept-Encoding")], bodies, stamp)
        if dict(headers).get("Content-Type", "").startswith("text/html"):
            answer.pieces = arriving.cut(body.decode())
        for encoding, packed in bodies.items():
            extra = [] if encoding == "identity" else [("Content-Encoding", encoding)]
            answer.sent[encoding] = [*answer.headers, *extra, ("Content-Length", str(len(packed)))]
        return answer

    def filled(self, arrival: Arrival, encodings: tuple[str, ...]) -> tuple[bytes, list[tuple[str, str]]]:
        """The page for who came like this, with its headers; it has no tag, as nobody asks for just this one again."""
        body = str(escape(arrival.query)).join(self.pieces).encode()
        headers = [(name, value) for name, value in self.headers if name != "ETag"]
        if "gzip" in encodings:
            body = gzip.compress(body, QUICKLY, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        return body, [*headers, ("Content-Length", str(len(body)))]


class Front:
    """The WSGI layer before the app. What it does not know goes on to Flask."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.inner = app.wsgi_app
        self._base_url: str = app.extensions["clarion.settings"].site.base_url
        self._hosts = frozenset(app.config["TRUSTED_HOSTS"])
        self._known_hosts: dict[str, bool] = {}
        self._encodings: dict[str, tuple[str, ...]] = {}
        self._answers: dict[str, Answer] = {}
        self._started = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer from memory, or pass on."""
        answer = self._answers.get(environ["PATH_INFO"])
        method = environ["REQUEST_METHOD"]
        if answer is None or method not in ("GET", "HEAD") or not self._is_our_host(environ.get("HTTP_HOST", "")):
            return self.inner(environ, start_response)
        encodings = self._accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))
        query = environ["QUERY_STRING"]
        if query and len(answer.pieces) > 1 and (arrival := Arrival.from_query(query)) != NOTHING:
            body, headers = answer.filled(arrival, encodings)
            start_response("200 OK", headers)
            return [b"" if method == "HEAD" else body]
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted and parse_etags(wanted).contains_weak(answer.etag):
            start_response("304 Not Modified", answer.headers)
            return [b""]
        encoding = next((encoding for encoding in encodings if encoding in answer.bodies), "identity")
        start_response("200 OK", answer.sent[encoding])
        return [b"" if method == "HEAD" else answer.bodies[encoding]]

    def start(self) -> None:
        """Fill the memory and keep it fresh from now on; in the process that serves, after any fork."""
        with self._started:
            if self._thread is None:
                self._add_assets()
                self.refresh()
                self._thread = threading.Thread(target=self._keep_fresh, name="front", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()

    def refresh(self) -> None:
        """Bring the memory to what is published now; on failure what was there stays."""
        try:
            stamps = self._stamps()
        except Exception as error:  # noqa: BLE001 - pages stay up whatever is wrong behind them
            report(error, "pages not refreshed")
            return
        fresh = {path: answer for path, stamp in stamps.items() if (answer := self._fresh(path, stamp))}
        static = {path: answer for path, answer in self._answers.items() if path.startswith("/static/")}
        self._answers = {**static, **fresh}

    def _stamps(self) -> dict[str, object]:
        """The addresses that are kept, each with what its bytes are made from."""
        stamps: dict[str, object] = {}
        with self.app.app_context():
            for live in live_campaigns().all():
                if live.campaign.state(now()) != "draft":
                    paths = [f"/{live.slug}/{language}" for language in live.campaign.languages]
                    stamps |= dict.fromkeys([*paths, f"/{live.slug}.json"], page_stamp(live, now()))
                    read = [path for language in live.campaign.languages for path in paths_of_news(live, language)]
                    stamps |= dict.fromkeys(read, news_stamp(live, now()))
        return stamps

    def _fresh(self, path: str, stamp: object) -> Answer | None:
        """The answer for an address; one that fails keeps what it had and harms no other (rule 13)."""
        known = self._answers.get(path)
        if known and known.stamp == stamp:
            return known
        try:
            return self._ask(path, stamp)
        except Exception as error:  # noqa: BLE001 - other campaigns are shown whatever is wrong with this one
            report(error, "page not refreshed")
            return known

    def _ask(self, path: str, stamp: object = None) -> Answer:
        """Ask the app as a visitor would, so that its headers are those of every other answer."""
        environ = create_environ(path, self._base_url)
        chunks, status, headers = run_wsgi_app(self.inner, environ, buffered=True)
        if not status.startswith("200"):
            raise LookupError(f"{path} is answered with {status}")
        body = b"".join(chunks)
        etag = unquote_etag(headers.get("ETag"))[0] or hashlib.sha256(body).hexdigest()[:24]
        kept = [(k, v) for k, v in headers if k not in ("Content-Length", "ETag", "Vary", "Date")]
        return Answer.make(body, etag, kept, best=stamp is None, stamp=stamp)

    def _add_assets(self) -> None:
        assets: Assets = self.app.extensions["clarion.assets"]
        paths = [f"/static/{name}" for name in assets.bodies]
        self._answers.update({path: self._ask(path) for path in paths})

    def _keep_fresh(self) -> None:
        while not self._stop.wait(REFRESH_SECONDS):
            started = time.monotonic()
            self.refresh()
            if (spent := time.monotonic() - started) > REFRESH_SECONDS:
                self._stop.wait(spent)

    def _is_our_host(self, host: str) -> bool:
        known = self._known_hosts.get(host)
        if known is None:
            known = host_is_trusted(host, self._hosts)
            if len(self._known_hosts) < 100:
                self._known_hosts[host] = known
        return known

    def _accepted(self, header: str) -> tuple[str, ...]:
        """The encodings of ours that a browser takes, the best first."""
        encodings = self._encodings.get(header)
        if encodings is None:
            offered = parse_accept_header(header)
            encodings = tuple(encoding for encoding in ("br", "gzip") if offered.quality(encoding) > 0)
            if len(self._encodings) < 100:
                self._encodings[header] = encodings
        return encodings


def install_front(app: Flask) -> Front:
    """Put the front desk before the app."""
    front = Front(app)
    app.wsgi_app = front  # type: ignore[method-assign]
    app.extensions["clarion.front"] = front
    return front
