"""`clarion serve`: web, worker and schedule in one process, folders published as they change."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import watchfiles
from flask import Flask
from waitress.server import create_server

from . import migrations
from .campaigns import service
from .campaigns.live import live_campaigns
from .campaigns.loader import Loaded
from .monitoring import log, report
from .pages.front import install_front
from .sealing import Keyring
from .settings import Settings
from .worker import Worker

THREADS = 12
BODY_HARD_LIMIT = 1024 * 1024
"""Where the server itself cuts a body off; the app answers much smaller ones with a page of its own."""

Say = Callable[[str], None]


class Publisher:
    """Publishes folders at start and when they change; a broken one keeps its last good edition live."""

    def __init__(self, app: Flask, say: Say) -> None:
        self.app, self.say = app, say
        self.settings: Settings = app.extensions["clarion.settings"]
        self.keyring: Keyring = app.extensions["clarion.keyring"]
        self._seen: dict[str, str] = {}

    def publish_all(self, *, changed: bool) -> int:
        """Publish every folder without errors; returns how many campaigns are live.

        `changed` says that somebody edited a folder just now. At start it is false, and an edition
        that somebody rolled back from is not made live again.
        """
        with self.app.app_context():
            languages = self.app.extensions["clarion.languages"]
            for loaded in service.check(self.settings.campaigns.folder, languages):
                try:
                    self._publish(loaded, changed=changed)
                except Exception as error:  # noqa: BLE001 - one campaign must not keep the others from going live
                    report(error, "publishing failed", campaign=loaded.slug)
            live_campaigns().forget()
            return len(live_campaigns().all())

    def _publish(self, loaded: Loaded, *, changed: bool) -> None:
        if loaded.campaign is None:
            self.say(f"{loaded.slug}: not published, its last good edition stays live. Mend this:")
            for fault in loaded.errors:
                self.say(f"  {loaded.folder}/{fault}")
            self._seen.pop(loaded.slug, None)
            return
        if self._seen.get(loaded.slug) == loaded.campaign.digest:
            return
        self._seen[loaded.slug] = loaded.campaign.digest
        published = service.publish(loaded, self.keyring, again=changed)
        if published.live:
            state = loaded.campaign.status
            self.say(
                f"{published.slug}: edition {published.number} is {'live' if state == 'live' else f'out as {state}'}"
            )
        else:
            self.say(
                f"{published.slug}: was rolled back, so the folder's edition {published.number} is not live. "
                f"To take it: clarion publish {published.slug}"
            )

    def watch(self, stop: threading.Event) -> None:
        """Publish again after each change, until told to stop."""
        folder: Path = self.settings.campaigns.folder
        for _changes in watchfiles.watch(folder, stop_event=stop, debounce=300, step=100, rust_timeout=500):
            try:
                self.publish_all(changed=True)
            except Exception as error:  # noqa: BLE001 - the next change may mend it, so the watch goes on
                report(error, "watch failed")


class PortTaken(Exception):
    """Another program listens there already."""


def serve(app: Flask, host: str, port: int, say: Say) -> None:
    """Serve until told to stop. Raises `PortTaken`."""
    settings: Settings = app.extensions["clarion.settings"]
    with app.app_context():
        migrations.upgrade()
    try:
        server = create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            max_request_body_size=BODY_HARD_LIMIT,
            channel_timeout=30,
            ident="",
            clear_untrusted_proxy_headers=False,  # security.ForwardedHeaders does that, by network
        )
    except OSError as error:
        raise PortTaken(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    publisher = Publisher(app, say)
    live = publisher.publish_all(changed=False)
    front = install_front(app)
    front.start()
    worker = Worker(app, alone=True)
    worker.start()
    stop = threading.Event()
    if settings.campaigns.watch and settings.campaigns.folder.is_dir():
        threading.Thread(target=publisher.watch, args=(stop,), name="watch", daemon=True).start()
    _greet(settings, live, say)
    signal.signal(signal.SIGTERM, _end)
    try:
        server.run()
    finally:
        stop.set()
        front.stop()
        server.close()
        worker.stop()
        log.info("stopped")


def _greet(settings: Settings, live: int, say: Say) -> None:
    say(f"{live} campaign{'' if live == 1 else 's'} on {settings.site.base_url}")
    mails = settings.plugins.email.url
    say(f"Mails {'are written to' if mails.startswith('file:') else 'leave by'} {mails.removeprefix('file:')}")
    say("Stop with Ctrl+C.")
    if not live:
        say("Start one with: clarion new my-campaign --languages en,es")


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)
