"""A page is fetched from a real server: its headers, the beginning of its body, and nothing that it leads to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clarion.outside.addresses import Target
from clarion.outside.sending import NotSent, Sender

PAGE = Target("readers.example", 80, "/page", "http")

START, LINE = b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"a" * 1000 + b"\r\n"
HEADS = {
    "/fits": [START, *[LINE] * 64, b"\r\n"],
    "/many-headers": [START, *[LINE] * 66, b"\r\n"],
    "/long-headers": [START, *[b"X: " + b"a" * 64_000 + b"\r\n"] * 95, b"\r\n"],
    "/one-header": [START, b"X: " + b"a" * 65_600 + b"\r\n\r\n"],
    "/long-status": [b"HTTP/1.1 200 " + b"a" * 65_600 + b"\r\n\r\n"],
    "/continue": [*[b"HTTP/1.1 100 Continue\r\n", LINE, b"\r\n"] * 100, START, b"\r\n"],
}
"""What comes before a body, or in its place."""


@pytest.fixture
def asked() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def sender(asked: list[tuple[str, str, str]]) -> Iterator[Sender]:
    """One for which every name is a server on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.command, self.path, self.headers["Host"]))
            if self.path in HEADS:
                with suppress(OSError):  # whoever has heard enough hangs up
                    self.wfile.writelines(HEADS[self.path])
                return
            self.send_response(302 if self.path == "/away" else 200)
            self.send_header("Location", "http://127.0.0.1/inside")
            self.send_header("X-Two", "one")
            self.send_header("X-Two", "two")
            self.end_headers()
            self.wfile.write(b"<p>" + b"a" * 100_000)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Sender(resolve=lambda host, port: [server.server_address[:2]], permits=lambda address: True, seconds=5)
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def test_a_page_is_fetched_and_cut(sender: Sender, asked: list[tuple[str, str, str]]) -> None:
    answer = sender.get(PAGE, {"Accept": "text/html"}, 1000)
    assert (answer.status, answer.body) == (200, b"<p>" + b"a" * 997)
    assert [value for name, value in answer.headers if name == "X-Two"] == ["one", "two"]
    assert asked == [("GET", "/page", "readers.example")]


def test_a_head_has_an_end_too(sender: Sender) -> None:
    for path in HEADS.keys() - {"/fits"}:
        with pytest.raises(NotSent, match="headers too long"):
            sender.get(Target("readers.example", 80, path, "http"), {}, 1000)
    assert len(sender.get(Target("readers.example", 80, "/fits", "http"), {}, 1000).headers) == 64


def test_where_it_leads_is_told_and_not_followed(sender: Sender, asked: list[tuple[str, str, str]]) -> None:
    answer = sender.get(Target("readers.example", 80, "/away", "http"), {}, 1000)
    assert (answer.status, dict(answer.headers)["Location"]) == (302, "http://127.0.0.1/inside")
    assert len(asked) == 1


def test_without_tls_the_same_addresses_are_refused() -> None:
    sender = Sender(resolve=lambda host, port: [("169.254.169.254", port)])
    with pytest.raises(NotSent, match="address not allowed"):
        sender.get(PAGE, {}, 1000)
