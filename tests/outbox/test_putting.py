"""Putting messages in: with what causes them or not at all, and once for each mailbox."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from clarion.extensions import db, transaction
from clarion.outbox import service
from clarion.outbox.models import CAPPED, DUE, FAILED, HELD, SENT, SET_ASIDE, UNKNOWN, Message
from clarion.outbox.service import NewMessage
from clarion.signatures.models import Signature
from clarion.testing import Instance

Put = Callable[..., int]
Row = Callable[[int], Message]
STATES = (DUE, SENT, FAILED, UNKNOWN, HELD, CAPPED, SET_ASIDE)


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Message.state).order_by(Message.id)))


def leave() -> list[int]:
    """The messages that a worker would take now."""
    return [leased.id for leased in service.lease("email", "worker")]


def messages(*keys: str, kind: str = "confirm") -> list[NewMessage]:
    signature = db.session.scalars(select(Signature)).one()
    return [NewMessage(kind, signature.campaign_id, signature.id, key) for key in keys]


def put_again(*keys: str, kind: str = "confirm") -> list[bool]:
    with transaction() as session:
        return service.put(session.connection(), messages(*keys, kind=kind))


def test_a_message_waits_to_leave(put: Put, row: Row, clock: Any) -> None:
    id = put("one", kind="thanks")
    message = row(id)
    assert (message.kind, message.channel, message.state, message.dedupe_key) == ("thanks", "email", DUE, "one")
    assert (message.attempt, message.crashes, message.trying, message.lease_until) == (0, 0, False, None)
    assert message.created_at == message.due_at == clock.minute
    assert message.sent_at is None
    assert leave() == [id]


def test_a_mailbox_that_had_this_mail_gets_no_other(put: Put, row: Row) -> None:
    """The work is the same in both cases, one row, so that nobody can tell them apart by time."""
    first = put("one")
    assert put_again("one") == [False]
    assert put_again("one", kind="again") == [False]
    assert states() == [DUE, CAPPED, CAPPED]
    assert row(first).kind == "confirm"
    assert leave() == [first]
    assert put("two") > first


def test_the_mail_counts_for_its_mailbox_even_after_it_left(put: Put) -> None:
    put("one")
    (leased,) = service.lease("email", "worker")
    begun = service.begin(leased)
    assert begun is not None
    service.settle([service.sent(begun, "250")])
    assert put_again("one") == [False]
    assert states() == [SENT, CAPPED]


def test_messages_are_put_in_together(outbox: Instance) -> None:
    assert put_again("a", "b", "a", "c") == [True, True, False, True]
    assert sorted(states()) == sorted([DUE, DUE, DUE, CAPPED])
    found = db.session.scalars(select(Message.dedupe_key).filter_by(state=DUE))
    assert sorted(found) == ["a", "b", "c"]


def test_nothing_stays_of_a_transaction_that_fails(outbox: Instance) -> None:
    def fail() -> None:
        with transaction() as session:
            service.put(session.connection(), messages("a", "a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert states() == []


def test_ids_are_never_used_again(put: Put) -> None:
    """A late worker that still holds an id must not hit another person's message."""
    first = put("one")
    with transaction() as session:
        session.execute(delete(Message))
    assert put("two") > first


def test_only_due_messages_are_ever_sent(put: Put) -> None:
    ids = {state: put(state, state=state) for state in STATES}
    assert service.channels_due() == ["email"]
    assert leave() == [ids[DUE]]
    assert service.channels_due() == []


def test_confirmations_leave_first_then_the_oldest_and_no_more_than_asked(put: Put, clock: Any) -> None:
    late = put("late", kind="update", priority=9)
    ids = []
    for key in ("a", "b", "c"):
        clock.move(seconds=1)
        ids.append(put(key))
    assert [leased.id for leased in service.lease("email", "one", 2)] == ids[:2]
    assert [leased.id for leased in service.lease("email", "two", 5)] == [ids[2], late]
    assert service.lease("email", "three", 5) == []


def test_each_lane_has_its_own_messages(put: Put) -> None:
    mail, text = put("mail"), put("text", channel="sms")
    assert sorted(service.channels_due()) == ["email", "sms"]
    assert [leased.id for leased in service.lease("sms", "worker")] == [text]
    assert service.channels_due() == ["email"]
    assert [leased.id for leased in service.lease("email", "worker")] == [mail]


def test_a_message_goes_with_its_signature(put: Put) -> None:
    put("one")
    with transaction() as session:
        session.execute(delete(Signature))
    assert states() == []
