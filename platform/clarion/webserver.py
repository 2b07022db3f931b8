"""Granian as a site needs it: no connection is refused or lost while single processes die or are renewed."""

from __future__ import annotations

import socket

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from .settings import Web

BACKLOG = 1024

RENEWAL_PAUSE = 3.0
"""Seconds that a new process has to load before the one that it replaces is asked to end."""


class _Server(MPServer):
    """One listening socket for all processes, kept by their parent.

    On Linux Granian gives each process a socket of its own: what waits in the queue of one that ends is
    lost, and while all of them load nobody listens at all.
    """

    def _init_shared_socket(self) -> None:
        holder = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd = holder  # type: ignore[assignment]  # where it stays `None`, each process has its own
        self._sfd = holder.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)


class _NoGrudge(dict[int, float]):
    """When each process was last started anew, as if it were long ago.

    Granian ends all its processes once one dies twice within five seconds; the others serve well, and
    the pages had better stay up.
    """

    def get(self, _key: int, _default: object = None) -> float:
        """Long ago."""
        return float("-inf")


def serve(target: str, web: Web, port: int, processes: int, *, factory: bool = False) -> None:
    """Serve an application with so many processes until told to end."""
    server = _Server(
        target,
        address=web.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=web.threads,
        backpressure=web.threads * 8,
        backlog=BACKLOG,
        websockets=False,
        factory=factory,
        respawn_failed_workers=True,
        respawn_interval=RENEWAL_PAUSE,
        workers_kill_timeout=20,
        log_level=LogLevels.warning,
    )
    server.respawned_wrks = _NoGrudge()
    server.serve()
