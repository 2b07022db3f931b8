"""Channels that lead to companies of these tests, and a clock that they go by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from clarion.api import Person, Text, db, live_campaigns, put_text, sign_by_text, transaction
from clarion.outbox.models import Message
from clarion.testing import Instance
from clarion_sms import SmsSettings
from clarion_sms.channel import SmsChannel
from clarion_sms.gateways.choosing import gateways

from .companies import Company, table_of

ANA = "+12024561111"
BASE = "http://127.0.0.1:8000"


@dataclass
class Clock:
    """A clock that goes on while somebody sleeps."""

    now: datetime = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def channel(company: Company, clock: Clock, home: Path, **more: object) -> SmsChannel:
    """A channel of one worker process."""
    settings = SmsSettings(**table_of(company, **more))
    return SmsChannel(settings, gateways(settings, home, BASE), clock, clock.sleep)


def text(number: int = 1, words: str = "Readers: news.", to: str = ANA, name: str = "update-en") -> Text:
    """A text that is ready to leave."""
    return Text(number, name, to, words, "+12024560000", "library")


def thank(instance: Instance, number: str = ANA) -> int:
    """Sign by a phone, let its text be sent, and return the message."""
    with instance.context():
        live = live_campaigns().get("library")
        signed = sign_by_text(live.id, "en", Person(name="Ana Luna", email="", phone=number), [])
        with transaction() as session:
            put_text(session, "thanks", live.id, f"thanks {number}", signature_id=signed.signature_id)
    instance.work()
    with instance.context():
        return db.session.scalars(select(Message.id).filter_by(signature_id=signed.signature_id)).one()


def state(instance: Instance, message: int) -> str:
    """What became of it."""
    with instance.context():
        return db.session.scalar(select(Message.state).filter_by(id=message))
