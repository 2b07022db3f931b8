"""What every gateway does: send a text, and read what its company tells us by webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import Request

from clarion.api import Text


class Forged(Exception):
    """A webhook that its company did not sign."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A gateway took a text."""

    reference: str
    """The gateway's own name of it."""
    code: str
    """For the outbox: a word that names nobody, such as `queued`."""
    segments: int = 0
    """As the gateway counts them; 0 where it does not say."""


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """A text that somebody sent to one of our numbers."""

    gateway: str
    key: str
    """The gateway's own name of it, the same each time that it is told."""
    sender: str
    """In E.164."""
    number: str
    """Ours, in E.164."""
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway tells of a text that it took."""

    message_id: int
    """Ours."""
    state: str
    """`sent`, `delivered`, `failed` or, as the number does not exist or wants none, `refused`."""
    code: str = ""
    stopped: bool = False
    """The company says that this number has opted out."""
    gone: bool = False
    """No text can ever reach this number: it is unknown, or a landline."""
    number: str = ""
    """Whose it is, in E.164, where the company says it."""


class Gateway(Protocol):
    """One company."""

    name: str
    """As in `/hooks/sms/<name>`."""

    def send(self, text: Text) -> Accepted:
        """Hand a text over. Raises `Retry`, `Unreachable`, `Blocked`, `Refused` or `Unsure`."""

    def received(self, request: Request) -> Received | None:
        """A text that came in, or `None` where the webhook holds none. Raises `Forged`."""

    def told(self, request: Request) -> Told | None:
        """What became of a text, or `None` where that is nothing we know. Raises `Forged`."""
