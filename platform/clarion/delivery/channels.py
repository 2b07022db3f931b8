"""A channel: one way for messages to leave, and the ways it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..domain.person import Person


class Refused(Exception):
    """The message will never be taken; trying again would not help. `code` names nobody.

    `no_mailbox` says that it is for want of the mailbox itself (RFC 3463: 5.1.1 and the like), which then gets no
    further mail from any campaign.
    """

    def __init__(self, code: str, *, no_mailbox: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.no_mailbox = no_mailbox


class Retry(Exception):
    """The message was surely not taken this time; `wait` is how long the other side asked for."""

    def __init__(self, code: str, wait: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.wait = wait


class Unreachable(Retry):
    """The other side could not be reached at all; the whole lane had better wait."""


class Blocked(Retry):
    """The other side refuses us, not this message (RFC 3463: 5.7.x): the whole lane stops, and somebody is told.

    `sure=False` says that it may have been about this message after all: then the lane stops only when a message to
    another domain hears the same and none was taken in between.
    """

    def __init__(self, code: str, wait: timedelta | None = None, *, sure: bool = True) -> None:
        super().__init__(code, wait)
        self.sure = sure


class Unsure(Exception):
    """Nobody knows whether the message was taken: the connection broke at the wrong moment."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """An email ready to leave."""

    message_id: int
    name: str
    """Short name of the kind and language, for files and statistics: `confirm-es`."""
    sender: str
    recipient: str
    content: bytes
    """The whole mail as MIME, lines ended by CR and LF, bodies in 8 bits."""


@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """A text message ready to leave."""

    message_id: int
    name: str
    """Short name of the kind and language, for files and statistics: `thanks-es`."""
    recipient: str
    """The number in E.164: `+12025550123`."""
    words: str
    sender: str = ""
    """The number that it leaves from; empty where the other side chooses."""
    campaign: str = ""
    """The campaign's name in addresses, for caps and figures."""


class Channel(Protocol):
    """What a plugin gives to send messages. One for mails also has a `sender`, the address that they come from."""

    def send(self, mail: Any) -> str:
        """Send it, a `Mail` or a `Text`, and return the other side's code. Raises `Retry`, `Refused` or `Unsure`.

        Also `NotYet`, for a reason of its own: so a message may wait for as long as that takes.
        """


class MailChannel(Channel, Protocol):
    """A channel for mails."""

    sender: str
    """The address that mails come from."""
    way: str
    """For people: how mails leave, such as `leave by mail.example`."""


class TextChannel(Channel, Protocol):
    """A channel for texts: it puts its messages into words itself, as nothing in them is for mails."""

    def compose(self, message: Due, signer: Signer | None) -> Text:
        """What a message says, at the moment of sending. Raises `NothingToSay` or `NotYet`."""

    def takes(self, number: str) -> bool:
        """Whether a number (E.164) may be texted at all: else nobody is told to wait for a code there."""


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is being sent now."""

    id: int
    kind: str
    """`confirm`, `thanks`, `update`, or a kind that the plugin itself has put in."""
    campaign_id: int
    signature_id: int | None
    about_id: int | None
    """What else it tells of, by its kind."""
    attempt: int


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom a message goes to, opened for as long as it takes."""

    state: str
    language: str
    person: Person
    code: str
    """The six digits that confirm the signature."""
    own_page: str
    """The address of the signer's own page."""
    confirmation: str
    """The address that confirms the signature."""


class NothingToSay(Exception):
    """The message has no purpose any more: the signature is gone, or confirmed meanwhile."""


class NotYet(Exception):
    """The message must not leave now, for a reason of ours that ends some day: it waits as long as that takes, until
    `at` where that is known."""

    def __init__(self, code: str, at: datetime | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.at = at
