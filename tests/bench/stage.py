"""What a row plays on: the parts, started when a row first needs them and ended with the run."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from rig.load import Request, forms
from rig.sink import Sink
from rig.site import SLUG, Postgres, Site, Valkey, free_port, wait_until

PAGE = f"/{SLUG}/en"
SIGN = f"{PAGE}/sign"
CONSENT = "consent-sanctuary-dc-email"
TESTS = Path(__file__).parents[1]
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en"}
NOT_KEPT = ("date", "server", "content-length", "connection")


class Server:
    """One process tree that answers on a port."""

    def __init__(self, command: list[str], environment: Mapping[str, str], port: int, log: Path) -> None:
        self.port, self.log = port, log
        path = os.pathsep.join([str(TESTS), environment.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], env={**environment, "PYTHONPATH": path}, stdout=file, stderr=file
            )
        wait_until(self._listens, lambda: self.log.read_text()[-2000:])

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        try:
            ask(self.port, "GET", "/readyz")
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it and wait for the end."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Answer:
    """Status, headers and body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = [(name, value) for name, value in response.getheaders() if name.lower() not in NOT_KEPT]
        self.body = response.read()


def ask(port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Stage:
    """The parts of one run, all on loopback, all in one folder that goes away."""

    def __init__(self, folder: Path, processes: int) -> None:
        self.folder = folder
        self.processes = processes
        self._closing = ExitStack()
        self._forms: dict[int, int] = {}

    @property
    def in_memory(self) -> bool:
        """Whether the databases lie in memory, which leaves the disk out of what is measured. Linux only."""
        return self.folder.is_relative_to("/dev/shm")  # noqa: S108 - it is asked for, not written to

    def close(self) -> None:
        """End everything, last started first."""
        self._closing.close()

    @cached_property
    def postgres(self) -> Postgres:
        """The one database server of both sides."""
        server = Postgres(self.folder / "postgres")
        self._closing.callback(server.close)
        return server

    @cached_property
    def valkey(self) -> Valkey:
        """The broker."""
        server = Valkey()
        self._closing.callback(server.stop)
        return server

    @cached_property
    def sink(self) -> Sink:
        """Where mails go."""
        sink = Sink()
        self._closing.callback(sink.close)
        return sink

    def site(self, name: str, **settings: str) -> Site:
        """An instance of the product with a database of its own on the one server, its campaign published."""
        url = f"{self.postgres.url.rpartition('/')[0]}/{name}"
        with self.connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._prepared(name, url, self.valkey.url, settings)

    def sqlite_site(self) -> Site:
        """An instance of the product on SQLite."""
        return self._prepared("sqlite", f"sqlite:///{self.folder / 'sqlite' / 'clarion.db'}", "memory://", {})

    def _prepared(self, name: str, url: str, broker: str, settings: dict[str, str]) -> Site:
        own = {"WEB__PROCESSES": str(self.processes), "MONITORING__LOG_LEVEL": "warning", **settings}
        site = Site(self.folder / name, url, broker, **own)
        site.prepare()
        return site

    @contextmanager
    def connect(self, database: str) -> Iterator[psycopg.Connection]:
        """A connection to one of the databases."""
        url = self.postgres.url.replace("+psycopg", "").rpartition("/")[0]
        with psycopg.connect(f"{url}/{database}", autocommit=True) as connection:
            yield connection

    def pages_of(self, site: Site) -> Server:
        """The product's public pages, without a worker beside them."""
        return self._started(["bench.serve", "clarion.wsgi:app", str(site.port)], site.environment, site.port)

    def bare(self, view: str, site: Site, **more: str) -> Server:
        """A bare reference on the settings, the database server and the processes of a site."""
        port = free_port()
        command = ["bench.serve", f"bench.references:{view}", str(port), "--factory"]
        return self._started(command, {**site.environment, **more}, port)

    def _started(self, command: list[str], environment: Mapping[str, str], port: int) -> Server:
        server = Server(command, environment, port, self.folder / f"{port}.log")
        self._closing.callback(server.stop)
        return server

    @contextmanager
    def worker(self, site: Site) -> Iterator[subprocess.Popen[bytes]]:
        """One worker process, for a while."""
        with (self.folder / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "clarion", "worker"]
            process = subprocess.Popen(command, env=site.environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=40)

    def keep_page(self, server: Server) -> Path:
        """The campaign page as the product answers a browser, for the reference to return."""
        answer = ask(server.port, "GET", PAGE, headers=BROWSER)
        assert answer.status == 200
        path = self.folder / "page.json"
        path.write_text(json.dumps({"body": answer.body.hex(), "headers": answer.headers}))
        return path

    def sign_forms(self, site: Site, port: int, path: str = SIGN) -> Iterator[Request]:
        """Forms that were never sent before, as the campaign page would send them with one box ticked."""
        self._forms[port] = self._forms.get(port, 0) + 1
        fields = {
            "token": site.form_token(),
            "source": "page",
            "name": "Ana Reader",
            "postal_code": "20009",
            "phone": "",
            "reason": "",
            "website": "",
            CONSENT: "y",
        }
        return forms(port, path, fields, f"signer-{self._forms[port]}")

    def signatures(self, site: Site) -> int:
        """The signatures that are there, asked of the database itself."""
        url, query = site.environment["CLARION_DATABASE__URL"], "SELECT count(*) FROM signature"
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                return int(connection.execute(query).fetchone()[0])
        with self.connect(url.rpartition("/")[2]) as connection:
            return int(connection.execute(query).fetchall()[0][0])
