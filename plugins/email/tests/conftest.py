"""What several tests of the plugin need."""

from __future__ import annotations

import socket

import pytest
from aiosmtpd.controller import Controller


@pytest.fixture
def sink():
    """A mail server that takes everything; `taken` holds it, `port` is where it listens."""

    class Sink:
        def __init__(self) -> None:
            self.taken = []

        async def handle_DATA(self, server, session, envelope):
            self.taken.append(envelope)
            return "250 taken"

    sink = Sink()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        sink.port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port, server_hostname="sink", enable_SMTPUTF8=True)
    controller.start()
    yield sink
    controller.stop()
