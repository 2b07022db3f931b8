"""How the messages of an update are written: page by page, found by their numbers, held for a moment only."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from clarion.extensions import db
from clarion.outbox.models import Message
from clarion.testing import Instance
from clarion.updates import audience
from clarion.updates.models import SENT, Update
from clarion.updates.tasks import spread
from rig.questions import asked_of, plan_of


def spread_all(instance: Instance) -> int:
    with instance.context():
        return spread()


def test_a_page_is_found_by_its_numbers_and_nothing_is_sorted(either_instance: Instance, signer, schedule, row) -> None:
    signer("ana", "readers")
    schedule()
    found = row()
    with either_instance.context():
        connection = db.session.connection()
        postgres = connection.dialect.name == "postgresql"
        if postgres:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        with asked_of(connection) as asked:
            assert len(audience.next_stretch(found).signatures) == 1
        plan = plan_of(connection, *asked[-1])
    assert ("pk_signature" if postgres else "SEARCH signature USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)") in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_pages_are_read_before_anything_is_held(either_instance: Instance, signer, schedule, monkeypatch) -> None:
    signer("ana", "readers")
    schedule()
    read = audience.next_stretch

    def watched(found: Update) -> audience.Stretch:
        assert not db.session.connection().get_execution_options().get("clarion_writes")
        return read(found)

    monkeypatch.setattr("clarion.updates.tasks.next_stretch", watched)
    assert spread_all(either_instance) == 1


def test_a_page_that_another_worker_wrote_meanwhile_is_not_written_again(
    either_instance: Instance, signer, schedule, row, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer("ana", "readers")
    schedule()
    read = audience.next_stretch

    def slow(found: Update) -> audience.Stretch:
        stretch = read(found)
        monkeypatch.setattr("clarion.updates.tasks.next_stretch", read)
        spread()
        return stretch

    monkeypatch.setattr("clarion.updates.tasks.next_stretch", slow)
    spread_all(either_instance)
    with either_instance.context():
        messages = db.session.scalar(select(func.count()).select_from(Message).filter_by(kind="update"))
    assert (row().written, messages) == (1, 1)


def test_who_was_erased_while_the_page_was_read_gets_nothing(
    either_instance: Instance, signer, schedule, row, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = signer("ana", "readers")
    schedule()
    read = audience.next_stretch

    def slow(found: Update) -> audience.Stretch:
        stretch = read(found)
        assert either_instance.client.post(ana, data={"action": "erase"}).status_code == 200
        return stretch

    monkeypatch.setattr("clarion.updates.tasks.next_stretch", slow)
    assert spread_all(either_instance) == 0
    assert row().state == SENT
