"""The whole site dies and comes back to a heap of mails: they leave in order, from little memory."""

from __future__ import annotations

import signal
from pathlib import Path

from faults.heap import DOMAIN, heap_up
from faults.stage import Stage, resident
from rig.ledger import sign
from rig.site import wait_until

HEAP = 5000
MEMORY = 200 * 1024
"""Kilobytes that a worker takes at most."""

PAGES = 4 * 20
"""Mails in hand of the worker's threads: so far may one kind overtake the other."""


def test_a_killed_site_comes_back_to_a_heap_of_mails(stage: Stage) -> None:
    pattern = "pattern@signers.example"
    assert sign(stage.site, pattern) == 303
    wait_until(lambda: stage.mailboxes.to(pattern))
    wait_until(lambda: stage.books.message(pattern)["state"] == "sent")
    below = [*stage.site.processes("web"), *stage.site.processes("worker"), *stage.site.processes("console")]
    with stage.ledger() as ledger:
        ledger.wait_for(40)
        stage.site.stop(signal.SIGKILL)
        # nothing is left behind that could hold the port, or send
        wait_until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in below))
        before = len(stage.mailboxes.arrived())
        heap_up(stage.site, stage.postgres, HEAP)
        stage.site.start()
        memory = 0

        def all_sent() -> bool:
            nonlocal memory
            memory = max([memory, *map(resident, stage.site.processes("worker"))])
            return len(heap(stage, before)) >= HEAP

        wait_until(all_sent, lambda: f"{len(heap(stage, before))} sent", 90)
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account
    mails = heap(stage, before)
    assert len(mails) == len(set(mails)) == HEAP
    assert memory <= MEMORY
    confirmations = set(stage.postgres.query("SELECT json_agg(id) FROM message WHERE kind = 'confirm'"))
    early = [int(name.strip("<").partition(".")[0]) for name in mails[: HEAP // 2]]
    assert sum(number not in confirmations for number in early) <= PAGES, "bulk left before confirmations"


def heap(stage: Stage, before: int) -> list[str]:
    """The Message-IDs of the heap's mails so far."""
    return [mail.message_id for mail in stage.mailboxes.arrived()[before:] if mail.recipient.endswith(DOMAIN)]
