"""A mail server that takes mails, or answers as a script says."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from rig.site import free_port

TAKEN = "250 taken"


class PostOffice:
    """An SMTP server on a port of its own; `script` gives the next replies to mails for a recipient."""

    def __init__(self) -> None:
        self._mails: list[tuple[str, bytes]] = []
        self._scripts: dict[str, list[str]] = {}
        self.tries: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        self.port: int = self._controller.port

    def script(self, recipient: str, *replies: str) -> None:
        """Answer the next tries for a recipient with these; those after them are taken."""
        self._scripts[recipient] = list(replies)

    def arrived(self) -> Sequence[tuple[str, bytes]]:
        """All mails that were taken, in order: recipient and message."""
        return self._mails

    def to(self, recipient: str) -> list[bytes]:
        """The mails that a recipient got."""
        return [raw for who, raw in list(self._mails) if who == recipient]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        self.tries[address] += 1
        if script := self._scripts.get(address):
            return script.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep a mail."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        with self._lock:
            self._mails.extend((to, raw) for to in envelope.rcpt_tos)
        return TAKEN

    def close(self) -> None:
        """End it."""
        self._controller.stop()
