"""The rows with a worker in them: mails a second, how old the count may be, and bursts through a whole site."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice

from rig.load import Ledger, Load
from rig.sink import Sink, Taken
from rig.site import SLUG, Site, wait_until

from .disk import DiskAlone, disk_alone
from .results import Bound, Burst, Ratio
from .rounds import Plan, alternate, spread
from .stage import TESTS, Stage, ask

QUIET = 1.5
"""Seconds without the old count after which no process shows it any more."""

SETTLING = 0.05
"""The share of a round's mails that is not timed: connecting and reading templates happen once."""


class Mailer:
    """Both sides of the row: messages that one worker process sends, and a loop of smtplib."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.site = stage.site("mails", PLUGINS__EMAIL__URL=stage.sink.url)
        self.server = stage.pages_of(self.site)
        self.raw = stage.folder / "mail.eml"
        self.per_second = 300.0
        self.busy: list[float] = []

    def product(self, seconds: float) -> float:
        """Mails a second from one worker process, from the first ones until the last is written down as sent."""
        count = max(100, int(self.per_second * seconds))
        ledger = Load(self.server.port).flat_out(islice(self.stage.sign_forms(self.site, self.server.port), count), 60)
        assert ledger.statuses[303] >= count, ledger.statuses
        count, skipped = ledger.answers, int(ledger.answers * SETTLING)
        sink, before, used = self.stage.sink, self.stage.sink.count(), self.stage.sink.busy()
        with self.stage.worker(self.site), self.stage.connect("mails") as connection:
            wait_until(lambda: sink.count() > before + skipped, seconds=60)
            started = sink.mails(before + skipped)[0].at
            due = "SELECT count(*) FROM message WHERE state <> 'sent'"
            wait_until(lambda: connection.execute(due).fetchone() == (0,), seconds=120)
            took = time.monotonic() - started
        assert sink.count() - before == count, f"{sink.count() - before} mails for {count} signatures"
        self.busy.append((sink.busy() - used) / took)
        self.per_second = (count - skipped) / took
        return self.per_second

    def reference(self, seconds: float) -> float:
        """Mails a second from smtplib."""
        count = max(200, int(1000 * seconds))
        command = [sys.executable, "-m", "bench.references", str(self.stage.sink.port), str(self.raw), str(count)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=120, env=self.site.environment, cwd=TESTS
        )
        return float(done.stdout)

    def keep_one(self) -> None:
        """Keep one of the product's mails for the reference to send."""
        sink = Sink(keep_bodies=True)
        site = self.stage.site("mails", PLUGINS__EMAIL__URL=sink.url)
        Load(self.server.port).flat_out(islice(self.stage.sign_forms(self.site, self.server.port), 1), 10)
        try:
            with self.stage.worker(site):
                wait_until(lambda: sink.count() > 0)
                self.raw.write_bytes(sink.mails()[0].body.encode() + b"\r\n")
        finally:
            sink.close()


def mails(stage: Stage, plan: Plan) -> Ratio:
    """Confirmation mails of one worker process beside smtplib on one connection, to the same sink."""
    mailer = Mailer(stage)
    mailer.keep_one()
    compared = alternate(mailer.product, mailer.reference, plan)
    note = f"the sink used at most {max(mailer.busy):.0%} of a core with Clarion"
    return Ratio("mails", "confirmation mails of one worker process, mails/s", compared, 0.3, notes=(note,))


def staleness(stage: Stage, plan: Plan) -> Bound:
    """How long after a confirmation was answered every process of a running site shows the new count."""
    sink = Sink(keep_bodies=True)
    site = stage.site("whole", PLUGINS__EMAIL__URL=sink.url, WEB__PROCESSES="2")
    try:
        site.start()
        signed = _signed(stage, site, sink, plan)
        seen = [_confirm_and_watch(site, mail, place) for place, mail in enumerate(signed, 1)]
    finally:
        site.stop()
        sink.close()
    title = "count shown by every process after a confirmation"
    return Bound("count", title, spread(seen), 1.0, "s", (f"{len(seen)} confirmations",))


def _signed(stage: Stage, site: Site, sink: Sink, plan: Plan) -> list[Taken]:
    count = plan.rounds * 6
    Load(site.port, connections=4).flat_out(islice(stage.sign_forms(site, site.port), count), 30)
    wait_until(lambda: sink.count() >= count)
    return sink.mails()[:count]


