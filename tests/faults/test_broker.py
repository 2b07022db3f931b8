"""Valkey is emptied, gone or slow: signing goes on, and mails are late by seconds at most."""

from __future__ import annotations

import time

from clarion.broker import PATIENCE
from faults.stage import Stage

MOST = 0.75
"""The share of signers who must notice nothing: whoever waits for the broker waits for all of its patience."""

LATE = 10.0
"""Seconds after which every mail must have left once Valkey is back."""


def test_an_emptied_broker_loses_no_mail(stage: Stage) -> None:
    with stage.ledger() as ledger:
        for _ in range(6):
            ledger.wait_for(15)
            stage.valkey.client.flushall()
    signing_went_on(ledger)
    account = stage.books.settle(ledger, seconds=LATE)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_signing_goes_on_without_the_broker_and_mails_follow(stage: Stage) -> None:
    with stage.ledger() as ledger:
        ledger.wait_for(40)
        stage.valkey.stop()
        gone = time.monotonic()
        ledger.wait_for(200)
        meanwhile = ledger.quantile(MOST, since=gone)
        stage.valkey.start()
        ledger.wait_for(20)
    signing_went_on(ledger)
    assert meanwhile < PATIENCE, "signers waited for the broker"
    account = stage.books.settle(ledger, seconds=LATE)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_a_slow_broker_slows_no_signer(stage: Stage) -> None:
    with stage.ledger() as ledger:
        ledger.wait_for(40)
        stage.broker.delay(2.0)
        slow = time.monotonic()
        ledger.wait_for(200)
        meanwhile = ledger.quantile(MOST, since=slow)
        stage.broker.resume()
    signing_went_on(ledger)
    assert meanwhile < PATIENCE, "signers waited for the broker"
    account = stage.books.settle(ledger, seconds=LATE)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_a_broker_that_hangs_slows_no_signer(stage: Stage) -> None:
    with stage.ledger() as ledger:
        ledger.wait_for(40)
        stage.broker.blackhole()
        hung = time.monotonic()
        ledger.wait_for(200)
        meanwhile = ledger.quantile(MOST, since=hung)
        stage.broker.resume()
    signing_went_on(ledger)
    assert meanwhile < PATIENCE, "signers waited for the broker"
    account = stage.books.settle(ledger, seconds=LATE)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def signing_went_on(ledger) -> None:
    """Nobody was refused, and nobody was left without an answer."""
    assert not ledger.unanswered, ledger.told
    assert set(ledger.answers) == {303}, ledger.told
