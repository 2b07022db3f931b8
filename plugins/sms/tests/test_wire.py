"""What is known after a request of which something went wrong: that it never left, or that nobody can tell."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme

from clarion.api import Unreachable, Unsure
from clarion_sms.gateways.wire import Wire

Behaviour = Callable[[ssl.SSLSocket, socket.socket], None]


def read_request(connection: ssl.SSLSocket) -> None:
    got = b""
    while b"\r\n\r\nwords" not in got:
        piece = connection.recv(65536)
        assert piece
        got += piece


def closes(connection: ssl.SSLSocket, raw: socket.socket) -> None:
    read_request(connection)


def speaks_no_tls(connection: ssl.SSLSocket, raw: socket.socket) -> None:
    """A record that nobody can open: the library calls this an error of TLS, as it calls one before anything left."""
    read_request(connection)
    with socket.socket(fileno=raw.detach()) as bare:
        bare.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
        bare.recv(1024)


def says_nothing(connection: ssl.SSLSocket, raw: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def says_half(connection: ssl.SSLSocket, raw: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve(authority: trustme.CA) -> Iterator[Callable[[Behaviour], str]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))
    threads = []

    def start(behave: Behaviour) -> str:
        def run() -> None:
            raw, _ = listener.accept()
            raw.settimeout(10)
            spare = raw.dup()
            spare.settimeout(10)
            with spare:
                try:
                    with context.wrap_socket(raw, server_side=True) as connection:
                        behave(connection, spare)
                except OSError:
                    return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        threads.append(thread)
        return f"https://localhost:{listener.getsockname()[1]}/messages"

    yield start
    listener.close()
    for thread in threads:
        thread.join(10)


@pytest.fixture
def wire(authority: trustme.CA) -> Wire:
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return Wire(trust, connect=5, read=0.5)


@pytest.mark.parametrize("behave", [closes, speaks_no_tls, says_nothing, says_half])
def test_what_left_may_have_been_taken(serve, wire: Wire, behave: Behaviour) -> None:
    with pytest.raises(Unsure):
        wire.ask("POST", serve(behave), b"words", {})


def test_what_never_left_was_not(serve, wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url in (f"https://localhost:{port}/", f"http://127.0.0.1:{port}/", "https://no-such-name.invalid/"):
        with pytest.raises(Unreachable):
            wire.ask("POST", url, b"words", {})


def test_nothing_is_said_to_who_has_no_certificate_for_the_name(serve) -> None:
    with pytest.raises(Unreachable):
        Wire(connect=5, read=0.5).ask("POST", serve(closes), b"words", {})
