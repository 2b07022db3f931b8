"""Lanes: a server that is away is asked gently, and what waits is neither lost nor punished."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from clarion.delivery import lanes
from clarion.delivery.channels import Mail, Unreachable
from clarion.delivery.lanes import STRIKES, Lane
from clarion.extensions import db, now, transaction
from clarion.outbox.models import DUE, SENT, Message
from clarion.testing import Instance


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(lanes, "time", found)
    return found


def test_a_lane_pauses_after_some_failures_and_probes_with_one(clock: Clock) -> None:
    lane = Lane("email")
    for _ in range(STRIKES - 1):
        lane.missed()
        assert lane.width(20) == 20
    lane.missed()
    assert lane.width(20) == 0
    clock.at += lanes.FIRST_PAUSE
    assert lane.width(20) == 1
    assert lane.width(20) == 0, "one probe at a time"
    lane.missed()
    clock.at += lanes.FIRST_PAUSE
    assert lane.width(20) == 0, "the pause grows"
    clock.at += lanes.FIRST_PAUSE
    assert lane.width(20) == 1
    lane.reached()
    assert lane.width(20) == 20


def test_the_pause_has_an_end(clock: Clock) -> None:
    lane = Lane("email")
    for _ in range(60):
        lane.missed()
    assert lane.closed_until - clock.at == lanes.LONGEST_PAUSE


class Away:
    """A mail server that is not there; notes who was to be written to."""

    sender = "petitions@site.example"

    def __init__(self) -> None:
        self.tries = 0

    def send(self, mail: Mail) -> str:
        self.tries += 1
        raise Unreachable("refused")


def test_while_the_server_is_away_few_messages_are_tried(instance: Instance, clock: Clock) -> None:
    for number in range(30):
        instance.sign("library", email=f"ana{number}@readers.example")
    good = instance.app.extensions["clarion.channels"]
    instance.app.extensions["clarion.channels"] = {"email": (away := Away())}
    assert instance.work() <= STRIKES
    assert instance.work() == 0
    assert away.tries == STRIKES
    with instance.context():
        messages = db.session.scalars(select(Message)).all()
        assert {message.state for message in messages} == {DUE}
        assert sum(message.attempt for message in messages) == STRIKES
        assert not [message for message in messages if message.lease_token], "what was not tried was given back"
    instance.app.extensions["clarion.channels"] = good
    clock.at += lanes.LONGEST_PAUSE
    with instance.context(), transaction() as session:
        session.execute(update(Message).values(due_at=now()))
    instance.work()
    with instance.context():
        assert {message.state for message in db.session.scalars(select(Message))} == {SENT}
    assert len(instance.mails()) == 30
