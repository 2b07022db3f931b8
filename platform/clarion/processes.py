"""The commands that run processes: `serve` for home, `run` and its parts for a real site."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import click

from .settings import Settings, load_settings

DEFAULT_PORT = 8000

YIELDING = 10
"""How nice a worker is (nice(2)): where a machine has too little for all, signers come first and mails catch up."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="The port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve everything from one process: pages, worker and schedule.

    Folders are published at start and when they change. Mails are written to var/mail.
    """
    from .app import create_app
    from .server import PortTaken
    from .server import serve as run

    settings = load_settings()
    base = urlsplit(settings.site.base_url)
    if base.hostname == "127.0.0.1" and base.port != port:
        settings = load_settings(site={"base_url": f"http://127.0.0.1:{port}"})
    try:
        run(create_app(settings), host, port, click.echo)
    except PortTaken as error:
        raise click.ClickException(f"{error} Choose another with --port, or PORT=… make serve.") from error


_checked = click.option("--checked", is_flag=True, hidden=True, help="The supervisor has looked at the database.")


@click.command()
def run() -> None:
    """Run a site: supervise the processes for pages, console and sending.

    Needs PostgreSQL and Redis or Valkey. SIGHUP renews one process after the other, SIGTERM ends all.
    """
    from .monitoring import configure_log
    from .supervisor import Child, Supervisor

    settings = _site()
    configure_log(settings)
    workers = tuple(Child(f"worker {n}", ("worker", "--checked")) for n in range(1, settings.worker.processes + 1))
    web = Child("web", ("web", "--checked"), reload=signal.SIGHUP)
    console = Child("console", ("console", "--checked"), reload=signal.SIGHUP)
    click.echo(f"Serving {settings.site.base_url} from {settings.web.host}:{settings.web.port}")
    Supervisor((web, console, *workers), click.echo).run()


@click.command()
@_checked
def web(checked: bool) -> None:
    """Run the processes of the public pages, without private keys."""
    settings = _site(checked=checked)
    _serve("clarion.wsgi:app", settings, settings.web.port, settings.web.processes)


@click.command()
@_checked
def console(checked: bool) -> None:
    """Run the process of the staff console."""
    settings = _site(checked=checked)
    _serve("clarion.console:load", settings, settings.web.console_port, 1, factory=True)


@click.command()
@_checked
def worker(checked: bool) -> None:
    """Run one process that sends messages and does the chores."""
    from .app import create_app
    from .memory import settle_memory
    from .patience import WORK
    from .worker import Worker

    app = create_app(_site(checked=checked), patience=WORK)
    with suppress(OSError):  # a unit may forbid it and set it itself
        os.nice(YIELDING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    running = Worker(app)
    settle_memory()
    running.start()
    stop.wait()
    running.stop()


def _site(*, checked: bool = False) -> Settings:
    """The settings of a site, once all that it needs answers; else one line that says what is missing."""
    settings = load_settings()
    if settings.database.url.get_secret_value().startswith("sqlite"):
        raise click.ClickException(
            "A site of several processes needs PostgreSQL: set database.url. For one process: clarion serve"
        )
    if settings.broker.in_process:
        raise click.ClickException(
            "A site of several processes needs Redis or Valkey: set broker.url. For one process: clarion serve"
        )
    if not checked:
        _check_database()
    return settings


def _check_database() -> None:
    """Ask another process: this one stays free of the application, so that a renewed child loads new code."""
    command = [sys.executable, "-m", "clarion", "db", "check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the project's own command
    if checked.returncode:
        raise click.ClickException(checked.stderr.strip().removeprefix("Error: ") or "The database cannot be checked.")


def _serve(target: str, settings: Settings, port: int, processes: int, *, factory: bool = False) -> None:
    from .webserver import serve

    serve(target, settings.web, port, processes, factory=factory)
