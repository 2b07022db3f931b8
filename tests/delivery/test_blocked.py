"""A server that refuses us stops the lane for long; nothing is lost, somebody is told, and a success opens it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from clarion.delivery import lanes
from clarion.delivery.channels import Blocked, Mail
from clarion.delivery.lanes import FIRST_BLOCK, LONGEST_BLOCK, Lane
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


def test_a_blocked_lane_probes_with_one_after_ten_minutes_and_then_after_twice_as_long(clock: Clock) -> None:
    lane = Lane("email")
    pause = FIRST_BLOCK
    for _ in range(4):
        lane.blocked()
        lane.blocked()  # another thread heard the same
        clock.at += pause - 1
        assert lane.width(20) == 0
        clock.at += 1
        assert lane.width(20) == 1
        assert lane.width(20) == 0, "one probe at a time"
        pause = min(2 * pause, LONGEST_BLOCK)
    lane.reached()
    assert lane.width(20) == 1, "an answer is no success"
    lane.took()
    assert lane.width(20) == 20


class Policy:
    """A mail server that refuses us, or one message only."""

    sender = "petitions@site.example"

    def __init__(self, only: str = "") -> None:
        self.only = only
        self.tries: list[str] = []

    def send(self, mail: Mail) -> str:
        self.tries.append(mail.recipient)
        if self.only in mail.recipient:
            raise Blocked("550 5.7.1")
        return "250"


def due_now(instance: Instance, age: timedelta = timedelta()) -> None:
    with instance.context(), transaction() as session:
        values = {"due_at": now()} | ({"created_at": now() - age} if age else {})
        session.execute(update(Message).where(Message.state == DUE).values(**values))


def test_a_refusal_of_us_stops_the_lane_and_loses_nothing(either_instance: Instance, clock: Clock) -> None:
    for number in range(5):
        either_instance.sign("library", email=f"ana{number}@readers.example")
    good = either_instance.app.extensions["clarion.channels"]
    either_instance.app.extensions["clarion.channels"] = {"email": (policy := Policy())}
    assert either_instance.work() == 1
    assert either_instance.work() == 0
    due_now(either_instance, age=timedelta(days=9))
    clock.at += FIRST_BLOCK
    assert either_instance.work() == 1, "one probe"
    with either_instance.context():
        messages = db.session.scalars(select(Message)).all()
        assert {message.state for message in messages} == {DUE}, "for as long as it takes"
        codes = [message.last_code for message in messages if message.last_code]
        assert set(codes) == {"blocked 550 5.7.1"}
    figures = either_instance.client.get("/metrics").get_data(as_text=True)
    assert f'clarion_lane_blocked{{channel="email"}} {len(codes)}.0' in figures
    assert len(policy.tries) == 2
    either_instance.app.extensions["clarion.channels"] = good
    due_now(either_instance)
    clock.at += 2 * FIRST_BLOCK
    either_instance.work()
    with either_instance.context():
        assert {message.state for message in db.session.scalars(select(Message))} == {SENT}
    assert "clarion_lane_blocked{" not in either_instance.client.get("/metrics").get_data(as_text=True)


def test_one_message_that_is_always_refused_so_stops_the_others_once(instance: Instance, clock: Clock) -> None:
    for number in range(5):
        instance.sign("library", email=f"ana{number}@readers.example")
    instance.app.extensions["clarion.channels"] = {"email": (policy := Policy(only="ana0@"))}
    instance.work()
    assert policy.tries == ["ana0@readers.example"]
    clock.at += FIRST_BLOCK
    instance.work()
    assert len(policy.tries) == 5, "the lane opened with the first that was taken"
    for number in range(5, 8):
        instance.sign("library", email=f"ana{number}@readers.example")
    due_now(instance)
    instance.work()
    assert sorted(policy.tries[5:]) == [f"ana{number}@readers.example" for number in (0, 5, 6, 7)]


class Filter(Policy):
    """A mail server with a content filter, which refuses what it takes for spam as many refuse us."""

    def send(self, mail: Mail) -> str:
        self.tries.append(mail.recipient)
        if self.only in mail.recipient:
            raise Blocked("554 5.7.1", sure=False)
        return "250"


def test_mails_that_a_filter_refuses_do_not_stop_the_others(either_instance: Instance, clock: Clock) -> None:
    for number in range(3):
        either_instance.sign("library", email=f"spam{number}@one.example")
    for number in range(5):
        either_instance.sign("library", email=f"ana{number}@readers.example")
    either_instance.app.extensions["clarion.channels"] = {"email": (policy := Filter(only="spam"))}
    either_instance.work()
    assert len([one for one in policy.tries if one.startswith("ana")]) == 5, "nobody waits"
    assert either_instance.app.extensions["clarion.relay"].lane("email").blocks == 0


def test_after_a_false_alarm_the_probe_is_another_message(instance: Instance, clock: Clock) -> None:
    for number in range(2):
        instance.sign("library", email=f"spam{number}@site{number}.example")
    instance.app.extensions["clarion.channels"] = {"email": (policy := Filter(only="spam"))}
    instance.work()
    assert len(policy.tries) == 2
    assert instance.app.extensions["clarion.relay"].lane("email").blocks == 1, "nobody can tell yet"
    instance.sign("library", email="ana@readers.example")
    due_now(instance)
    clock.at += FIRST_BLOCK
    instance.work()
    assert "ana@readers.example" in policy.tries
    assert instance.app.extensions["clarion.relay"].lane("email").blocks == 0
    due_now(instance)
    instance.work()
    assert instance.app.extensions["clarion.relay"].lane("email").blocks == 0, "known ones count once"


def test_refusals_to_two_domains_stop_the_lane_and_lose_nothing(instance: Instance, clock: Clock) -> None:
    for number in range(5):
        instance.sign("library", email=f"ana{number}@site{number}.example")
    instance.app.extensions["clarion.channels"] = {"email": (policy := Filter())}
    instance.work()
    assert len(policy.tries) == 2
    due_now(instance, age=timedelta(days=9))
    clock.at += FIRST_BLOCK
    instance.work()
    with instance.context():
        assert {message.state for message in db.session.scalars(select(Message))} == {DUE}
