"""The short form of `make soak`: all parts of a site are killed again and again, then the books are compared."""

import random

import pytest

from faults.soak import FAULTS, broken_promises, settle
from faults.stage import Stage
from rig.ledger import Confirmations

ROUNDS = 4
FEWEST_KILLS = 25
LONGEST = 480
"""Seconds, on a machine where a start takes three times as long: each fault waits until the site is whole."""


@pytest.mark.timeout(LONGEST)
def test_whatever_is_killed_nothing_that_was_acknowledged_is_lost(stage: Stage) -> None:
    faults = [fault for fault in FAULTS if fault.kills] * ROUNDS
    random.Random(20).shuffle(faults)
    assert sum(fault.kills for fault in faults) >= FEWEST_KILLS
    ledger = stage.ledger(seconds=float(LONGEST), patience=30.0)
    with ledger, Confirmations(stage.site, stage.mailboxes) as confirmations:
        for fault in faults:
            ledger.wait_for(10)
            fault.do(stage, 1.0)
            stage.heal()
        ledger.wait_for(10)
    account = settle(stage, ledger, confirmations)
    allowed = sum(fault.repeats for fault in faults)
    assert not any(broken_promises(stage, ledger, account, allowed).values()), account
