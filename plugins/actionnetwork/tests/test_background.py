"""What is told in the background is looked for afterwards, and told once more where it was lost."""

from __future__ import annotations

import pytest

from .crowd import add_crowd, fill, make, reconcile, rows, send, signed, standing
from .stub import PETITION, Stub


def test_behind_they_are_told_in_the_background_and_looked_for_afterwards(make_instance, make_folder, stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    courier.desk.behind = 20
    signed(instance, "Ana", consent_readers_email="y")
    mine = add_crowd(instance, 70)
    fill(instance, courier)
    send(instance, courier)
    assert stub.background == 51
    told = standing(instance, courier)
    assert (told.there, told.told, told.waiting) == (20, 51, 0)
    assert len(stub.people) == 20
    stub.apply_background(30)
    courier.desk.clock.go(minutes=3)
    reconcile(instance, courier)
    told = standing(instance, courier)
    assert (told.there, told.told) == (50, 21)
    stub.apply_background()
    reconcile(instance, courier)
    assert standing(instance, courier).there == 50, "looked through a moment ago: each look costs calls"
    courier.desk.clock.go(minutes=1)
    reconcile(instance, courier)
    assert standing(instance, courier).there == 71
    assert stub.subscribed() == sorted(["ana@readers.example", *mine])
    assert all(row.person for row in rows(instance))
    looks = [path for _, method, path, _ in stub.calls if method == "GET" and path]
    assert len(looks) <= 8


def test_a_list_that_is_longer_than_a_round_is_looked_through_to_its_end(
    make_instance, make_folder, stub, monkeypatch
) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    courier.desk.behind = 0
    monkeypatch.setattr("clarion_actionnetwork.reconciling.PAGES", 1)
    signed(instance, "Ana", consent_readers_email="y")
    add_crowd(instance, 70)
    fill(instance, courier)
    send(instance, courier)
    stub.apply_background()
    courier.desk.clock.go(minutes=3)
    there = []
    for _ in range(4):
        reconcile(instance, courier)
        there.append(standing(instance, courier).there)
    assert there == sorted(there)
    assert there[-1] == 71
    looks = [path for _, method, path, _ in stub.calls if method == "GET" and path]
    assert len(looks) == 3, "each page once, and nobody by themselves"


@pytest.mark.parametrize("petitions", [{"library": PETITION}, {}])
def test_what_the_background_lost_is_told_once_more(petitions, make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub, petitions=petitions)
    courier.desk.behind, stub.loses_background = 0, True
    signed(instance, "Ana", consent_readers_email="y")
    signed(instance, "Bo", consent_readers_email="y")
    send(instance, courier)
    assert standing(instance, courier).told == 2
    for _ in range(12):
        courier.desk.clock.go(minutes=40)
        reconcile(instance, courier)
        send(instance, courier)
    assert standing(instance, courier).there == 2
    assert stub.subscribed() == ["ana@readers.example", "bo@readers.example"]
    assert stub.background == 2


def test_who_leaves_while_the_background_works_is_unsubscribed_when_it_has(make_instance, make_folder, stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    courier.desk.behind = 0
    me = signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    instance.client.post(me, data={"action": "erase"})
    send(instance, courier)
    assert [row.state for row in rows(instance)] == ["due"]
    stub.apply_background()
    assert stub.subscribed() == ["ana@readers.example"]
    courier.desk.clock.go(minutes=31)
    send(instance, courier)
    assert stub.subscribed() == []
    assert rows(instance) == []


def test_who_leaves_after_a_try_that_never_arrived_is_looked_for_and_forgotten(
    make_instance, make_folder, stub
) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    me = signed(instance, "Ana", consent_readers_email="y")
    stub.behave = lambda method, _: 500 if method == "POST" else None
    send(instance, courier)
    assert rows(instance)[0].email == "trying"
    stub.behave = None
    instance.client.post(me, data={"action": "erase"})
    for _ in range(4):
        courier.desk.clock.go(minutes=2)
        send(instance, courier)
    assert (stub.people, rows(instance)) == ([], [])
