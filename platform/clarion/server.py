"""`clarion serve`: web, worker and schedule in one process, folders published as they change."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import watchfiles
from flask import Flask
from waitress.server import create_server

from . import migrations
from .campaigns import service, sources
from .campaigns.live import live_campaigns
from .campaigns.loader import Loaded
from .console import create_console
from .domain.campaign import Campaign
from .domain.faults import printable
from .memory import settle_memory
from .monitoring import log, report
from .pages.front import install_front
from .recipients.rehearsal import rehearse_all
from .sealing import Keyring
from .security import LARGEST_BODY
from .settings import Settings
from .staff import people, tickets
from .staff.marks import Marks
from .worker import Worker

THREADS = 12
BODY_HARD_LIMIT = LARGEST_BODY + 1
"""Where the server itself cuts a body off; the app answers much smaller ones with a page of its own."""

WATCH_PAUSE = 1.0
"""Seconds before a watch that has failed starts again."""

Say = Callable[[str], None]


class Publisher:
    """Publishes folders at start and when they change; a broken one keeps its last good edition live."""

    def __init__(self, app: Flask, say: Say) -> None:
        self.app, self._say = app, say
        self.settings: Settings = app.extensions["clarion.settings"]
        self.keyring: Keyring = app.extensions["clarion.keyring"]
        self._seen: dict[str, str] = {}
        self._told: dict[str, list[str]] = {}
        """What was last said about the faults of a folder: it is said again only once it differs."""
        self._gone: set[str] = set()

    def say(self, words: str) -> None:
        """Say a line in the window; the name of a file may hold what no terminal takes."""
        self._say(printable(words))

    def publish_all(self, *, changed: bool) -> int:
        """Publish every folder without errors; returns how many campaigns have the status live.

        `changed` says that somebody edited a folder just now. At start it is false, and an edition
        that somebody rolled back from is not made live again.
        """
        with self.app.app_context():
            live_campaigns().forget()
            languages, plugins = self.app.extensions["clarion.languages"], self.app.extensions["clarion.plugins"]
            everything = service.check(self.settings.campaigns.folder, languages, plugins.check)
            for loaded in everything:
                try:
                    self._publish(loaded, changed=changed)
                except Exception as error:  # noqa: BLE001 - one campaign must not keep the others from going live
                    self._seen.pop(loaded.slug, None)
                    report(error, "publishing failed", campaign=loaded.slug)
            live_campaigns().forget()
            self._tell_gone(everything)
            return sum(live.campaign.status == "live" for live in live_campaigns().all())

    def _publish(self, loaded: Loaded, *, changed: bool) -> None:
        if loaded.campaign is not None and self._is_news(loaded.campaign):
            rehearse_all(loaded)
        if loaded.campaign is None:
            self._seen.pop(loaded.slug, None)
            self._tell_faults(loaded)
            return
        if self._seen.get(loaded.slug) == loaded.campaign.digest:
            return
        folder = self.settings.campaigns.folder / loaded.folder
        if sources.newer_in_console(loaded.slug, folder) is not None:
            self._tell_newer(loaded.slug)
            return
        self._told.pop(loaded.folder, None)
        self._seen[loaded.slug] = loaded.campaign.digest
        published = service.publish(loaded, self.keyring, again=changed)
        sources.note_folder(loaded.slug, folder, sources.pictures_in(loaded))
        if published.live:
            self.say(f"{published.slug}: edition {published.number} is {standing(loaded.campaign.status)}")
        else:
            self.say(
                f"{published.slug}: was rolled back, so the folder's edition {published.number} is not live. "
                f"To take it: clarion publish {published.slug}"
            )

    def _tell_newer(self, slug: str) -> None:
        """The console has a newer save: once said, until the folder has it."""
        words = [f"the console has a newer save. Take it into the folder: clarion pull {slug}"]
        if self._told.get(slug) != words:
            self._told[slug] = words
            self.say(f"{slug}: not published, {words[0]}")

    def _is_news(self, campaign: Campaign) -> bool:
        """Whether this is neither what was seen last nor what is live: only then are its mails made for a try."""
        before = live_campaigns().get(campaign.slug)
        known = (self._seen.get(campaign.slug), before.campaign.digest if before else None)
        return campaign.digest not in known

    def _tell_faults(self, loaded: Loaded) -> None:
        faults = [f"  {_shown(self.settings.campaigns.folder / loaded.folder)}/{fault}" for fault in loaded.errors]
        if self._told.get(loaded.folder) == faults:
            return
        self._told[loaded.folder] = faults
        before = live_campaigns().get(loaded.slug)
        if before is None:
            words = "not published yet"
        elif before.campaign.status == "draft":
            words = "not stored, the draft before it stays as it was"
        else:
            words = "not published, its last good edition stays live"
        self.say(f"{loaded.slug}: {words}. Mend this:")
        for fault in faults:
            self.say(fault)

    def _tell_gone(self, everything: list[Loaded]) -> None:
        """Name, once, the campaigns that are shown but have no folder any more."""
        known = {live.slug for live in live_campaigns().all()}
        if any(one.campaign is None and one.slug_line is None and one.slug not in known for one in everything):
            return  # a folder whose slug cannot be read may be the one that is missed
        there = {one.slug for one in everything}
        shown = {live.slug for live in live_campaigns().all() if live.campaign.status != "draft"}
        for slug in sorted(shown - there - self._gone):
            self.say(f"{slug}: has no folder any more; its page stays up")
        self._gone = shown - there

    def watch(self, stop: threading.Event) -> None:
        """Publish again after each change, until told to stop; what goes wrong never ends the watch."""
        again, told = False, ""
        while not stop.is_set():
            try:
                self._watch(stop, behind=again)
                told = ""
            except Exception as error:  # noqa: BLE001 - whatever it was, edits must go on to be published
                if str(error) != told:
                    report(error, "watch failed")
                    self.say(f"{_shown(self.settings.campaigns.folder)}/: the watch was interrupted, and goes on.")
                told = str(error)
                self._look(stop)
            again = True
            stop.wait(WATCH_PAUSE)

    def _look(self, stop: threading.Event) -> None:
        """Publish what has changed without a watch: it cannot stand while a name in the folder is not UTF-8."""
        try:
            if not stop.is_set():
                self.publish_all(changed=True)
        except Exception as error:  # noqa: BLE001 - the next look may succeed
            report(error, "watch failed")

    def _watch(self, stop: threading.Event, *, behind: bool) -> None:
        """Watch the folder until it is another one than at the beginning.

        `behind` says that changes may have been missed before; they are looked for once the watch stands.
        """
        folder: Path = self.settings.campaigns.folder
        place = _place(folder)
        watched = watchfiles.watch(
            folder, stop_event=stop, debounce=300, step=100, rust_timeout=500, yield_on_timeout=True
        )
        for changes in watched:
            if changes or behind:
                behind = False
                self.publish_all(changed=True)
            if _place(folder) != place:
                return


def standing(status: str) -> str:
    """What an edition with this status is, for the one who published it."""
    if status == "draft":
        return "stored as a draft: nobody sees it"
    return "live" if status == "live" else f"out as {status}"


def _place(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one that was put in its place."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _shown(path: Path) -> str:
    """A path as `clarion check` writes it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


