"""Group commit: who waits together is written together, and one bad row harms nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from clarion.extensions import db
from clarion.signatures import group as module
from clarion.signatures import service
from clarion.signatures.desks import AT_WORK
from clarion.signatures.group import GroupCommit
from clarion.signatures.models import Signature
from clarion.testing import Instance


def _sign(instance: Instance, number: int, slug: str = "library"):
    form = {"token": _sign.tokens[slug], "name": "Ana", "email": f"ana{number}@readers.example"}
    return instance.client.post(f"/{slug}/en/sign", data=form)


_sign.tokens = {}


@pytest.fixture
def group(either_instance: Instance) -> GroupCommit:
    _sign.tokens = {"library": either_instance.form_token("library")}
    found: GroupCommit = either_instance.app.extensions["clarion.group_commit"]
    return found


@contextmanager
def _held(group: GroupCommit) -> Iterator[None]:
    """Keep the writer's place, so that signers gather."""
    group._busy = True
    try:
        yield
    finally:
        group._hand_on()


def _gather(group: GroupCommit, number: int) -> None:
    deadline = threading.Event()
    while len(group._waiting) < number:
        assert not deadline.wait(0.01)


def test_who_waits_at_once_shares_a_transaction(either_instance: Instance, group, monkeypatch) -> None:
    sizes: list[int] = []
    write = module.write
    monkeypatch.setattr(module, "write", lambda prepared: sizes.append(len(prepared)) or write(prepared))
    with ThreadPoolExecutor(10) as pool:
        with _held(group):
            posts = [pool.submit(_sign, either_instance, number) for number in range(10)]
            _gather(group, 10)
        assert {post.result().status_code for post in posts} == {303}
    assert sizes == [10]
    with either_instance.context():
        assert db.session.scalar(select(func.count()).select_from(Signature)) == 10


def test_one_bad_row_does_not_fail_its_neighbours(either_instance: Instance, group, monkeypatch) -> None:
    write = module.write

    def refuse(prepared):
        if any(p.submission.mailbox == "ana3@readers.example" for p in prepared):
            raise ValueError("a row that the database does not take")
        return write(prepared)

    monkeypatch.setattr(module, "write", refuse)
    with ThreadPoolExecutor(6) as pool:
        with _held(group):
            posts = [pool.submit(_sign, either_instance, number) for number in range(6)]
            _gather(group, 6)
        statuses = [post.result().status_code for post in posts]
    assert statuses == [303, 303, 303, 500, 303, 303]


def test_a_database_that_is_away_is_told_to_all_at_once(either_instance: Instance, group, monkeypatch) -> None:
    asked: list[int] = []

    def away(prepared):
        asked.append(len(prepared))
        raise OperationalError("INSERT", {}, Exception("gone"))

    monkeypatch.setattr(module, "write", away)
    with ThreadPoolExecutor(4) as pool:
        with _held(group):
            posts = [pool.submit(_sign, either_instance, number) for number in range(4)]
            _gather(group, 4)
        answers = [post.result() for post in posts]
    assert asked == [4]
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].headers["Retry-After"] == "5"
    assert "ana0@readers.example" in answers[0].get_data(as_text=True), "what was typed stays"


def test_a_connection_that_breaks_within_a_round_pauses_signing(either_instance: Instance, group, monkeypatch) -> None:
    if either_instance.app.extensions["clarion.settings"].database.url.get_secret_value().startswith("sqlite"):
        broken = "DROP TABLE no_such_table"
    else:
        broken = "SELECT pg_terminate_backend(pg_backend_pid())"
    find = service.find_rows

    def cut(connection, *rest):
        connection.exec_driver_sql(broken)
        return find(connection, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(service, "find_rows", cut)
        paused = _sign(either_instance, 1)
    assert paused.status_code == 503
    assert "ana1@readers.example" in paused.get_data(as_text=True)
    assert _sign(either_instance, 1).status_code == 303


def test_beyond_the_bound_signers_are_asked_to_come_back(instance: Instance, make_folder) -> None:
    instance.publish(make_folder("museum"))
    _sign.tokens = {slug: instance.form_token(slug) for slug in ("library", "museum")}
    group: GroupCommit = instance.app.extensions["clarion.group_commit"]
    most, share = group.desks.most_inside, group.desks.fair_share
    with ThreadPoolExecutor(most) as pool:
        with _held(group):
            posts = [pool.submit(_sign, instance, number) for number in range(share)]
            _gather(group, share)
            refused = _sign(instance, 1000)
            others = [pool.submit(_sign, instance, number, "museum") for number in range(most - share)]
            _gather(group, most)
            full = _sign(instance, 1001, "museum")
        assert {post.result().status_code for post in [*posts, *others]} == {303}
    for number, answer in ((1000, refused), (1001, full)):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert f"ana{number}@readers.example" in answer.get_data(as_text=True), "what was typed stays"
    assert _sign(instance, 1000).status_code == 303, "there is room again"


def test_few_work_at_once_and_who_waits_for_the_disk_is_not_among_them(
    either_instance: Instance, group, monkeypatch
) -> None:
    lock, all_there = threading.Lock(), threading.Event()
    inside: list[int] = [0, 0]
    prepare = module.prepare

    def slow(*given):
        with lock:
            inside[0] += 1
            inside[1] = max(inside)
            if inside[0] == AT_WORK:
                all_there.set()
        assert all_there.wait(30), "not as many at once as there are desks"
        with lock:
            inside[0] -= 1
        return prepare(*given)

    monkeypatch.setattr(module, "prepare", slow)
    with ThreadPoolExecutor(3 * AT_WORK) as pool:
        with _held(group):
            posts = [pool.submit(_sign, either_instance, number) for number in range(3 * AT_WORK)]
            _gather(group, 3 * AT_WORK)
        assert {post.result().status_code for post in posts} == {303}
    assert inside[1] == AT_WORK


def test_whoever_fails_at_a_desk_leaves_it_to_others(either_instance: Instance, group, monkeypatch) -> None:
    for at in ("prepare", "write"):
        with monkeypatch.context() as patched:
            patched.setattr(module, at, lambda *given: 1 / 0)
            assert {_sign(either_instance, number).status_code for number in range(2 * AT_WORK)} == {500}
    assert (group.desks._free, group.desks._inside.total()) == (AT_WORK, 0)
    assert _sign(either_instance, 1).status_code == 303
