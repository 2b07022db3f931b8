"""A real `clarion serve` with the project's own campaign, as a newcomer starts it."""

from __future__ import annotations

import email
import email.policy
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

import pytest

from clarion.testing import wait_for

ROOT = Path(__file__).parents[2]
SLUG = "dc-sanctuary"
DEADLINE = 30.0


class Answer:
    """What came back: status, headers in small letters, body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()


class Served:
    """A server process on a free port with its instance folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CLARION_")}
        command = [sys.executable, "-m", "clarion", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env={**environment, "CLARION_HOME": str(self.home)}, stdout=log, stderr=log
            )
        wait_for(self._answers, self.log.read_text)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask("GET", "/readyz").status == 200
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for its end."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=DEADLINE)
            self.process = None

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        body = urlencode(form) if form is not None else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        try:
            connection.request(method, path, body, {**kind, **(headers or {})})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def token(self, language: str = "en", slug: str = SLUG) -> str:
        """The token in the page's form."""
        found = re.search(r'name="token"[^>]*value="([^"]+)"', self.ask("GET", f"/{slug}/{language}").text)
        assert found
        return found[1]

    def sign(self, language: str = "en", token: str = "", **fields: str) -> Answer:
        """Send the sign form."""
        form = {"name": "Ana Reader", "email": "ana@readers.example", "postal_code": "20009", **fields}
        form = {k.replace("_", "-") if k.startswith("consent") else k: v for k, v in form.items()}
        return self.ask("POST", f"/{SLUG}/{language}/sign", {"token": token or self.token(language), **form})

    def count(self) -> int:
        """The public count."""
        found = re.search(r'"signatures":\s*(\d+)', self.ask("GET", f"/{SLUG}.json").text)
        assert found
        return int(found[1])

    def mails(self) -> list[EmailMessage]:
        """The mails written so far."""
        paths = sorted((self.home / "var" / "mail").glob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.strict) for path in paths]

    def wait_for_mails(self, number: int) -> list[EmailMessage]:
        """The mails, once there are this many."""
        wait_for(lambda: len(self.mails()) >= number, lambda: f"{len(self.mails())} mails of {number}")
        return self.mails()

    def wait_for_count(self, number: int) -> None:
        """Return once the public count is this; it may be a second old."""
        wait_for(lambda: self.count() == number, lambda: f"the count is {self.count()}, not {number}")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The server with the campaign `dc-sanctuary` live."""
    shutil.copytree(ROOT / "campaigns" / SLUG, tmp_path / "campaigns" / SLUG)
    server = Served(tmp_path)
    server.start()
    yield server
    server.stop(signal.SIGKILL)
