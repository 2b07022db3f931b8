"""Settling: what became of a message is written once, by the worker that holds it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from clarion.outbox import service
from clarion.outbox.models import DUE, FAILED, SENT, UNKNOWN, Message
from clarion.outbox.service import FIRST_WAIT, GIVE_UP, LONGEST_WAIT, Leased

Put = Callable[..., int]
Row = Callable[[int], Message]
Begin = Callable[..., Leased]


def test_what_became_of_a_message_is_written_down(put: Put, row: Row, clock: Any, begin: Begin) -> None:
    for outcome, state in ((service.sent, SENT), (service.failed, FAILED)):
        id = put(state)
        begun = begin()
        clock.move(minutes=1)
        service.keep_alive([begun])
        service.settle([outcome(begun, "x" * 200)])
        found = row(id)
        assert (found.state, found.last_code, found.attempt, found.crashes) == (state, "x" * 80, 1, 0)
        assert (found.lease_until, found.lease_token, found.trying) == (None, None, False)
        assert found.sent_at == (clock.minute if state == SENT else None)
        clock.move(days=30)
        assert service.lease("email", "worker") == []


def test_an_unsure_confirmation_is_tried_again_anything_else_is_not(
    put: Put, row: Row, clock: Any, begin: Begin
) -> None:
    for kind, state in (("confirm", DUE), ("thanks", UNKNOWN), ("update", UNKNOWN)):
        id = put(kind, kind=kind)
        service.settle([service.unsure(begin(), "lost after the dot")])
        assert (row(id).state, row(id).last_code, row(id).sent_at) == (state, "lost after the dot", None)
        clock.move(hours=2)
        assert [leased.id for leased in service.lease("email", "worker")] == ([id] if state == DUE else [])
        clock.outlast_leases()
        if state == DUE:
            service.settle([service.sent(begin(), "250")])


def test_a_message_is_settled_once(put: Put, row: Row, begin: Begin) -> None:
    id = put()
    begun = begin()
    service.settle([service.sent(begun, "250")])
    service.settle([service.failed(begun, "550"), service.put_off(begun, "451")])
    assert (row(id).state, row(id).last_code) == (SENT, "250")


def test_a_worker_that_lost_its_lease_changes_nothing(put: Put, row: Row, clock: Any, begin: Begin) -> None:
    id = put()
    late = begin("late")
    clock.outlast_leases()
    holder = begin("holder")
    service.settle([service.sent(late, "250"), service.put_off(late, "451"), service.failed(late, "550")])
    found = row(id)
    assert (found.state, found.last_code, found.lease_token, found.sent_at) == (DUE, "worker died", "holder", None)
    assert found.trying
    service.settle([service.sent(holder, "250")])
    assert row(id).state == SENT


def test_a_worker_that_took_a_message_twice_settles_only_its_last_attempt(
    put: Put, row: Row, clock: Any, begin: Begin
) -> None:
    id = put()
    late = begin("worker")
    clock.outlast_leases()
    begin("worker")
    service.settle([service.sent(late, "250")])
    assert (row(id).state, row(id).trying) == (DUE, True)


def test_settling_the_last_and_beginning_the_next_is_one_step(put: Put, row: Row) -> None:
    first, second = put("first"), put("second")
    page = service.lease("email", "worker")
    begun = service.begin(page[0])
    assert begun is not None
    then = service.begin(page[1], [service.sent(begun, "250")])
    assert then is not None
    assert (row(first).state, row(second).trying) == (SENT, True)


def test_the_last_is_settled_even_where_the_next_was_lost(put: Put, row: Row) -> None:
    first, second = put("first"), put("second")
    page = service.lease("email", "worker")
    begun = service.begin(page[0])
    assert begun is not None
    service.give_back("worker", page[1:])
    assert service.begin(page[1], [service.sent(begun, "250")]) is None
    assert (row(first).state, row(second).state, row(second).attempt) == (SENT, DUE, 0)


def test_a_message_that_is_put_off_waits(put: Put, row: Row, clock: Any, begin: Begin) -> None:
    id = put()
    service.settle([service.put_off(begin(), "451 greylisted", timedelta(minutes=5))])
    found = row(id)
    assert (found.state, found.last_code, found.lease_until, found.trying) == (DUE, "451 greylisted", None, False)
    assert found.due_at == clock() + timedelta(minutes=5)
    clock.move(minutes=4, seconds=59)
    assert service.lease("email", "worker") == []
    assert service.channels_due() == []
    clock.move(seconds=1)
    assert service.channels_due() == ["email"]
    assert begin().attempt == 2


def test_what_is_put_off_in_good_order_is_no_crash(put: Put, row: Row, clock: Any, begin: Begin) -> None:
    id = put()
    for _ in range(10):
        service.settle([service.put_off(begin(), "451")])
        clock.move(hours=2)
    assert (row(id).state, row(id).crashes, row(id).attempt) == (DUE, 0, 10)


def test_waits_double_up_to_an_hour_with_jitter(put: Put, clock: Any) -> None:
    """Many that failed together must not all come back at one moment."""
    put()
    (leased,) = service.lease("email", "worker")
    for attempt, wait in (
        (0, FIRST_WAIT),
        (1, FIRST_WAIT),
        (2, 2 * FIRST_WAIT),
        (4, 8 * FIRST_WAIT),
        (9, LONGEST_WAIT),
        (10_000, LONGEST_WAIT),
    ):
        put_off = [service.put_off(replace(leased, attempt=attempt), "451") for _ in range(20)]
        waits = {settlement.due_at - clock() for settlement in put_off if settlement.due_at}
        assert len(waits) > 1
        assert all(0.8 * wait <= one <= 1.2 * wait for one in waits)


def test_after_three_days_a_message_has_failed(put: Put, row: Row, clock: Any, begin: Begin) -> None:
    id = put()
    clock.move(seconds=GIVE_UP.total_seconds() - 61)
    service.settle([service.put_off(begin(), "451 still", timedelta(minutes=1))])
    assert row(id).state == DUE
    clock.move(minutes=3)
    service.settle([service.put_off(begin(), "451 still")])
    assert (row(id).state, row(id).last_code, row(id).sent_at) == (FAILED, "451 still", None)


def test_settling_nothing_is_nothing(put: Put, row: Row) -> None:
    id = put()
    service.settle([])
    assert row(id).state == DUE
