"""Nothing is lost and nobody is there twice, whatever dies, fails, is refused or says nothing."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from clarion.api import db
from clarion_actionnetwork import settling
from clarion_actionnetwork.calls import Line, NotSent
from clarion_actionnetwork.courier import Courier
from clarion_actionnetwork.standing import retry

from .crowd import add_crowd, fill, make, reconcile, rows, send, signed, standing
from .stub import KEY, PETITION, Stub, by_identifier, calls_in_a_second


class Killed(BaseException):
    """Stands for a process that dies."""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.timeout(300)
def test_each_is_there_once_after_kills_and_failures(
    database, request, make_instance, make_folder, stub, monkeypatch
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    instance, courier = make(make_instance, make_folder(), stub, url)
    signed(instance, "Ana", consent_readers_email="y")
    mine = add_crowd(instance, 300)
    add_crowd(instance, 50, "writers", start=1000)
    add_crowd(instance, 50, "", start=2000)
    fill(instance, courier)
    stub.empty = stub.broken = stub.lost = 0.08
    chance = random.Random(7)
    settle, began = courier.desk.settle, courier.desk.begin
    died: Counter[int] = Counter()

    def maybe_die(job: Any) -> None:
        # the third time it would be set aside
        if chance.random() < 0.05 and died[job.row.id] < 2:
            died[job.row.id] += 1
            raise Killed

    def settle_or_die(job: Any, *words: Any, **more: Any) -> None:
        maybe_die(job)
        settle(job, *words, **more)

    def begin_or_die(job: Any, *words: Any) -> bool:
        done = began(job, *words)
        maybe_die(job)
        return done

    monkeypatch.setattr(courier.desk, "settle", settle_or_die)
    monkeypatch.setattr(courier.desk, "begin", begin_or_die)
    kills = 0
    for _ in range(2000):
        try:
            send(instance, courier)
        except Killed:
            kills += 1
        left = standing(instance, courier)
        if not left.waiting and not left.told:
            break
        if not stub.later or chance.random() < 0.2:
            courier.desk.clock.go(seconds=40)
        stub.apply_background(20)
        if left.told:
            courier.desk.clock.go(minutes=3)
            reconcile(instance, courier)
    assert kills > 10
    assert (left.waiting, left.told, left.failed, left.there) == (0, 0, {}, 301)
    assert stub.subscribed() == sorted(["ana@readers.example", *mine])
    assert len(stub.people) == len(stub.signatures[PETITION]) == 301
    assert set(by_identifier(stub).values()) == {1}
    assert all(len(person.identifiers) == 1 for person in stub.people)


def test_a_kill_before_it_is_written_down_makes_nobody_twice(make_instance, make_folder, stub, monkeypatch) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(courier.desk, "settle", die)
        with pytest.raises(Killed):
            send(instance, courier)
    (row,) = rows(instance)
    assert (row.state, row.attempt, row.email) == ("due", 1, "trying")
    send(instance, courier)
    assert len(stub.calls) == 2
    courier.desk.clock.go(seconds=31)
    send(instance, courier)
    assert len(stub.calls) == 3
    assert len(stub.people) == len(stub.signatures[PETITION]) == 1
    assert rows(instance)[0].state == "there"


def test_who_kills_three_workers_is_set_aside_and_the_others_go_on(
    make_instance, make_folder, stub, monkeypatch
) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    signed(instance, "Bo", consent_readers_email="y")
    tell = courier._tell

    def die_over_ana(step: Any, row: Any, *words: Any, **more: Any) -> Any:
        if row.signature == 1:
            raise Killed
        return tell(step, row, *words, **more)

    monkeypatch.setattr(courier, "_tell", die_over_ana)
    for _ in range(3):
        with pytest.raises(Killed):
            send(instance, courier)
        courier.desk.clock.go(seconds=31)
    send(instance, courier)
    assert [row.state for row in rows(instance)] == ["failed", "there"]
    assert standing(instance, courier).failed == {"set aside": 1}
    monkeypatch.undo()
    with instance.context():
        assert retry("readers", courier.groups["readers"], courier.clock()) == 1
    send(instance, courier)
    assert stub.subscribed() == ["ana@readers.example", "bo@readers.example"]


@pytest.mark.parametrize("when", ["at the first call", "later"])
def test_a_key_that_is_refused_stops_the_group_and_nothing_is_lost(
    when: str, make_instance, make_folder, stub: Stub, capfd
) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    if when == "later":
        signed(instance, "Zoe", consent_readers_email="y")
        send(instance, courier)
    stub.keys.clear()
    signed(instance, "Ana", consent_readers_email="y")
    signed(instance, "Bo", consent_readers_email="y")
    before = len(stub.calls)
    for _ in range(5):
        send(instance, courier)
        courier.desk.clock.go(hours=1)
    assert len(stub.calls) == before + 1
    told = standing(instance, courier)
    assert (told.stopped, told.waiting, told.failed, told.last_code) == (True, 2, {}, "403")
    figures = instance.client.get("/metrics").get_data(as_text=True)
    assert "clarion_actionnetwork_stopped 1.0" in figures
    assert "clarion_actionnetwork_waiting 2.0" in figures
    assert "action network stopped" in (logged := "".join(capfd.readouterr()))
    assert KEY not in logged + figures
    stub.keys.add(KEY)
    with instance.context():
        retry("readers", courier.groups["readers"], courier.clock())
    send(instance, courier)
    assert {"ana@readers.example", "bo@readers.example"} <= set(stub.subscribed())
    assert not standing(instance, courier).stopped


def test_when_they_ask_to_wait_we_wait(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    stub.retry_after, stub.behave = "600", lambda *_: 429
    signed(instance, "Bo", consent_readers_email="y")
    signed(instance, "Cy", consent_readers_email="y")
    send(instance, courier)
    calls = len(stub.calls)
    courier.desk.clock.go(seconds=590)
    send(instance, courier)
    assert len(stub.calls) == calls
    stub.behave = None
    courier.desk.clock.go(seconds=11)
    send(instance, courier)
    assert stub.subscribed() == ["ana@readers.example", "bo@readers.example", "cy@readers.example"]


def test_a_server_that_is_down_for_days_is_seldom_asked_and_loses_nothing(make_instance, make_folder, stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    add_crowd(instance, 40)
    fill(instance, courier)
    stub.behave = lambda *_: 503
    for _ in range(3 * 24 * 4):
        send(instance, courier)
        courier.desk.clock.go(minutes=15)
    assert 200 < len(stub.calls) < 700
    assert standing(instance, courier).waiting == 41
    stub.behave = None
    for _ in range(10):
        courier.desk.clock.go(hours=1)
        send(instance, courier)
    assert len(stub.subscribed()) == 41
    assert standing(instance, courier).failed == {}


def test_one_that_never_works_fails_while_the_others_go_on(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub, petitions={})
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    stub.empty = 1.0
    signed(instance, "Bo", consent_readers_email="y")
    for _ in range(settling.TRIES):
        send(instance, courier)
        courier.desk.clock.go(hours=2)
    told = standing(instance, courier)
    assert (told.failed, told.waiting, told.stopped) == ({"empty answer": 1}, 0, False)
    # an answer that says nothing may be all that tells of a wrong key, so the key is asked about each time
    assert [path for _, method, path, _ in stub.calls if method == "GET"].count("") == settling.TRIES
    stub.empty = 0.0
    with instance.context():
        assert retry("readers", courier.groups["readers"], courier.clock()) == 1
    send(instance, courier)
    assert stub.subscribed() == ["ana@readers.example", "bo@readers.example"]


def test_a_petition_that_is_not_there_is_told_at_once_for_all(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    add_crowd(instance, 40)
    fill(instance, courier)
    known = stub.signatures.pop(PETITION)
    send(instance, courier)
    assert standing(instance, courier).failed == {"no such petition": 41}
    assert len(stub.calls) == 2
    stub.signatures[PETITION] = known
    with instance.context():
        retry("readers", courier.groups["readers"], courier.clock())
    send(instance, courier)
    assert len(stub.subscribed()) == 41


@pytest.mark.timeout(120)
def test_two_workers_keep_the_pace_of_one_key_together(make_instance, make_folder, make_stub) -> None:
    stub = make_stub(limit=4)
    instance, courier = make(make_instance, make_folder(), stub, calls_a_second=4)
    signed(instance, "Ana", consent_readers_email="y")
    add_crowd(instance, 19)
    fill(instance, courier)
    two = [Courier(courier.groups, courier.site) for _ in range(2)]
    begun = time.monotonic()
    while standing(instance, two[0]).waiting and time.monotonic() < begun + 60:
        for one in two:
            with instance.context():
                one.turn()
        time.sleep(0.2)
    took = time.monotonic() - begun
    for thread in [thread for one in two for thread in one._threads.values()]:
        thread.join(10)
        assert not thread.is_alive(), "nothing is due, so nobody waits"
    assert len(stub.subscribed()) == 20
    assert (stub.over, calls_in_a_second(stub)) == (0, 4)
    assert 4.0 < took < 30


def test_a_call_that_hangs_or_breaks_off_is_told(make_instance, make_folder, make_stub) -> None:
    held = threading.Event()

    def hang(*_: str) -> None:
        held.wait(20)

    stub = make_stub(limit=1000)
    _, courier = make(make_instance, make_folder(), stub)
    group = courier.groups["readers"]
    stub.behave = hang
    with closing(Line(group, seconds=0.4)) as line, pytest.raises(NotSent, match="took too long"):
        line.call("GET", "/")
    held.set()
    stub.behave, stub.lost = None, 1.0
    with closing(Line(group)) as line:
        assert line.call("GET", "/").status == 200
        with pytest.raises(NotSent, match="broke off"):
            line.call("PUT", "/people/1", b"{}")
        assert line.call("GET", "/").status == 200


def test_proxies_of_the_environment_are_not_used(make_instance, make_folder, stub: Stub, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    assert stub.subscribed() == ["ana@readers.example"]


def test_a_worker_without_the_private_key_keeps_what_is_due(make_instance, make_folder, stub, monkeypatch) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    keyring = instance.app.extensions["clarion.keyring"]
    monkeypatch.setattr(keyring, "holds_private", False)
    send(instance, courier)
    assert [(row.state, row.last_code) for row in rows(instance)] == [("due", "not made")]
    monkeypatch.undo()
    courier.desk.clock.go(minutes=2)
    send(instance, courier)
    assert stub.subscribed() == ["ana@readers.example"]


def test_nothing_holds_the_database_while_they_take_their_time(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    open_during: list[bool] = []
    instance.work()
    with instance.context():
        session = db.session()
        stub.behave = lambda *_: open_during.append(session.in_transaction())
        courier.prepare("readers")
        with closing(Line(courier.groups["readers"])) as line:
            while (wait := courier.step("readers", line)) is not None:
                courier.desk.clock.go(wait)
    assert open_during == [False, False]
    assert courier.clock() - rows(instance)[0].waits_since < timedelta(minutes=1)
