"""Leases: one worker at a time, every attempt counted before the try, a poisonous message set aside."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clarion.outbox import service
from clarion.outbox.models import DUE, FAILED, SENT, SET_ASIDE, UNKNOWN, Message
from clarion.outbox.service import FIRST_WAIT, GIVE_UP, LEASE, MAX_CRASHES, Leased
from clarion.testing import Instance

Row = Callable[[int], Message]

HOUR = timedelta(hours=1)


@pytest.fixture
def id(put: Callable[..., int | None]) -> int:
    """A message that waits."""
    made = put("one")
    assert made is not None
    return made


def take(id: int) -> Leased:
    leased = service.lease(id)
    assert leased is not None
    return leased


def test_an_attempt_is_counted_before_the_try(id: int, row: Row, clock: Any) -> None:
    leased = take(id)
    assert (leased.id, leased.kind, leased.channel, leased.attempt) == (id, "confirm", "email", 1)
    assert leased.created_at == clock()
    assert (row(id).attempt, row(id).crashes, row(id).state) == (1, 0, DUE)
    assert row(id).lease_until == clock() + LEASE
    assert row(id).lease_token == leased.token
    assert leased.signature_id == row(id).signature_id
    assert leased.campaign_id == row(id).campaign_id


def test_a_leased_message_is_nobody_elses(id: int, clock: Any) -> None:
    take(id)
    for moved in (0, LEASE.total_seconds() - 1):
        clock.move(seconds=moved)
        assert service.lease(id) is None
        assert service.due_ids(10) == []


def test_a_message_that_does_not_exist_is_not_leased(outbox: Instance) -> None:
    assert service.lease(10_000) is None


def test_of_many_workers_one_gets_the_message(outbox: Instance, id: int) -> None:
    found: list[Leased | None] = []
    start = threading.Barrier(6)

    def work() -> None:
        with outbox.context():
            start.wait()
            found.append(service.lease(id))

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 6
    assert len([leased for leased in found if leased]) == 1


def test_a_dead_workers_message_is_taken_up_again_and_the_crash_counted(id: int, row: Row, clock: Any) -> None:
    first = take(id)
    clock.move(seconds=LEASE.total_seconds() + 1)
    assert service.due_ids(10) == [id]
    second = take(id)
    assert second.token != first.token
    assert (second.attempt, row(id).crashes) == (2, 1)


def test_a_message_that_kills_its_workers_is_set_aside(id: int, row: Row, clock: Any) -> None:
    for attempt in range(1, MAX_CRASHES + 1):
        assert take(id).attempt == attempt
        assert row(id).crashes == attempt - 1
        clock.move(seconds=LEASE.total_seconds() + 1)
    assert service.lease(id) is None
    assert (row(id).state, row(id).crashes, row(id).attempt) == (SET_ASIDE, MAX_CRASHES, MAX_CRASHES)
    clock.move(days=30)
    assert service.due_ids(10) == []
    assert service.lease(id) is None


def test_others_flow_past_a_message_that_kills_workers(id: int, put: Callable[..., int | None], clock: Any) -> None:
    other = put("two")
    for _ in range(MAX_CRASHES + 1):
        service.lease(id)
        clock.move(seconds=LEASE.total_seconds() + 1)
    assert service.due_ids(10) == [other]


def test_what_is_put_off_in_good_order_is_no_crash(id: int, row: Row, clock: Any) -> None:
    for _ in range(10):
        assert service.put_off(take(id), "451")
        clock.move(hours=2)
    assert (row(id).state, row(id).crashes, row(id).attempt) == (DUE, 0, 10)


def test_all_leases_end_when_the_only_worker_starts_anew(
    id: int, put: Callable[..., int | None], row: Row, clock: Any
) -> None:
    waiting = put("two")
    assert waiting is not None
    first = take(id)
    assert service.end_leases() == 1
    clock.move(seconds=1)
    assert service.due_ids(10) == [id, waiting]
    assert take(id).attempt == 2
    assert (row(id).crashes, row(waiting).crashes) == (1, 0)
    assert not service.settle(first, SENT, "250")


def test_what_became_of_a_message_is_written_down(put: Callable[..., int | None], row: Row, clock: Any) -> None:
    for state in (SENT, FAILED, UNKNOWN):
        id = put(state)
        assert id is not None
        leased = take(id)
        clock.move(seconds=5)
        assert service.settle(leased, state, "x" * 200)
        found = row(id)
        assert (found.state, found.last_code, found.lease_until, found.lease_token) == (state, "x" * 80, None, None)
        assert found.sent_at == (clock() if state == SENT else None)
        clock.move(days=30)
        assert service.lease(id) is None


def test_a_message_is_settled_once(id: int, row: Row) -> None:
    leased = take(id)
    assert service.settle(leased, SENT, "250")
    assert not service.settle(leased, FAILED, "550")
    assert not service.put_off(leased, "451")
    assert (row(id).state, row(id).last_code) == (SENT, "250")


def test_a_worker_that_lost_its_lease_changes_nothing(id: int, row: Row, clock: Any) -> None:
    late = take(id)
    clock.move(seconds=LEASE.total_seconds() + 1)
    holder = take(id)
    assert not service.settle(late, SENT, "250")
    assert not service.put_off(late, "451")
    found = row(id)
    assert (found.state, found.last_code, found.lease_token, found.sent_at) == (DUE, "", holder.token, None)
    assert service.settle(holder, SENT, "250")


def test_a_message_that_is_put_off_waits(id: int, row: Row, clock: Any) -> None:
    assert service.put_off(take(id), "451 greylisted", timedelta(minutes=5))
    found = row(id)
    assert (found.state, found.last_code, found.lease_until) == (DUE, "451 greylisted", None)
    assert found.due_at == clock() + timedelta(minutes=5)
    clock.move(minutes=4, seconds=59)
    assert service.due_ids(10) == []
    assert service.lease(id) is None
    clock.move(seconds=1)
    assert service.due_ids(10) == [id]
    assert take(id).attempt == 2


def test_waits_double_up_to_an_hour_with_jitter(id: int, row: Row, clock: Any) -> None:
    """Many that failed together must not all come back at one moment."""
    for attempt, wait in ((1, FIRST_WAIT), (2, 2 * FIRST_WAIT), (4, 8 * FIRST_WAIT), (9, HOUR), (10_000, HOUR)):
        waits = set()
        for _ in range(6):
            leased = take(id)
            assert service.put_off(replace(leased, attempt=attempt, created_at=clock()), "451")
            waits.add(row(id).due_at - clock())
            clock.move(hours=2)
        assert len(waits) > 1
        assert all(0.8 * wait <= one <= 1.2 * wait for one in waits)


def test_after_three_days_a_message_has_failed(id: int, row: Row, clock: Any) -> None:
    clock.move(seconds=GIVE_UP.total_seconds())
    assert service.put_off(take(id), "451 still", timedelta(minutes=1))
    assert row(id).state == DUE
    clock.move(minutes=2)
    assert service.put_off(take(id), "451 still")
    assert (row(id).state, row(id).last_code, row(id).sent_at) == (FAILED, "451 still", None)
