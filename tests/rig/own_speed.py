"""How quick the load generator is: it is measured against a server that does nothing but answer.

What it measures elsewhere is true as long as it stays well below that.
"""

from __future__ import annotations

import selectors
import socket
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnSpeed:
    """What the generator does against a server that does nothing."""

    rate: float
    busy: float

    @property
    def limit(self) -> float:
        """The answers a second that would keep it busy all the time."""
        return self.rate / self.busy if self.busy else 0.0


def measure_itself(size: int = 6000, seconds: float = 2.0, connections: int = 32) -> OwnSpeed:
    """How many answers of this size a second the generator takes: what it measures elsewhere must stay below."""
    from .load import Load, pages

    command = [sys.executable, __file__, str(size)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        load = Load(port, connections)
        load.flat_out(pages(port, "/"), 0.3)
        ledger = load.flat_out(pages(port, "/"), seconds)
    finally:
        server.kill()
        server.communicate()
    return OwnSpeed(ledger.rate, ledger.busy)


def _answer_only(size: int) -> None:
    """The server that does nothing: fixed bytes for whatever comes; ends when its starter does."""
    answer = f"HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n".encode() + b"x" * size
    selector = selectors.DefaultSelector()
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    selector.register(listening, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        for key, _ in selector.select():
            if key.fileobj is listening:
                connected, _ = listening.accept()
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connected, selectors.EVENT_READ)
            elif key.fileobj is sys.stdin:
                return
            elif isinstance(key.fileobj, socket.socket):
                if key.fileobj.recv(65536):
                    key.fileobj.sendall(answer)
                else:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()


if __name__ == "__main__":
    _answer_only(int(sys.argv[1]))
