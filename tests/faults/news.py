"""An update to very many signers, whose workers are killed while they write its messages and while they send them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from faults.stage import Stage, kill
from rig.ledger import sign
from rig.signers import add_signers
from rig.site import SLUG, wait_until

ORGANISATION = "sanctuary-dc"
WORDS = "---\ntitle: The hearing is on Friday\n---\n\nCome at **nine**.\n"
THREADS = 12
"""Messages that a worker has begun at once: what is in doubt when it is killed."""


@dataclass
class Spread:
    """What came of an update."""

    name: str
    signers: int
    states: Counter[str] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    """By recipient."""
    wrong: list[str] = field(default_factory=list)
    """Signers whose mails are not what the state of their one message says."""


def spread_under_kills(stage: Stage, folder: Path, number: int, kills: int, seconds: float) -> Spread:
    """Send an update to so many; a third of the kills falls into the writing of its messages."""
    assert sign(stage.site, "pattern@signers.example") == 303
    wait_until(lambda: stage.books.message("pattern@signers.example") is not None)
    people = add_signers(stage.site, stage.postgres, number, ORGANISATION)
    texts = [folder / f"{code}.md" for code in ("en", "es")]
    for text in texts:
        text.write_text(WORDS)
    came = len(stage.sink.mails())
    while_writing = max(1, kills // 3)
    trap = stage.database.trap(b'"update:', "hold", times=1)
    stage.site.clarion("update", SLUG, *[f"--file={text}" for text in texts], "--now", "--yes")
    for round in range(while_writing):
        trap.wait(seconds=60)
        _die(stage)
        stage.database.release(trap)
        if round + 1 < while_writing:
            trap = stage.database.trap(b'"update:', "hold", times=1)
    for round in range(kills - while_writing):
        # the work goes on between the kills: each comes a little later in it
        share = number * (round + 1) // (kills - while_writing + 2)
        wait_until(lambda share=share: stage.sink.count() - came >= share, lambda: _told(stage), seconds)
        _die(stage)

    def is_done() -> bool:
        left = "(SELECT count(*) FROM message WHERE kind = 'update' AND state = 'due')"
        open_ = "(SELECT count(*) FROM campaign_update WHERE state <> 'sent')"
        return bool(stage.postgres.query(f"SELECT {left} + {open_} = 0"))

    wait_until(is_done, lambda: _told(stage), seconds)
    return _account(stage, people, came)


def _die(stage: Stage) -> None:
    """Kill the worker and wait for the next; what it held is free at once, and not after a quarter of a minute.

    Before the next one holds anything: from one that lives no lease may be taken.
    """
    before = stage.worker
    kill(before)
    stage.leases_run_out()
    wait_until(lambda: stage.site.processes("worker") not in ([], [before]))


def _told(stage: Stage) -> str:
    states = "SELECT string_agg(state || ' ' || n, ', ') FROM (SELECT state, count(*) AS n FROM message"
    return (
        str(stage.postgres.query(f"{states} WHERE kind = 'update' GROUP BY state) AS found")) + stage.site.log[-1500:]
    )


def _account(stage: Stage, people: list[str], came: int) -> Spread:
    name = str(stage.postgres.query("SELECT name FROM campaign_update"))
    spread = Spread(name, len(people))
    spread.mails.update(mail.recipient for mail in stage.sink.mails(after=came))
    first = int(stage.postgres.query("SELECT min(signature_id) FROM message WHERE kind = 'update'"))
    rows = stage.postgres.query(
        "SELECT json_agg(json_build_array(signature_id, state)) FROM message WHERE kind = 'update'"
    )
    spread.states.update(state for _, state in rows)
    by_person = Counter(people[signature - first] for signature, _ in rows)
    expected = {people[signature - first]: state for signature, state in rows}
    allowed = {"sent": (1,), "unknown": (0, 1)}
    spread.wrong = [
        person
        for person in people
        if by_person[person] != 1 or spread.mails[person] not in allowed.get(expected[person], ())
    ]
    return spread
