"""What every gateway does: send a text, and read what its company tells us by webhook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from flask import Request

from clarion.api import Refused, Text

LONGEST_KEY = 120

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_OURS = re.compile(r"\+?[0-9]{3,15}")


class OptedOut(Refused):
    """The company says that this number has stopped: it may start again, as one that does not exist may not."""


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


def text_from(gateway: str, key: str, sender: str, number: str, words: str) -> Received | None:
    """A text that came in; `None` where it has no name, or is from nobody who could be answered, such as a short code.

    Whatever no database can keep is taken out of it: whoever signs a webhook may still bring what somebody made up.
    """
    key = _keepable(key)[:LONGEST_KEY]
    if not key or not _E164.fullmatch(sender) or not _OURS.fullmatch(number):
        return None
    return Received(gateway, key, sender, number, _keepable(words))


def _keepable(said: str) -> str:
    return said.encode(errors="replace").decode().replace("\0", "")


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
