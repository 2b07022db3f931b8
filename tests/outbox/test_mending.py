"""Messages that wait for a person: seen by number, put back or dropped once, and never against a worker."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from clarion.extensions import db, transaction
from clarion.outbox import mending, service
from clarion.outbox.mending import WAITING, Chosen
from clarion.outbox.models import DUE, FAILED, HELD, NEEDLESS, SENT, SET_ASIDE, STATES, UNKNOWN, Message
from clarion.outbox.service import GIVE_UP, MAX_CRASHES, Leased
from clarion.testing import Instance

Put = Callable[..., int]
Row = Callable[[int], Message]
Begin = Callable[..., Leased]


def all_states(put: Put) -> dict[str, int]:
    """One message in each state, by state."""
    ids = {state: put(state) for state in STATES}
    with transaction() as session:
        for state, id in ids.items():
            session.execute(update(Message).where(Message.id == id).values(state=state, attempt=7, crashes=3))
    return ids


def states() -> dict[int, str]:
    db.session.rollback()
    return {id: state for id, state in db.session.execute(select(Message.id, Message.state))}  # noqa: C416


@pytest.mark.parametrize(("change", "becomes"), [(mending.put_back, DUE), (mending.drop, NEEDLESS)])
def test_only_what_waits_for_a_person_is_touched(put: Put, change: Callable[[Chosen], int], becomes: str) -> None:
    ids = all_states(put)
    meant = Chosen(ids=tuple(ids.values()))
    assert mending.count(meant) == len(WAITING)
    assert change(meant) == len(WAITING)
    assert states() == {id: becomes if state in WAITING else state for state, id in ids.items()}
    assert change(meant) == 0


@pytest.mark.parametrize("state", WAITING)
def test_all_in_one_state_are_meant_of_one_campaign_or_of_all(put: Put, row: Row, state: str) -> None:
    ids = all_states(put)
    campaign_id = row(ids[state]).campaign_id
    assert mending.put_back(Chosen(state=state, campaign_id=campaign_id + 1)) == 0
    assert mending.put_back(Chosen(state=state, campaign_id=campaign_id)) == 1
    assert {id for id, now in states().items() if now == DUE} == {ids[DUE], ids[state]}


@pytest.mark.parametrize("state", [HELD, SENT, DUE])
def test_a_state_that_is_not_for_a_person_means_nothing(put: Put, state: str) -> None:
    all_states(put)
    before = states()
    assert mending.put_back(Chosen(state=state)) == mending.drop(Chosen(state=state)) == 0
    assert states() == before


def test_what_is_put_back_is_as_new_and_wakes_its_lane(
    outbox: Instance, put: Put, row: Row, clock: Any, begin: Begin
) -> None:
    id = put()
    for _ in range(MAX_CRASHES):
        begin()
        clock.outlast_leases()
    assert service.lease("email", "worker") == []
    assert row(id).state == SET_ASIDE
    clock.move(days=30)
    waker = outbox.app.extensions["clarion.waker"]
    before = waker.waiting
    assert mending.put_back(Chosen(ids=(id,))) == 1
    assert waker.waiting == before + 1
    found = row(id)
    assert (found.state, found.attempt, found.crashes, found.trying) == (DUE, 0, 0, False)
    assert (found.due_at, found.created_at, found.lease_until, found.lease_token) == (
        clock.minute,
        clock.minute,
        None,
        None,
    )
    begun = begin()
    assert begun.attempt == 1
    clock.move(seconds=GIVE_UP.total_seconds() / 2)
    service.keep_alive([begun])
    service.settle([service.put_off(begun, "451")])
    assert row(id).state == DUE, "the days of trying begin anew"


def test_nothing_that_was_put_back_wakes_nobody(outbox: Instance, put: Put) -> None:
    put()
    waker = outbox.app.extensions["clarion.waker"]
    before = waker.waiting
    assert mending.put_back(Chosen(state=UNKNOWN)) == 0
    assert waker.waiting == before


def test_a_worker_that_was_taken_for_dead_does_not_settle_what_was_put_back(
    put: Put, row: Row, clock: Any, begin: Begin
) -> None:
    id = put(kind="thanks")
    late = begin("late")
    clock.outlast_leases()
    assert service.lease("email", "another") == []
    assert row(id).state == UNKNOWN
    assert mending.put_back(Chosen(state=UNKNOWN)) == 1
    service.settle([service.failed(late, "550")])
    assert service.keep_alive([late]) == 0
    assert (row(id).state, row(id).last_code) == (DUE, "worker died")
    service.settle([service.sent(begin("another"), "250")])
    assert row(id).state == SENT


def test_a_dropped_message_is_never_sent(put: Put, row: Row, clock: Any) -> None:
    id = put(state=FAILED)
    assert mending.drop(Chosen(ids=(id,))) == 1
    assert mending.put_back(Chosen(ids=(id,))) == 0
    clock.move(days=1)
    assert service.lease("email", "worker") == []
    assert row(id).state == NEEDLESS


def test_of_many_who_put_back_at_once_each_message_counts_once(outbox: Instance, put: Put) -> None:
    for number in range(12):
        put(str(number), state=FAILED)
    start = threading.Barrier(6)
    done: list[int] = []

    def work() -> None:
        with outbox.context():
            start.wait()
            done.append(mending.put_back(Chosen(state=FAILED)))

    people = [threading.Thread(target=work) for _ in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sum(done) == 12
    assert set(states().values()) == {DUE}


def test_heaps_are_told_by_state_kind_and_campaign(put: Put, row: Row, clock: Any) -> None:
    assert mending.heaps() == []
    first = put("1", state=FAILED)
    oldest = row(first).created_at
    clock.move(minutes=5)
    put("2", state=FAILED)
    put("3", kind="thanks")
    with transaction() as session:
        session.execute(update(Message).where(Message.dedupe_key == "1").values(last_code="550"))
        session.execute(update(Message).where(Message.dedupe_key == "2").values(last_code="451"))
    campaign_id = row(first).campaign_id
    failed, due = sorted(mending.heaps(campaign_id), key=lambda heap: heap.state != FAILED)
    assert failed == mending.Heap(FAILED, "confirm", campaign_id, 2, oldest, "451")
    assert due == mending.Heap(DUE, "thanks", campaign_id, 1, clock.minute, "")
    assert mending.heaps(campaign_id + 1) == []


def test_single_messages_are_told_newest_first(put: Put) -> None:
    ids = [put(str(number), state=FAILED) for number in range(5)]
    assert [one.id for one in mending.newest(Chosen(state=FAILED), 2)] == [ids[4], ids[3]]
    assert mending.count(Chosen(state=FAILED)) == 5
    assert mending.states_of([ids[0], ids[4] + 1]) == {ids[0]: FAILED}
