"""Leases: one worker at a time, every attempt counted before the try, a poisonous message set aside."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from clarion.outbox import service
from clarion.outbox.models import DUE, SET_ASIDE, UNKNOWN, Message
from clarion.outbox.service import LEASE, MAX_CRASHES, REPEATABLE, Leased
from clarion.testing import Instance

Put = Callable[..., int]
Row = Callable[[int], Message]
Begin = Callable[..., Leased]


def take(owner: str = "worker") -> list[int]:
    return [leased.id for leased in service.lease("email", owner)]


def test_taking_a_message_costs_it_nothing(put: Put, row: Row, clock: Any) -> None:
    id = put()
    (leased,) = service.lease("email", "worker")
    assert (leased.id, leased.kind, leased.channel, leased.attempt) == (id, "confirm", "email", 0)
    assert (leased.token, leased.created_at) == ("worker", clock.minute)
    found = row(id)
    assert (leased.campaign_id, leased.signature_id) == (found.campaign_id, found.signature_id)
    assert (found.state, found.attempt, found.crashes, found.trying) == (DUE, 0, 0, False)
    assert (found.lease_until, found.lease_token) == (clock() + LEASE, "worker")


def test_an_attempt_is_counted_before_the_try(put: Put, row: Row, begin: Begin) -> None:
    id = put()
    assert begin().attempt == 1
    assert (row(id).attempt, row(id).trying, row(id).crashes, row(id).state) == (1, True, 0, DUE)


def test_a_leased_message_is_nobody_elses(put: Put, clock: Any, begin: Begin) -> None:
    put()
    begin()
    for moved in (0.0, LEASE.total_seconds()):
        clock.move(seconds=moved)
        assert take("another") == []
        assert service.channels_due() == []


def test_of_many_workers_one_gets_each_message(outbox: Instance, put: Put) -> None:
    ids = [put(str(number)) for number in range(12)]
    taken: list[list[int]] = []
    start = threading.Barrier(6)

    def work(owner: str) -> None:
        with outbox.context():
            start.wait()
            mine: list[int] = []
            for _ in range(4):
                mine += [leased.id for leased in service.lease("email", owner, 3) if service.begin(leased)]
            taken.append(mine)

    workers = [threading.Thread(target=work, args=(f"worker {number}",)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == 6
    assert sorted(id for mine in taken for id in mine) == ids


@pytest.mark.parametrize("either_instance", ["postgresql"], indirect=True)  # SQLite lets nobody write in between
def test_what_its_slow_owner_begins_in_the_middle_of_a_taking_is_not_taken(
    outbox: Instance, put: Put, row: Row, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = put(kind="update")
    (slow,) = service.lease("email", "slow")
    clock.outlast_leases()
    bury, begun = service._bury_the_dead, []

    def begin_slowly() -> None:
        with outbox.context():
            begun.append(service.begin(slow))

    def bury_and_be_overtaken(*given: Any) -> None:
        bury(*given)
        slow_worker = threading.Thread(target=begin_slowly)
        slow_worker.start()
        slow_worker.join()

    monkeypatch.setattr(service, "_bury_the_dead", bury_and_be_overtaken)
    assert take("another") == []
    assert begun[0] is not None
    assert (row(id).state, row(id).trying, row(id).lease_token) == (DUE, True, "slow")


def test_a_worker_that_says_it_lives_keeps_its_messages(put: Put, clock: Any) -> None:
    put("one")
    put("two")
    page = service.lease("email", "one")
    assert len(page) == 2
    for _ in range(10):
        clock.move(seconds=LEASE.total_seconds() - 1)
        assert service.keep_alive(page) == 2
        assert service.keep_alive([]) == 0
        assert service.keep_alive([replace(leased, token="another") for leased in page]) == 0
        assert take("another") == []
    clock.outlast_leases()
    assert len(take("another")) == 2
    assert service.keep_alive(page) == 0


def test_what_a_dead_worker_had_not_begun_loses_nothing(put: Put, row: Row, clock: Any) -> None:
    id = put()
    for _ in range(MAX_CRASHES + 2):
        assert take() == [id]
        clock.outlast_leases()
    assert (row(id).state, row(id).attempt, row(id).crashes) == (DUE, 0, 0)


def test_a_confirmation_that_a_dead_worker_had_begun_is_taken_up_again(
    put: Put, row: Row, clock: Any, begin: Begin
) -> None:
    """It may reach a mailbox twice; the other way a name would never count."""
    id = put(kind="confirm")
    assert "confirm" in REPEATABLE
    begin("first")
    clock.outlast_leases()
    assert service.channels_due() == ["email"]
    second = begin("second")
    assert (second.id, second.attempt) == (id, 2)
    assert (row(id).state, row(id).crashes, row(id).lease_token) == (DUE, 1, "second")


def test_anything_else_that_a_dead_worker_had_begun_is_in_doubt_and_stays(
    put: Put, row: Row, clock: Any, begin: Begin
) -> None:
    """Whether it left nobody knows, and it must not leave twice: a person decides."""
    for kind in ("thanks", "again", "update"):
        id = put(kind, kind=kind)
        begin()
        clock.outlast_leases()
        assert take() == []
        assert (row(id).state, row(id).crashes, row(id).trying) == (UNKNOWN, 1, False)
        assert row(id).last_code == "worker died"
        clock.move(days=30)
        assert take() == []


def test_a_confirmation_that_kills_its_workers_is_set_aside(put: Put, row: Row, clock: Any, begin: Begin) -> None:
    id = put()
    for attempt in range(1, MAX_CRASHES + 1):
        assert begin().attempt == attempt
        assert row(id).crashes == attempt - 1
        clock.outlast_leases()
    assert take() == []
    assert (row(id).state, row(id).crashes, row(id).attempt) == (SET_ASIDE, MAX_CRASHES, MAX_CRASHES)
    clock.move(days=30)
    assert take() == []


def test_others_flow_past_a_message_that_kills_workers(put: Put, clock: Any) -> None:
    poison = put("poison")
    for crash in range(MAX_CRASHES):
        other = put(f"other {crash}")
        page = service.lease("email", f"worker {crash}")
        assert [leased.id for leased in page] == [poison, other]
        assert service.begin(page[0])
        service.give_back(f"worker {crash}", page[1:])
        assert take("neighbour") == [other]
        assert service.end_leases() == 2
        clock.move(seconds=1)
        (
            first,
            *_,
        ) = (leased for leased in service.lease("email", "sender") if leased.id == other)
        begun = service.begin(first)
        assert begun is not None
        service.settle([service.sent(begun, "250")])
        service.end_leases()
        clock.move(seconds=1)
    assert take() == []


def test_what_was_not_begun_can_be_given_back(put: Put, row: Row) -> None:
    first, second = put("first"), put("second")
    page = service.lease("email", "one")
    assert service.begin(page[0])
    service.give_back("one", page)
    assert (row(first).lease_token, row(second).lease_token) == ("one", None)
    assert take("another") == [second]


def test_nobody_gives_back_what_another_holds(put: Put, row: Row) -> None:
    id = put()
    page = service.lease("email", "one")
    service.give_back("another", page)
    service.give_back("one", [])
    assert row(id).lease_token == "one"


def test_all_leases_end_when_the_only_worker_starts_anew(put: Put, row: Row) -> None:
    begun, waiting = put("begun"), put("waiting")
    page = service.lease("email", "before")
    assert service.begin(page[0])
    assert service.end_leases() == 2
    assert take("after") == [begun, waiting]
    assert (row(begun).crashes, row(waiting).crashes) == (1, 0)
    assert service.begin(page[1]) is None


@pytest.mark.parametrize("state", [UNKNOWN, SET_ASIDE])
def test_nothing_begins_that_is_not_due_any_more(put: Put, row: Row, state: str) -> None:
    id = put()
    (leased,) = service.lease("email", "worker")
    service.settle([service.Settlement(leased, state, "by hand")])
    assert service.begin(leased) is None
    assert (row(id).attempt, row(id).trying) == (0, False)
