"""The process that sends mails dies: its mails leave all the same, and what may not leave twice does not."""

from __future__ import annotations

import time
from contextlib import closing

from faults.stage import Stage, kill
from rig.ledger import Connection, sign
from rig.proxy import Trap
from rig.site import wait_until

AGAIN = 20.0
"""Seconds after which the mails of a dead worker have left."""

BACK = 3.0
THREADS = 8
TAKEN = b"250 2.0.0 taken"


def test_a_worker_killed_at_any_moment_of_a_send_repeats_at_most_that_one(stage: Stage) -> None:
    killed: dict[str, float] = {}

    def die_at(moment: str, trap: Trap) -> None:
        assert sign(stage.site, f"{moment}@dying.example") == 303
        trap.wait()
        killed[moment] = kill_worker(stage)
        stage.smtp.cut()

    die_at("before", stage.smtp.trap(b"before@dying.example", "hold"))
    die_at("during", stage.smtp.trap(b"\r\n.\r\n", "hold"))
    die_at("after", stage.smtp.trap(TAKEN, "hold", from_server=True))

    for moment in killed:
        wait_until(lambda moment=moment: stage.books.message(f"{moment}@dying.example")["state"] == "sent")

    # the server's yes has come, and dies with the worker before it is written down; no mail that begins next writes it
    trap = stage.smtp.trap(TAKEN, "hold", from_server=True)
    assert sign(stage.site, "unwritten@dying.example") == 303
    trap.wait()
    writing = stage.database.trap(b"sent", "hold")
    stage.smtp.release(trap)
    writing.wait()
    killed["unwritten"] = kill_worker(stage)
    stage.database.release(writing)

    expected = {"before": 1, "during": 1, "after": 2, "unwritten": 2}
    for moment, number in expected.items():
        address = f"{moment}@dying.example"
        wait_until(lambda address=address: stage.books.message(address)["state"] == "sent")
        mails = stage.mailboxes.to(address)
        assert len(mails) == number, moment
        assert len({mail.message_id for mail in mails}) == 1
        assert mails[-1].at - killed[moment] <= AGAIN, moment


def test_a_thank_you_that_may_have_left_is_not_sent_again(stage: Stage) -> None:
    address = "thanked@dying.example"
    assert sign(stage.site, address) == 303
    wait_until(lambda: stage.books.message(address)["state"] == "sent")
    (mail,) = stage.mailboxes.to(address)
    trap = stage.smtp.trap(TAKEN, "hold", from_server=True)
    with closing(Connection(stage.site.port, 20.0)) as connection:
        assert connection.post(mail.body, {"action": "confirm"}) == 200
    trap.wait()
    kill_worker(stage)
    stage.smtp.cut()
    stage.leases_run_out()
    wait_until(lambda: stage.books.message(address, "thanks")["state"] == "unknown")
    assert len(stage.mailboxes.to(address)) == 2


def test_workers_killed_under_load_lose_nothing(stage: Stage) -> None:
    kills = 4
    with stage.ledger() as ledger:
        for _ in range(kills):
            ledger.wait_for(20)
            kill(stage.worker)
            wait_until(stage.is_whole)
    account = stage.books.settle(ledger, seconds=AGAIN)
    assert (account.lost, account.missing, account.drift) == ([], [], 0), account
    assert account.repeats <= kills * THREADS, account


def test_a_mail_that_kills_its_worker_is_set_aside_and_others_flow(stage: Stage) -> None:
    poison = "poison@dying.example"
    with stage.ledger(rate=20) as ledger:
        for death in range(3):
            trap = stage.smtp.trap(poison.encode(), "hold")
            if death == 0:
                assert sign(stage.site, poison) == 303
            trap.wait()
            kill_worker(stage)
            stage.smtp.cut()
            stage.leases_run_out()
        wait_until(lambda: stage.books.message(poison)["state"] == "set_aside")
        ledger.wait_for(20)
    assert stage.books.message(poison)["crashes"] == 3
    assert not stage.mailboxes.to(poison)
    account = stage.books.settle(ledger, seconds=AGAIN)
    assert (account.lost, account.missing, account.drift) == ([], [], 0), account
    assert account.repeats <= 3 * THREADS, account
    assert 'clarion_messages{channel="email",state="set_aside"} 1' in stage.read("/metrics")
    examined = stage.site.clarion("doctor", check=False)
    assert examined.returncode == 1
    assert "set_aside" in examined.stdout


def kill_worker(stage: Stage) -> float:
    """Kill the worker, wait for the next one, and tell when it died."""
    before = stage.worker
    kill(before)
    died = time.monotonic()
    wait_until(lambda: stage.site.processes("worker") not in ([], [before]))
    return died
