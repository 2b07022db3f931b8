"""What the worker does for messages: drain a lane by the page, over one connection, settling as it goes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar, cast

from flask import Flask, current_app

from ..broker import Waker
from ..extensions import AWAY, db
from ..monitoring import log, report
from ..outbox import service
from ..outbox.book import Book
from ..outbox.service import LEASE, PAGE, Leased, Settlement
from .channels import (
    Blocked,
    Channel,
    Mail,
    NothingToSay,
    NotYet,
    Refused,
    Retry,
    Text,
    TextChannel,
    Unreachable,
    Unsure,
)
from .composing import compose_text, composer_of
from .feedback import keep_refusal
from .lanes import Lane, channel_of
from .mailboxes import admit
from .signers import Sealed, sealed_of

Given = ParamSpec("Given")
Result = TypeVar("Result")

LONGEST_SEND = 60.0
"""Seconds after which a page is let go whose channel does not come back from a send."""

AGAIN = 0.5
"""Seconds between two tries to write while the database is away."""


class _Doubted(Retry):
    """A message was refused in a way that may be about us, and by one message nobody can tell."""


class Relay:
    """The sending side of one worker process: the pages in its hands, and its lanes."""

    def __init__(self) -> None:
        self.stopping = False
        self._book = Book()
        self._lanes: dict[str, Lane] = {}
        self._pages: dict[str, list[Leased]] = {}
        """The pages in hand, by the name on their leases. A page that failed is let go, so that its leases run out."""
        self._blocking: set[int] = set()
        """Messages over which a lane was blocked. Where others left since, it was about that message, not about us."""
        self._doubted: set[int] = set()
        """Messages that were refused, maybe for what they are: each counts against a lane once."""
        self._sending: dict[str, float] = {}
        """Since when the message of a page is at its channel."""

    def lane(self, name: str) -> Lane:
        """The lane of a channel."""
        return self._lanes.setdefault(name, Lane(name))

    def drain(self, channel: str) -> int:
        """Send what is due in a lane until nothing is; how many messages were tried."""
        tried = 0
        while not self.stopping and (width := self.lane(channel).width(PAGE)):
            name = secrets.token_hex(8)
            try:
                self._pages[name] = page = service.lease(channel, name, width)
                tried += self._send_page(page)
            finally:
                self._pages.pop(name, None)
                self.lane(channel).probed()
            if not page:
                break
        return tried

    def keep_alive(self) -> int:
        """Renew the leases of the pages in hand; how many messages they hold."""
        hung = {name for name, since in tuple(self._sending.items()) if time.monotonic() - since > LONGEST_SEND}
        pages = [page for name, page in tuple(self._pages.items()) if name not in hung]
        return service.keep_alive([leased for page in pages for leased in page])

    def _send_page(self, page: list[Leased]) -> int:
        """Send one message after the other; each line in the book settles the last and begins the next."""
        settled: list[Settlement] = []
        signatures = _insist(sealed_of, page)
        db.session.remove()
        admission = _insist(admit, page, signatures)
        _insist(service.settle, admission.turned_away)
        page, signatures = admission.page, admission.signatures
        with self._book as book:
            for place, leased in enumerate(page):
                if self.stopping or (self.lane(leased.channel).paused and place):
                    _insist(service.settle, settled)
                    service.give_back(leased.token, page[place:])
                    admission.take_back(page[place:])
                    return place + len(admission.turned_away)
                begun = _insist(book.begin, leased, settled, admission.unless.get(leased.id))
                settled = [] if begun is None else [self._send(begun, signatures.get(leased.signature_id or 0))]
        _insist(service.settle, settled)
        return len(page) + len(admission.turned_away)

    def _send(self, leased: Leased, signature: Sealed | None) -> Settlement:
        """Try once; every outcome is a settlement, and only the unexpected is reported with its place."""
        known = {"message_id": leased.id, "kind": leased.kind}
        try:
            code = self._pass_on(leased, signature)
        except (NothingToSay, NotYet) as error:
            return _unsaid(leased, error)
        except Blocked as error:
            return self._blocked(leased, error)
        except _Doubted as error:
            log.warning("message put off", **known, code=error.code, attempt=leased.attempt)
            settled = service.put_off if self.lane(leased.channel).proven else service.blocked
            return settled(leased, error.code)
        except Retry as error:
            log.warning("message put off", **known, code=error.code, attempt=leased.attempt)
            return service.put_off(leased, error.code, error.wait)
        except Unsure as error:
            log.warning("message unsure", **known, code=error.code)
            return service.unsure(leased, error.code)
        except Refused as error:
            log.warning("message refused", **known, code=error.code)
            if error.no_mailbox:
                _insist(keep_refusal, leased.id, error.code)
            return service.failed(leased, error.code)
        except Exception as error:  # noqa: BLE001 - a message that fails in an unknown way stays visible
            report(error, "message failed", **known)
            return service.put_off(leased, type(error).__name__)
        return service.sent(leased, code)

    def _blocked(self, leased: Leased, error: Blocked) -> Settlement:
        """Stop the lane; the message stays due for as long as that takes."""
        lane, code = self.lane(leased.channel), error.code
        known = {"message_id": leased.id, "kind": leased.kind, "channel": leased.channel}
        if error.sure and leased.id in self._blocking and not lane.blocks:
            lane.reached()
            log.warning("message put off", **known, code=code, attempt=leased.attempt)
        else:
            lane.blocked(sure=error.sure)
            if error.sure:
                self._blocking.add(leased.id)
            log.error("lane blocked", **known, code=code)
        return service.blocked(leased, code)

    def _pass_on(self, leased: Leased, signature: Sealed | None) -> str:
        channels: Mapping[str, Channel] = current_app.extensions["clarion.channels"]
        channel = channels[channel_of(leased.channel)]
        mail = self._compose(channel, leased, signature)
        # a slow server must not hold a database connection
        db.session.remove()
        lane = self.lane(leased.channel)
        self._sending[leased.token] = time.monotonic()
        try:
            code = channel.send(mail)
        except Unreachable:
            lane.missed()
            raise
        except Blocked as error:
            if not error.sure and self._may_be_its_own(leased, mail):
                lane.probed()  # the next probe is with another message
                raise _Doubted(error.code) from error
            raise
        except (Retry, Refused):
            lane.reached()
            raise
        finally:
            self._sending.pop(leased.token, None)
        lane.took()
        self._blocking.discard(leased.id)
        self._doubted.discard(leased.id)
        return code

    @staticmethod
    def _compose(channel: Channel, leased: Leased, signature: Sealed | None) -> Mail | Text:
        if hasattr(channel, "compose"):
            return compose_text(cast(TextChannel, channel), leased, signature)
        return composer_of(leased.kind)(leased, signature)

    def _may_be_its_own(self, leased: Leased, mail: Mail | Text) -> bool:
        """Whether a refusal may be for what the message says: strangers choose a name in it, and filters read it."""
        if leased.id in self._doubted:
            return True
        self._doubted.add(leased.id)
        return not self.lane(leased.channel).doubted(mail.recipient.rpartition("@")[2].lower())


def _unsaid(leased: Leased, why: NothingToSay | NotYet) -> Settlement:
    if isinstance(why, NotYet):
        return service.not_yet(leased, why.code, why.at)
    return service.needless(leased)


def _insist(ask: Callable[Given, Result], *args: Given.args, **known: Given.kwargs) -> Result:
    """Ask the database, again while it is away and the lease lasts: what left unnoted would leave twice."""
    until = time.monotonic() + LEASE.total_seconds()
    while True:
        try:
            return ask(*args, **known)
        except AWAY:
            db.session.rollback()
            if time.monotonic() > until:
                raise
            time.sleep(AGAIN)


def sweep(waker: Waker) -> int:
    """Wake for lanes in which something is due that nobody was woken for; how many lanes."""
    if waker.waiting:
        return 0
    channels = service.channels_due()
    for channel in channels:
        waker.wake("drain_lane", channel)
    return len(channels)


def declare_tasks(app: Flask, waker: Waker) -> Relay:
    """Declare the tasks on the app's broker, each run inside the app's context."""
    relay = Relay()
    app.extensions["clarion.relay"] = relay

    def drain_lane(channel: str) -> None:
        with app.app_context():
            try:
                relay.drain(channel)
            except Exception as error:  # noqa: BLE001 - the sweep finds again what was due
                report(error, "lane failed", channel=channel)

    waker.declare(drain_lane)
    return relay
