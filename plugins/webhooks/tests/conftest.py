"""A receiver on loopback with a certificate of its own authority, and senders that reach it and nothing else."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from clarion.outside.sending import Sender

HOST = "hooks.readers.example"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, **headers: str) -> Behaviour:
    """Answer with a status."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return behave


TAKEN = answer(204)


@dataclass
class Receiver:
    """What a receiver got, and how it answers."""

    port: int
    trust: ssl.SSLContext
    behave: Behaviour = TAKEN
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def sender(self, **more: Any) -> Sender:
        """A sender for which every name is this receiver."""
        reached = {"resolve": lambda host, port: [("127.0.0.1", self.port)], "permits": lambda address: True}
        return Sender(**{**reached, "trust": self.trust, **more})


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def make_receiver(authority: trustme.CA) -> Iterator[Callable[..., Receiver]]:
    """Make receivers, each with a certificate of these names."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def make(*names: str, issuer: trustme.CA | None = None) -> Receiver:
        trust = ssl.create_default_context()
        authority.configure_trust(trust)

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                receiver.behave(self)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request: Any, client_address: Any) -> None:
                # in its own thread, so that a handshake that fails keeps nobody waiting
                request.settimeout(5)
                try:
                    with context.wrap_socket(request, server_side=True) as secure:
                        super().finish_request(secure, client_address)
                except OSError:
                    return

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (issuer or authority).issue_cert(*(names or (HOST,))).configure_cert(context)
        server = Server(("127.0.0.1", 0), Handler)
        receiver = Receiver(server.server_address[1], trust)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        running.append((server, thread))
        return receiver

    yield make
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture
def receiver(make_receiver: Callable[..., Receiver]) -> Receiver:
    return make_receiver()
