"""Processes that answer requests die or are renewed; nothing that was answered is lost."""

from __future__ import annotations

import random
import signal
import time

from faults.stage import Stage, kill, parent_of
from rig.site import wait_until

RESPAWN = 3.0
READY = 5.0
"""Seconds until a web tier that was killed whole takes signatures again."""


def test_a_killed_web_process_is_back_soon_and_a_form_sent_again_counts_once(stage: Stage) -> None:
    with stage.ledger(persistent=True) as ledger:
        times = []
        for _ in range(8):
            ledger.wait_for(10)
            kill(random.choice(stage.site.processes("web")))
            times.append(wait_until(stage.is_whole))
        ledger.wait_for(10)
    assert is_usual(times, RESPAWN), times
    assert set(ledger.answers) <= {303, 503}
    account = stage.books.settle(ledger)
    assert set(ledger.attempted) == set(ledger.acknowledged)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_all_web_processes_killed_at_once_are_back_soon(stage: Stage) -> None:
    with stage.ledger() as ledger:
        times = []
        for _ in range(3):
            ledger.wait_for(20)
            for pid in stage.site.processes("web"):
                kill(pid)
            times.append(wait_until(stage.is_whole))
        ledger.wait_for(20)
    assert is_usual(times, READY), times
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_a_killed_server_takes_its_processes_with_it_and_comes_back(stage: Stage) -> None:
    with stage.ledger() as ledger:
        times = []
        for _ in range(3):
            ledger.wait_for(20)
            kill(parent_of(stage.site.processes("web")[0]))
            times.append(wait_until(stage.is_whole))
        ledger.wait_for(20)
    assert is_usual(times, READY), times
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_a_killed_supervisor_leaves_nothing_behind_and_a_start_goes_on(stage: Stage) -> None:
    with stage.ledger() as ledger:
        ledger.wait_for(40)
        assert stage.site.process is not None
        below = [*stage.site.processes("web"), *stage.site.processes("worker"), *stage.site.processes("console")]
        stage.site.stop(signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in below), seconds=30)
        stage.site.start()
        ledger.wait_for(40)
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift) == ([], [], 0), account
    assert account.repeats <= 4, account


def test_renewing_all_processes_one_by_one_fails_no_request(stage: Stage) -> None:
    before = {*stage.site.processes("web"), *stage.site.processes("worker")}
    with stage.ledger() as ledger:
        ledger.wait_for(20)
        assert stage.site.process is not None
        stage.site.process.send_signal(signal.SIGHUP)
        wait_until(lambda: renewed(stage, before), seconds=60)
        ledger.wait_for(40)
    assert not ledger.unanswered, ledger.told
    assert set(ledger.answers) == {303}, ledger.told
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_a_web_process_that_is_asked_to_end_drops_no_request(stage: Stage) -> None:
    import os

    with stage.ledger() as ledger:
        for _ in range(2):
            ledger.wait_for(20)
            os.kill(stage.site.processes("web")[0], signal.SIGTERM)
            wait_until(stage.is_whole)
    assert not ledger.unanswered, ledger.told
    assert set(ledger.answers) == {303}, ledger.told


def test_a_site_that_is_asked_to_end_answers_what_it_has_taken(stage: Stage) -> None:
    with stage.ledger(rate=50) as ledger:
        ledger.wait_for(40)
        started = time.monotonic()
        stage.site.stop()
        assert time.monotonic() - started <= 20
    stage.site.start()
    assert set(ledger.unanswered) <= {"ConnectionRefusedError"}, ledger.told
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def is_usual(times: list[float], seconds: float) -> bool:
    """Whether most took no longer, and none twice as long: other work on the machine may get in between."""
    return sorted(times)[len(times) // 2] <= seconds and max(times) <= 2 * seconds


def renewed(stage: Stage, before: set[int]) -> bool:
    """Whether every process was replaced and the site is whole."""
    return stage.is_whole() and not before & {*stage.site.processes("web"), *stage.site.processes("worker")}


def is_alive(pid: int) -> bool:
    """Whether a process is there."""
    import os

    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
