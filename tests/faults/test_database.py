"""PostgreSQL restarts, hangs or has no connection left: only a pause, never an error and never a loss."""

from __future__ import annotations

import time
from contextlib import ExitStack

import psycopg

from faults.stage import Stage, visited
from rig.site import wait_until

RECOVERED = 10.0
HANGS = 12.0
STUCK = 7.5
"""Seconds that anybody waits for an answer while the database hangs: seven, and the way there and back."""


def test_a_restart_of_the_database_is_a_pause(stage: Stage) -> None:
    with visited(stage.site) as visitor, stage.ledger() as ledger:
        for _ in range(3):
            ledger.wait_for(20)
            stage.postgres.restart("immediate")
            back = time.monotonic()
            ledger.wait_for(20)
            assert time.monotonic() - back <= RECOVERED
    assert not ledger.bad_answers, ledger.told
    assert not ledger.unanswered, ledger.told
    assert not visitor.faults, visitor.faults[:5]
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift) == ([], [], 0), account
    assert account.repeats <= 3 * 4, account


def test_a_database_that_hangs_holds_up_no_reader_and_signers_seconds_only(stage: Stage) -> None:
    with visited(stage.site) as visitor, stage.ledger(connections=8, patience=30) as ledger:
        ledger.wait_for(40)
        began = len(visitor.times)
        stage.database.blackhole()
        until = time.monotonic() + HANGS
        wait_until(lambda: time.monotonic() > until)
        stage.database.resume()
        back = time.monotonic()
        during = sorted(visitor.times[began:])
        ledger.wait_for(40)
        assert time.monotonic() - back <= RECOVERED
    assert not ledger.bad_answers, ledger.told
    assert not ledger.unanswered, ledger.told
    assert ledger.answers[503] > 0, ledger.told
    assert ledger.slowest() <= STUCK
    assert not visitor.faults, visitor.faults[:5]
    assert during[int(len(during) * 0.95)] <= 0.5
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift) == ([], [], 0), account


def test_a_database_without_a_connection_left_is_a_pause(stage: Stage) -> None:
    url = stage.postgres.url.replace("+psycopg", "")
    with visited(stage.site) as visitor, stage.ledger() as ledger, ExitStack() as hoard:
        ledger.wait_for(20)
        stage.database.cut()
        taken = 0
        until = time.monotonic() + 3
        while time.monotonic() < until:
            try:
                hoard.enter_context(psycopg.connect(url))
                taken += 1
            except psycopg.OperationalError:
                stage.database.cut()
                time.sleep(0.05)
        assert taken > 50
        wait_until(lambda: ledger.answers[503] > 10, lambda: ledger.told)
        hoard.close()
        back = time.monotonic()
        ledger.wait_for(20)
        assert time.monotonic() - back <= RECOVERED
    assert not ledger.bad_answers, ledger.told
    assert not visitor.faults, visitor.faults[:5]
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift) == ([], [], 0), account