class Doors:
    """The pages for everybody, and the console for staff, behind one port: two applications that share a database."""

    def __init__(self, pages: Flask, console: Flask) -> None:
        self.pages, self.console = pages, console

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer from the one or the other."""
        path = environ.get("PATH_INFO", "")
        return (self.console if path == "/staff" or path.startswith("/staff/") else self.pages)(environ, start_response)


class PortTaken(Exception):
    """Another program listens there already."""


def serve(app: Flask, host: str, port: int, say: Say) -> None:
    """Serve until told to stop. Raises `PortTaken`."""
    settings: Settings = app.extensions["clarion.settings"]
    with app.app_context():
        migrations.upgrade()
    try:
        server = create_server(
            Doors(app, create_console(settings)),
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
    with suppress(OSError):  # where it may not be made, the watch waits for it
        settings.campaigns.folder.mkdir(parents=True, exist_ok=True)
    publisher = Publisher(app, say)
    live = publisher.publish_all(changed=False)
    front = install_front(app)
    front.start()
    worker = Worker(app, alone=True)
    settle_memory()
    worker.start()
    stop = threading.Event()
    if settings.campaigns.watch:
        threading.Thread(target=publisher.watch, args=(stop,), name="watch", daemon=True).start()
    with app.app_context():
        setup = _setup_address(settings, app.extensions["clarion.keyring"])
    _greet(settings, live, setup, app.extensions["clarion.channels"]["email"].way, say)
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell starts what runs in the background with SIGINT ignored
        signal.signal(number, _end)
    try:
        server.run()
    finally:
        stop.set()
        front.stop()
        server.close()
        worker.stop()
        log.info("stopped")


def _setup_address(settings: Settings, keyring: Keyring) -> str:
    """Where the first of the staff sets the console up, once; nothing where somebody has."""
    if people.exist():
        return ""
    ticket = tickets.make("setup")
    return f"{settings.site.base_url}/staff/setup/{Marks(keyring).token('setup', ticket.id, ticket.nonce)}"


def _greet(settings: Settings, live: int, setup: str, way: str, say: Say) -> None:
    say(f"{live} campaign{'' if live == 1 else 's'} on {settings.site.base_url}")
    say(f"Console for staff: {settings.site.base_url}/staff/" if not setup else f"Set up the console, once: {setup}")
    say(f"Mails {way}")
    say("Stop with Ctrl+C.")
    if not live:
        say("Start one with: clarion new my-campaign --languages en,es")


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)
