"""Very many phones that said yes to texts, written straight into the database, and a broadcast to them by the clock."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import time_machine
from sqlalchemy import func, insert, select

from clarion.api import Text, db, live_campaigns, now, schedule_texts, transaction
from clarion.delivery.tasks import Relay
from clarion.outbox.models import DUE, Message
from clarion.sealing import Link, blind_index, look_up, seal
from clarion.signatures.models import CONFIRMED, Consent, Signature, SignaturePhone
from clarion.testing import Instance
from clarion.updates.models import SENT, Update
from clarion.updates.tasks import spread
from clarion_sms.composing import compose

HOMES = {
    "20009": "America/New_York",
    "60601": "America/Chicago",
    "80202": "America/Denver",
    "90012": "America/Los_Angeles",
    "99501": "America/Anchorage",
    "96813": "Pacific/Honolulu",
}
"""Six time zones by ZIP code."""
AREAS = {"20009": "202", "60601": "312", "80202": "303", "90012": "213", "99501": "907", "96813": "808"}
PAGE = 1000


class Killed(BaseException):
    """Stands for a worker that dies where it is."""


def add_crowd(instance: Instance, count: int) -> dict[str, str]:
    """So many confirmed signers with phones of their own in six time zones: the ZIP code of each."""
    homes: dict[str, str] = {}
    with instance.context():
        (live,) = live_campaigns().all()
        index_key = instance.app.extensions["clarion.keyring"].index_key(live.key_id)
        for start in range(0, count, PAGE):
            signers = []
            for n in range(start, min(start + PAGE, count)):
                code = list(HOMES)[n % len(HOMES)]
                number = f"+1{AREAS[code]}{2000000 + n:07d}"
                homes[number] = code
                link = Link()
                details = {"name": "Ana Luna", "email": "", "postal_code": code, "country": "", "phone": number}
                signers.append(
                    {
                        "campaign_id": live.id,
                        "email_index": blind_index(index_key, f"tel:{number}"),
                        "state": CONFIRMED,
                        "language": "en",
                        "source": "text",
                        "reached_by": "sms",
                        "area": "",
                        "organisation": "readers",
                        "edition_id": live.edition_id,
                        "show_name": False,
                        "reason_due": False,
                        "sealed": seal(live.public_key, {**details, "link": link.text}),
                        "record": b"",
                        "confirm_look_up": look_up(link.confirm_token),
                        "me_look_up": look_up(link.me_token),
                        "code_mark": secrets.token_bytes(16),
                        "signed_at": now(),
                        "confirmed_at": now(),
                    }
                )
            with transaction() as session:
                ids = session.scalars(insert(Signature).returning(Signature.id), signers).all()
                mine = dict(zip(ids, signers, strict=True))
                phones = [
                    {
                        "signature_id": id,
                        "campaign_id": live.id,
                        "phone_index": row["email_index"],
                        "verified_at": now(),
                    }
                    for id, row in mine.items()
                ]
                yes = {"organisation": "readers", "channel": "sms", "edition_id": live.edition_id, "language": "en"}
                given = [{"signature_id": id, **yes, "given_at": now(), "confirmed_at": now()} for id in ids]
                session.execute(insert(SignaturePhone), phones)
                session.execute(insert(Consent), given)
    return homes


@dataclass
class Carrier:
    """Takes texts, writes down when, and kills a worker now and then, before it takes one or after it has."""

    kill_at: list[int]
    sent: list[tuple[str, datetime]] = field(default_factory=list)
    compose = staticmethod(compose)

    def send(self, text: Text) -> str:
        """Take a text."""
        dies = bool(self.kill_at) and len(self.sent) >= self.kill_at[0]
        if dies and random.random() < 0.5:
            self.kill_at.pop(0)
            raise Killed
        self.sent.append((text.recipient, datetime.now(UTC)))
        if dies:
            self.kill_at.pop(0)
            raise Killed
        return "queued"


@dataclass
class Spread:
    """What came of a broadcast."""

    sent: list[tuple[str, datetime]]
    states: dict[str, int]
    kills: int

    @property
    def twice(self) -> list[str]:
        """The phones that got it more than once."""
        return [number for number, n in Counter(number for number, _ in self.sent).items() if n > 1]


@contextmanager
def new_worker(instance: Instance) -> Iterator[object]:
    """A worker that knows nothing of the one before."""
    relay = instance.app.extensions["clarion.relay"] = Relay()
    yield relay


def broadcast(instance: Instance, starts: datetime, kills: int, count: int) -> Spread:
    """Send one text to all who said yes, by a clock that jumps to whatever is due next; workers die on the way."""
    carrier = Carrier([count * (n + 1) // (kills + 1) for n in range(kills)])
    instance.app.extensions["clarion.channels"]["sms"] = carrier
    with instance.context():
        live = live_campaigns().get("library")
        assert schedule_texts(live, "news", live.campaign.lead, {"en": "Readers: news. STOP to end"}, starts)
    died = 0
    with time_machine.travel(starts, tick=True) as clock:
        while True:
            with instance.context(), new_worker(instance) as relay:
                try:
                    spread()
                    relay.drain("sms")
                except Killed:
                    died += 1
            upcoming = _next(instance)
            if upcoming is None:
                break
            clock.move_to(max(upcoming, datetime.now(UTC)) + timedelta(seconds=1))
    with instance.context():
        states = dict(db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all())
    return Spread(carrier.sent, states, died)


def _next(instance: Instance) -> datetime | None:
    """When there is something to do again; nothing once all is at its end."""
    with instance.context():
        soonest = func.min(func.coalesce(Message.lease_until, Message.due_at))
        due = db.session.scalar(select(soonest).where(Message.state == DUE))
        if db.session.scalar(select(Update.state)) != SENT:
            return datetime.now(UTC)
    if due is None:
        return None
    moment = datetime.fromisoformat(due) if isinstance(due, str) else due
    return moment.replace(tzinfo=UTC)