def _confirm_and_watch(site: Site, mail: Taken, expected: int) -> float:
    """Confirm, and return after how long the old count was seen last, whichever process was asked."""
    found = re.search(r"/confirm/[\w-]+", mail.body)
    assert found, mail.body
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ask(site.port, "POST", found[0], b"action=confirm", form)
    assert answer.status == 200, answer.body
    answered = stale = time.monotonic()
    shown = f'"signatures":{expected}'.encode()
    while (moment := time.monotonic()) < stale + QUIET and moment < answered + 10:
        if not re.search(shown + rb"\b", ask(site.port, "GET", f"/{SLUG}.json").body.replace(b" ", b"")):
            stale = moment
        time.sleep(0.005)
    return stale - answered


def bursts(stage: Stage, *, quick: bool) -> Iterator[Burst]:
    """Signatures at a fixed pace through pages, database, broker, worker and sink on one machine."""
    site = stage.site("whole", PLUGINS__EMAIL__URL=stage.sink.url, WEB__PROCESSES="2")
    try:
        site.start()
        for rate, seconds, keeps_pace in ((200, 120, True), (500, 60, False)):
            alone = disk_alone(stage.folder, 2 if quick else 30)
            yield _burst(stage, site, rate, 5 if quick else seconds, alone, keeps_pace=keeps_pace)
    finally:
        site.stop()


def _burst(stage: Stage, site: Site, rate: int, seconds: int, alone: DiskAlone, *, keeps_pace: bool) -> Burst:
    sink = stage.sink
    sink.clear()
    load = Load(site.port, connections=256)
    behind: list[int] = []
    watch = threading.Thread(target=_watch, args=(load, sink, behind))
    watch.start()
    before = stage.signatures(site)
    ledger = load.paced(stage.sign_forms(site, site.port), rate, seconds)
    ended = time.monotonic()
    load.stop()
    watch.join()
    kept = ledger.with_status(303)
    _wait_for_rest(sink, len(kept))
    rows = stage.signatures(site) - before
    arrived = sink.mails()
    missing = set(kept) - {mail.recipient for mail in arrived}
    refused = ledger.statuses.total() - len(kept)
    return Burst(
        f"burst-{rate}",
        rate,
        seconds,
        asked=ledger.answers + len(ledger.unanswered) + len(ledger.unsent),
        kept=len(kept),
        lost=max(0, len(kept) - rows) + len(missing),
        refused=refused + len(ledger.unanswered) + len(ledger.unsent),
        p50=ledger.latency(0.5),
        p99=ledger.latency(0.99),
        mails=len(arrived),
        last_mail=(arrived[-1].at if arrived else ended) - ended,
        keeps_pace=keeps_pace,
        place=" in memory" if stage.in_memory else "",
        disk_p99=alone.p99,
        disk_worst=alone.worst,
        notes=(
            f"answers {dict(ledger.statuses)}, unanswered {len(ledger.unanswered)}, not let in {len(ledger.unsent)}",
            f"at most {max(behind, default=0)} mails behind; mails {_mail_latency(ledger, arrived)}",
            f"the load generator used {ledger.busy:.0%} of a core",
        ),
    )


def _watch(load: Load, sink: Sink, behind: list[int]) -> None:
    """Write down how far mails are behind, as long as signatures come."""
    while not load.stopped:
        behind.append(load.ledger.answers - sink.count())
        time.sleep(0.5)


def _wait_for_rest(sink: Sink, count: int) -> None:
    """Wait for the mails that are still to come, as long as some come."""
    limit, last = time.monotonic() + 180, -1
    while time.monotonic() < limit and sink.count() < count:
        if sink.count() == last:
            break
        last = sink.count()
        time.sleep(3)


def _mail_latency(ledger: Ledger, arrived: list[Taken]) -> str:
    """How long after its answer a signer's mail was at the sink."""
    waits = Ledger()
    waits.latencies.extend(m.at - ledger.answered[m.recipient][1] for m in arrived if m.recipient in ledger.answered)
    return f"after the answer: p50 {waits.latency(0.5):.1f} s, p99 {waits.latency(0.99):.1f} s"
