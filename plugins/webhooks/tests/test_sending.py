"""One request against real receivers with TLS: good, slow and endless ones, and those that are not who they say."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import trustme
from standardwebhooks.webhooks import Webhook

from clarion.outside.addresses import Target
from clarion.outside.sending import MOST_ANSWER, NotSent
from clarion_webhooks import payload

from .conftest import HOST, SECRET, Receiver, answer

GOOD = Target(HOST, 443, "/in?a=1")


def refused(receiver: Receiver, target: Target = GOOD, seconds: float = 5.0) -> str:
    with pytest.raises(NotSent) as told:
        receiver.sender(seconds=seconds).post(target, b"{}", {})
    return told.value.code


def test_it_is_taken_and_its_signature_is_right(receiver: Receiver) -> None:
    packed = payload.pack("webhook.test", datetime(2026, 7, 12, 12, tzinfo=UTC), {"endpoint": "leído"})
    moment = datetime.now(UTC)
    headers = payload.headers(SECRET, "msg_1", moment, packed)
    assert receiver.sender().post(Target(HOST, 8443, "/in?a=1"), packed, headers) == 204
    ((path, got, body),) = receiver.got
    assert (path, got["host"], got["content-type"]) == ("/in?a=1", f"{HOST}:8443", "application/json")
    event = Webhook(SECRET).verify(body, got)
    assert event == {"type": "webhook.test", "timestamp": "2026-07-12T12:00:00Z", "data": {"endpoint": "leído"}}
    assert got["webhook-timestamp"] == str(int(moment.timestamp()))


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert receiver.sender().post(GOOD, b"{}", {}) == 204


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, receiver: Receiver) -> None:
    receiver.behave = answer(status, Location=f"https://{HOST}/inside")
    assert receiver.sender().post(GOOD, b"{}", {}) == status
    assert len(receiver.got) == 1


def test_a_certificate_of_another_authority_or_name_is_refused(make_receiver) -> None:
    stranger = make_receiver(issuer=trustme.CA())
    assert refused(stranger) == "bad certificate"
    other = make_receiver("other.example")
    assert refused(other) == "bad certificate"
    assert refused(other, Target("127.0.0.1", 443, "/")) == "bad certificate"
    assert stranger.got == other.got == []


def test_an_endless_answer_is_cut(receiver: Receiver) -> None:
    written = []

    def endless(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while len(written) < 10_000:
                handler.wfile.write(b"a" * MOST_ANSWER)
                written.append(MOST_ANSWER)

    receiver.behave = endless
    assert refused(receiver) == "answer too long"
    assert len(written) < 1000


@pytest.mark.parametrize("what", ["head", "body", "nothing"])
def test_a_drip_is_cut(what: str, receiver: Receiver) -> None:
    over = threading.Event()

    def drip(handler) -> None:
        if what == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        elif what == "head":
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        with suppress(OSError):
            while not over.wait(0.05):
                if what != "nothing":
                    handler.wfile.write(b"a")

    receiver.behave = drip
    assert refused(receiver, seconds=0.6) == "took too long"
    over.set()


def test_one_that_never_shakes_hands_is_cut(receiver: Receiver) -> None:
    """It takes the connection and drips into the handshake, so that no read ever times out."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def take() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                # the head of a TLS record of 16 KB, which comes byte by byte
                connection.sendall(b"\x16\x03\x03\x40\x00")
                while not over.wait(0.05):
                    connection.sendall(b"\x02")

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        receiver.port = server.getsockname()[1]
        assert refused(receiver, seconds=0.6) == "took too long"
        over.set()
        thread.join(5)


def test_what_breaks_off_or_is_not_there_is_told(receiver: Receiver) -> None:
    receiver.behave = lambda handler: None
    assert refused(receiver) == "broke off"
    with socket.create_server(("127.0.0.1", 0)) as free:
        receiver.port = free.getsockname()[1]
    assert refused(receiver) == "unreachable"


def test_a_look_up_that_hangs_is_cut(receiver: Receiver) -> None:
    over = threading.Event()

    def hang(host: str, port: int) -> list[tuple[str, int]]:
        over.wait(20)
        return []

    with pytest.raises(NotSent, match="took too long"):
        receiver.sender(resolve=hang, seconds=0.2).post(GOOD, b"{}", {})
    over.set()


def test_a_body_that_is_too_large_is_never_made() -> None:
    with pytest.raises(payload.TooLarge):
        payload.pack("delivery.sent", datetime.now(UTC), {"files": ["a" * 100] * 200})
