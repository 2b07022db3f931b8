"""How signatures are read for letters and totals: found by their numbers, in pages, and before anything is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from clarion.campaigns.live import live_campaigns
from clarion.extensions import db
from clarion.recipients import figures, letters, mails
from clarion.recipients.pace import LONG_AGO
from clarion.signatures.reading import in_order
from rig.questions import asked_of, plan_of


@pytest.mark.parametrize("of", ["letters", "where to begin", "totals"])
def test_signatures_are_found_by_their_numbers_and_nothing_is_sorted(reaching, signers, clock, of: str) -> None:
    instance = reaching("letters = true")
    signers(instance, 3, postal_code="20009")
    until = clock.moment + timedelta(minutes=1)
    with instance.context():
        live = live_campaigns().get("library")
        assert live is not None
        if db.engine.dialect.name == "postgresql":
            db.session.connection().exec_driver_sql("SET enable_seqscan = off; SET enable_bitmapscan = off")
        with asked_of(db.engine) as asked:
            if of == "letters":
                assert len(next(in_order(letters._unwritten(LONG_AGO, until), live.id, page=10))) == 3
            elif of == "totals":
                assert list(figures._districts(live)) == ["Ward 1"] * 3
            else:
                assert letters._settled(live, until, 0) == 3
        plans = [plan_of(db.session.connection(), *one) for one in asked if "ORDER BY signature.id" in one[0]]
    assert len(plans) == (2 if of == "where to begin" else 1)
    for plan in plans:
        found = "pk_signature" if "pk_signature" in plan else "SEARCH signature USING INTEGER PRIMARY KEY (rowid>?"
        assert found in plan
        assert not any(bad in plan for bad in ("Sort", "TEMP B-TREE", "SCAN", "Seq Scan")), plan


def test_letters_of_a_day_are_counted_by_their_mailbox(reaching) -> None:
    instance = reaching("letters = true")
    with instance.context():
        connection = db.session.connection()
        if on_postgresql := db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
        with asked_of(db.engine) as asked:
            assert mails._sent_since("mayor@city.example", LONG_AGO) == 0
        plan = plan_of(connection, *asked[-1])
    assert "ix_message_about" in plan
    assert ("uq_addressee" in plan) if on_postgresql else ("(campaign_id=? AND email=?)" in plan), plan
    assert not any(bad in plan for bad in ("SCAN", "Seq Scan")), plan


def test_pages_are_read_and_opened_before_anything_is_held(reaching, signers, clock, write, monkeypatch) -> None:
    instance = reaching("letters = true\nmilestones = [2]")
    signers(instance, 3, postal_code="20009")
    clock.forward(minutes=5)
    opened = []

    def watched(module: Any) -> None:
        home_of = module.home_of

        def look(*given: Any) -> str:
            assert not db.session().in_transaction()
            opened.append(module)
            return home_of(*given)

        monkeypatch.setattr(module, "home_of", look)

    watched(letters)
    watched(figures)
    assert write(instance) == 9
    assert opened == [figures] * 3 + [letters] * 3


def test_many_pages_and_stretches_leave_nobody_out(reaching, signers, clock, write, monkeypatch) -> None:
    monkeypatch.setattr("clarion.signatures.reading.STRETCH", 4)
    monkeypatch.setattr(letters, "PAGE", 3)
    instance = reaching("letters = true")
    ids = signers(instance, 17, postal_code="20009")
    clock.forward(minutes=5)
    assert [write(instance), write(instance)] == [2 * len(ids), 0]
    with instance.context():
        live = live_campaigns().get("library")
        assert live is not None
        monkeypatch.setattr(figures, "PAGE", 2)
        assert list(figures._districts(live)) == ["Ward 1"] * len(ids)
