"""The pace of letters: by day, by the hours in which people write, and never more than an office can read."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from clarion.campaigns.live import live_campaigns
from clarion.delivery.models import Addressee
from clarion.extensions import db, transaction
from clarion.outbox.models import Message
from clarion.outbox.service import GIVE_UP, NewMessage, put
from clarion.recipients.pace import HOURS, Plan
from clarion.testing import Instance

NEW_YORK = ZoneInfo("America/New_York")


def moments(instance: Instance) -> list[tuple[int, datetime]]:
    """By whom letters are awaited, and when, in New York."""
    with instance.context():
        rows = db.session.execute(select(Message.about_id, Message.due_at).filter_by(kind="letter", state="due"))
        return [(about, at.astimezone(NEW_YORK)) for about, at in rows]


def test_letters_keep_to_office_hours_and_to_their_number_a_day(reaching, signers, clock, write) -> None:
    instance = reaching("letters = true\nletters_a_day = 5")
    signers(instance, 23, postal_code="20009")
    clock.forward(days=4, hours=6)
    first = write(instance)
    assert first in (42, 44), "a week ahead, with a place on this afternoon or without"
    assert write(instance) == 0
    with instance.context():
        rows = db.session.execute(select(Message.about_id, Message.due_at).filter_by(kind="letter")).all()
    local = [(about, at.astimezone(NEW_YORK)) for about, at in rows]
    assert all(at.weekday() < 5 and 9 <= at.hour < 17 for _, at in local)
    assert max(Counter((about, at.date()) for about, at in local).values()) == 5
    assert all(at >= clock.moment for _, at in rows)
    clock.forward(minutes=5)
    signers(instance, 3, postal_code="20009")
    clock.forward(minutes=5)
    assert write(instance) == 0, "they come after those who wait"
    clock.forward(days=3)
    assert first + write(instance) == 52
    with instance.context():
        rows = db.session.execute(select(Message.about_id, Message.due_at).filter_by(kind="letter")).all()
    days = Counter((about, at.astimezone(NEW_YORK).date()) for about, at in rows)
    assert max(days.values()) == 5


@pytest.mark.parametrize("friday", [date(2026, 10, 30), date(2027, 3, 12)], ids=["autumn", "spring"])
def test_the_hours_are_the_campaigns_own_on_both_sides_of_a_change_of_the_clocks(friday: date) -> None:
    plan, moment = Plan(), datetime.combine(friday, time(), NEW_YORK)
    places = [plan.next_place(1, moment, sum(HOURS)).astimezone(UTC) for _ in range(2 * sum(HOURS))]
    local = [at.astimezone(NEW_YORK) for at in places]
    assert places == sorted(places)
    assert len({at.utcoffset() for at in local}) == 2
    for day in (friday, friday + timedelta(days=3)):
        assert Counter(at.hour for at in local if at.date() == day) == dict(enumerate(HOURS, 9))


def test_letters_that_are_late_are_spread_anew(reaching, signers, clock, write, leave) -> None:
    instance = reaching("letters = true\nletters_a_day = 4")
    signers(instance, 10)
    clock.forward(minutes=5)
    assert write(instance) == 10
    clock.forward(days=1, hours=7)
    assert leave(instance) == [], "it is half past five, and what two days should have brought does not leave at once"
    left: list[datetime] = []
    while awaited := moments(instance):
        clock.moment = min(at for _, at in awaited).astimezone(UTC) + timedelta(minutes=1)
        assert len(left) < 40
        left += [clock.moment.astimezone(NEW_YORK)] * len(leave(instance))
    assert len(left) == 10
    assert max(Counter(at.date() for at in left).values()) == 4
    assert all(at.weekday() < 5 and 9 <= at.hour <= 17 for at in left)
    assert max(Counter((at.date(), at.hour) for at in left).values()) <= 2, "the hours share them"


def test_a_late_letter_keeps_its_three_days_of_trying_and_no_more(reaching, signers, clock, write, leave) -> None:
    instance = reaching("letters = true")
    signers(instance, 2)
    clock.forward(minutes=5)
    assert write(instance) == 2
    with instance.context(), transaction() as session:
        fresh, tried = session.scalars(select(Message.id).order_by(Message.id))
        due = {"due_at": clock.moment, "created_at": clock.moment}
        session.execute(update(Message).filter_by(id=fresh).values(due))
        session.execute(update(Message).filter_by(id=tried).values(due | {"due_at": clock.moment + timedelta(hours=9)}))
    clock.forward(hours=10)
    assert leave(instance) == []
    with instance.context():
        begun = {row.id: row.due_at - row.created_at for row in db.session.scalars(select(Message))}
    assert begun == {fresh: timedelta(), tried: timedelta(hours=9)}
    assert timedelta(hours=9) < GIVE_UP


def test_a_pause_longer_than_a_day_ends_in_no_heap(reaching, signers, clock, write, leave) -> None:
    instance = reaching("letters = true\nletters_a_day = 4")
    signers(instance, 8)
    clock.forward(minutes=5)
    assert write(instance) == 8
    folder = instance.home / "campaigns" / "library"
    table = (folder / "campaign.toml").read_text()
    (folder / "campaign.toml").write_text(table.replace('"live"', '"paused"'))
    instance.publish(folder)
    until = clock.moment + timedelta(days=3)
    while (first := min(at for _, at in moments(instance))) < until:
        clock.moment = first.astimezone(UTC) + timedelta(minutes=1)
        assert leave(instance) == []
    clock.moment = until
    (folder / "campaign.toml").write_text(table)
    instance.publish(folder)
    assert leave(instance) == []
    assert max(Counter(at.date() for _, at in moments(instance)).values()) <= 4


def test_a_mailbox_has_one_number_a_day_for_all_campaigns(reaching, signers, clock, write, leave, make_folder) -> None:
    instance = reaching("letters = true\nletters_a_day = 1")
    instance.publish(make_folder("pool"))
    signers(instance, 1)
    clock.forward(minutes=5)
    assert write(instance) == 1
    with instance.context(), transaction() as session:
        session.execute(update(Message).values(due_at=clock.moment, created_at=clock.moment))
        there = Addressee(campaign_id=live_campaigns().get("pool").id, email="mayor@city.example")
        session.add(there)
        session.flush()
        gone = NewMessage("letter", there.campaign_id, None, "letter:pool", state="sent", about_id=there.id)
        put(session.connection(), [gone])
        session.execute(update(Message).filter_by(state="sent").values(sent_at=clock.moment))
    assert leave(instance) == []
    clock.forward(days=1)
    with instance.context(), transaction() as session:
        session.execute(update(Message).filter_by(state="due").values(due_at=clock.moment, created_at=clock.moment))
    assert len(leave(instance)) == 1


def test_one_too_many_leaves_another_day(reaching, signers, clock, write, leave) -> None:
    instance = reaching("letters = true\nletters_a_day = 1")
    signers(instance, 2)
    clock.forward(minutes=5)
    assert write(instance) == 2
    with instance.context(), transaction() as session:
        session.execute(update(Message).values(due_at=clock.moment, created_at=clock.moment))
        first = select(func.min(Message.id)).scalar_subquery()
        session.execute(update(Message).where(Message.id == first).values(state="sent", sent_at=clock.moment))
    assert leave(instance) == []
    ((_, at),) = moments(instance)
    assert at.date() > clock.moment.date()
    assert 9 <= at.hour < 17
