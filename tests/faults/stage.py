"""A whole site whose every part stands behind a proxy, and the ways to hurt it."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rig.ledger import Books, Ledger, Mailboxes
from rig.proxy import Proxy
from rig.sink import Sink
from rig.site import SLUG, Postgres, Site, Valkey, wait_until

WEB_PROCESSES = 2


class Stage:
    """The site with its parts; one for all tests that leave it as they found it."""

    def __init__(self, folder: Path, *, keep_bodies: bool = True) -> None:
        self.postgres = Postgres(folder / "postgres")
        self.valkey = Valkey()
        self.sink = Sink(keep_bodies=keep_bodies)
        self.mailboxes = Mailboxes(self.sink)
        self.database = Proxy(self.postgres.port)
        self.broker = Proxy(self.valkey.port)
        self.smtp = Proxy(self.sink.port)
        self.site = self.make_site(folder / "site")
        self.books = Books(self.site, self.postgres, self.mailboxes)
        self._ledgers = 0

    def make_site(self, home: Path, **settings: str) -> Site:
        """A site on these parts, behind their proxies."""
        return Site(
            home,
            f"postgresql+psycopg://postgres@127.0.0.1:{self.database.port}/postgres",
            f"redis://127.0.0.1:{self.broker.port}/0",
            PLUGINS__EMAIL__URL=f"smtp://127.0.0.1:{self.smtp.port}",
            **{"WEB__PROCESSES": str(WEB_PROCESSES), **settings},
        )

    def ledger(self, **options: object) -> Ledger:
        """Signers whom no other test knows."""
        self._ledgers += 1
        return Ledger(self.site, prefix=f"signer{self._ledgers}-", **options)  # type: ignore[arg-type]

    def heal(self) -> None:
        """Bring back what a test took away, so that the next one finds a whole site."""
        for proxy in (self.database, self.broker, self.smtp):
            proxy.resume()
        self.mailboxes.rules()
        if self.site.process is None or self.site.process.poll() is not None:
            self.site.start()
        wait_until(self.is_whole, lambda: self.site.log[-2000:])

    def is_whole(self) -> bool:
        """Whether all processes are there and signing is possible."""
        web, worker = self.site.processes("web"), self.site.processes("worker")
        whole = len(web) == WEB_PROCESSES and len(worker) == 1 and all(accepts(pid, self.site.port) for pid in web)
        return whole and self.site.is_ready()

    def close(self) -> None:
        """End everything."""
        for proxy in (self.database, self.broker, self.smtp):
            proxy.resume()
        self.site.stop()
        for part in (self.database, self.broker, self.smtp, self.sink):
            part.close()
        self.valkey.stop()
        self.postgres.close()

    @property
    def worker(self) -> int:
        """The process that sends mails."""
        (pid,) = wait_for_processes(self.site, "worker", 1)
        return pid

    def read(self, path: str) -> str:
        """A page of the site."""
        with urllib.request.urlopen(self.site.base_url + path, timeout=20) as answer:
            return str(answer.read().decode())

    def time_passes(self) -> None:
        """Let every message that was put off for later be due now."""
        self._move("due_at = now() AT TIME ZONE 'UTC'")

    def leases_run_out(self) -> None:
        """Let what a dead worker held be free now, and not only after a quarter of a minute."""
        self._move("lease_until = now() AT TIME ZONE 'UTC' - interval '1 second'")

    def _move(self, change: str) -> None:
        free = "SELECT id FROM message WHERE state = 'due' FOR UPDATE SKIP LOCKED"
        moved = f"UPDATE message SET {change} WHERE id IN ({free}) RETURNING 1"
        self.postgres.query(f"WITH moved AS ({moved}) SELECT count(*) FROM moved")


def wait_for_processes(site: Site, kind: str, number: int, seconds: float = 30.0) -> list[int]:
    """The processes of a kind, once there are so many."""
    wait_until(lambda: len(site.processes(kind)) == number, lambda: str(site.processes(kind)), seconds)
    return site.processes(kind)


def kill(pid: int) -> None:
    """End a process as the kernel does when memory runs out."""
    os.kill(pid, signal.SIGKILL)


def accepts(pid: int, port: int) -> bool:
    """Whether a process takes connections on a port: it has loaded, and waits for the listening socket."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    listening = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "0A"}
    try:
        files = {path.name: os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
        watched = [Path(f"/proc/{pid}/fdinfo/{fd}").read_text() for fd, file in files.items() if "eventpoll" in file]
    except OSError:
        return False
    # other processes hold the socket too; only one that has loaded waits for it
    ours = [fd for fd, file in files.items() if file in listening]
    return any(line.split()[1] in ours for text in watched for line in text.splitlines() if line.startswith("tfd:"))


def resident(pid: int) -> int:
    """The kilobytes of memory that a process takes; none if it is gone."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
    return 0


def parent_of(pid: int) -> int:
    """The process that started another."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


class Visitor:
    """Somebody who opens public pages again and again; keeps the answers that were not as they should be."""

    PATHS = (f"/{SLUG}/en", f"/{SLUG}/es", f"/{SLUG}.json", "/", f"/{SLUG}")

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seen = 0
        self.faults: list[str] = []
        self.times: list[float] = []


@contextmanager
def visited(site: Site) -> Iterator[Visitor]:
    """Let a visitor look around while something is done to the site."""
    import threading

    visitor = Visitor(site)
    stop = threading.Event()

    def look() -> None:
        number = 0
        while not stop.wait(0.02):
            path = Visitor.PATHS[number % len(Visitor.PATHS)]
            number += 1
            started = time.monotonic()
            try:
                with urllib.request.urlopen(site.base_url + path, timeout=10) as answer:
                    answer.read()
            except urllib.error.HTTPError as error:
                visitor.faults.append(f"{path}: {error.code}")
            except OSError as error:
                visitor.faults.append(f"{path}: {error}")
            visitor.times.append(time.monotonic() - started)
            visitor.seen += 1

    thread = threading.Thread(target=look, name="visitor", daemon=True)
    thread.start()
    try:
        yield visitor
    finally:
        stop.set()
        thread.join()
