"""Putting messages in: with what causes them or not at all, and once for each mailbox."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from clarion.extensions import db, transaction
from clarion.outbox import service
from clarion.outbox.models import CAPPED, DUE, FAILED, HELD, SENT, SET_ASIDE, UNKNOWN, Message
from clarion.outbox.service import NewMessage
from clarion.signatures.models import Signature
from clarion.testing import Instance

Put = Callable[..., int | None]
Row = Callable[[int], Message]
STATES = (DUE, SENT, FAILED, UNKNOWN, HELD, CAPPED, SET_ASIDE)


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Message.state).order_by(Message.id)))


def messages(*keys: str) -> list[NewMessage]:
    signature = db.session.scalars(select(Signature)).one()
    return [NewMessage("confirm", signature.campaign_id, signature.id, key) for key in keys]


def test_a_message_waits_to_leave(put: Put, row: Row, clock: Callable[[], object]) -> None:
    id = put("one", kind="thanks")
    assert id is not None
    message = row(id)
    assert (message.kind, message.channel, message.state, message.dedupe_key) == ("thanks", "email", DUE, "one")
    assert (message.attempt, message.crashes, message.lease_until, message.sent_at) == (0, 0, None, None)
    assert message.created_at == message.due_at == clock()
    assert service.due_ids(10) == [id]


def test_a_mailbox_that_had_this_mail_gets_no_other(put: Put, row: Row) -> None:
    """The work is the same in both cases, one row, so that nobody can tell them apart by time."""
    first = put("one")
    assert first is not None
    assert put("one") is None
    assert put("one", kind="again") is None
    assert states() == [DUE, CAPPED, CAPPED]
    assert service.due_ids(10) == [first]
    assert row(first).kind == "confirm"
    assert put("two") is not None


def test_the_mail_counts_for_its_mailbox_even_after_it_left(put: Put) -> None:
    id = put("one")
    assert id is not None
    leased = service.lease(id)
    assert leased is not None
    assert service.settle(leased, SENT, "250")
    assert put("one") is None
    assert service.due_ids(10) == []


def test_messages_are_put_in_together(outbox: Instance) -> None:
    with transaction() as session:
        ids = service.put(session, messages("a", "b", "a", "c"))
    assert [id is None for id in ids] == [False, False, True, False]
    assert service.due_ids(10) == [id for id in ids if id is not None]
    assert sorted(states()) == sorted([DUE, DUE, DUE, CAPPED])
    assert {row.dedupe_key: row.id for row in db.session.scalars(select(Message).filter_by(state=DUE))} == dict(
        zip("abc", [ids[0], ids[1], ids[3]], strict=True)
    )


def test_nothing_stays_of_a_transaction_that_fails(outbox: Instance) -> None:
    def fail() -> None:
        with transaction() as session:
            service.put(session, messages("a", "a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert states() == []


def test_ids_are_never_used_again(put: Put) -> None:
    """A late worker that still holds an id must not hit another person's message."""
    first = put("one")
    assert first is not None
    with transaction() as session:
        session.query(Message).delete()
    second = put("two")
    assert second is not None
    assert second > first


def test_only_due_messages_are_ever_sent(put: Put) -> None:
    ids = {state: put(state, state=state) for state in STATES}
    assert service.due_ids(10) == [ids[DUE]]
    assert [state for state, id in ids.items() if id is not None and service.lease(id)] == [DUE]


def test_the_oldest_leave_first_and_no_more_than_asked(put: Put, clock: object) -> None:
    ids = []
    for key in ("a", "b", "c", "d"):
        ids.append(put(key))
        clock.move(seconds=1)  # type: ignore[attr-defined]
    assert service.due_ids(10) == ids
    assert service.due_ids(3) == ids[:3]
    assert service.due_ids(0) == []


def test_a_message_goes_with_its_signature(put: Put) -> None:
    assert put("one") is not None
    with transaction() as session:
        session.delete(session.scalars(select(Signature)).one())
    assert states() == []
