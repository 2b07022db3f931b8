"""`make soak`: a site under load with a random fault every few seconds, and at the end the books are compared.

make soak ARGS="--minutes 10"
make soak ARGS="--minutes 2 --seed 7 --heap 100000"
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from faults.heap import heap_up
from faults.stage import WEB_PROCESSES, Stage, kill, parent_of, resident
from rig.ledger import Account, Confirmations, Ledger, sign
from rig.sink import Rule
from rig.site import wait_until

THREADS = 8
"""Threads of a worker: so many mails may repeat when it is killed."""

HEAPED = "pattern@signers.example"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something done to the site, how many mails may repeat because of it, and how many parts it kills."""

    name: str
    do: Callable[[Stage, float], None]
    repeats: int = 0
    kills: int = 0


def _kill_web(stage: Stage, _seconds: float) -> None:
    kill(random.choice(stage.site.processes("web")))


def _kill_all_web(stage: Stage, _seconds: float) -> None:
    for pid in stage.site.processes("web"):
        kill(pid)


def _kill_server(stage: Stage, _seconds: float) -> None:
    kill(parent_of(stage.site.processes("web")[0]))


def _kill_worker(stage: Stage, _seconds: float) -> None:
    kill(stage.worker)


def _kill_supervisor(stage: Stage, _seconds: float) -> None:
    stage.site.stop(signal.SIGKILL)
    stage.site.start()


def _renew(stage: Stage, _seconds: float) -> None:
    assert stage.site.process is not None
    stage.site.process.send_signal(signal.SIGHUP)


def _restart_database(stage: Stage, _seconds: float) -> None:
    stage.postgres.restart("immediate")


def _empty_broker(stage: Stage, _seconds: float) -> None:
    stage.valkey.client.flushall()


def _stop_broker(stage: Stage, seconds: float) -> None:
    stage.valkey.stop()
    time.sleep(seconds)
    stage.valkey.start()


def _lose_after_data(stage: Stage, seconds: float) -> None:
    _by_rule(Rule("body", close=True, keep=True, times=THREADS))(stage, seconds)


def _by_rule(rule: Rule) -> Callable[[Stage, float], None]:
    def misbehave(stage: Stage, seconds: float) -> None:
        stage.mailboxes.rules(rule)
        time.sleep(seconds)
        stage.mailboxes.rules()

    return misbehave


def _by_proxy(part: str, what: str, *given: float, **known: bool) -> Callable[[Stage, float], None]:
    def misbehave(stage: Stage, seconds: float) -> None:
        proxy = getattr(stage, part)
        getattr(proxy, what)(*given, **known)
        time.sleep(seconds)
        proxy.resume()

    return misbehave


FAULTS = (
    Fault("a web process killed", _kill_web, kills=1),
    Fault("all web processes killed", _kill_all_web, kills=WEB_PROCESSES),
    Fault("the web server killed", _kill_server, kills=1),
    Fault("the worker killed", _kill_worker, THREADS, kills=1),
    Fault("the supervisor killed, the site started", _kill_supervisor, THREADS, kills=1),
    Fault("all processes renewed", _renew),
    Fault("PostgreSQL restarted at once", _restart_database, kills=1),
    Fault("PostgreSQL's connections cut", _by_proxy("database", "cut")),
    Fault("PostgreSQL hangs", _by_proxy("database", "blackhole")),
    Fault("PostgreSQL slow", _by_proxy("database", "delay", 0.2)),
    Fault("Valkey emptied", _empty_broker),
    Fault("Valkey gone", _stop_broker, kills=1),
    Fault("Valkey hangs", _by_proxy("broker", "blackhole")),
    Fault("Valkey slow", _by_proxy("broker", "delay", 2.0)),
    Fault("the mail server refuses connections", _by_proxy("smtp", "cut", refuse=True), THREADS),
    Fault("the mail server hangs", _by_proxy("smtp", "blackhole")),
    Fault("the mail server slow", _by_proxy("smtp", "throttle", 4000)),
    Fault("the mail server greylists", _by_rule(Rule("rcpt", "451 4.7.1 later"))),
    Fault("the mail server is lost after the mail", _lose_after_data, THREADS),
)


def main() -> int:
    """Run a soak and tell what came of it; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="make soak", description="A random fault every few seconds, then the books.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=float, default=10.0, help="seconds from one fault to the next")
    parser.add_argument("--rate", type=float, default=40.0, help="signings a second")
    parser.add_argument("--heap", type=int, default=100_000, help="due mails at the end, for a restart onto a heap")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same faults in the same order")
    given = parser.parse_args()
    random.seed(given.seed)
    say(f"seed {given.seed}; {given.minutes:g} min, {given.rate:g} signings a second, a fault every {given.every:g} s")
    with tempfile.TemporaryDirectory(prefix="clarion-soak-") as folder:
        stage = Stage(Path(folder))
        try:
            stage.site.prepare()
            stage.site.start()
            return _soak(stage, given) | (_restart_onto_heap(stage, given.heap) if given.heap else 0)
        finally:
            stage.close()


def _soak(stage: Stage, given: argparse.Namespace) -> int:
    seconds = given.minutes * 60
    done: Counter[Fault] = Counter()
    ledger = stage.ledger(rate=given.rate, limit=10**6, seconds=seconds + 60, patience=30.0)
    with ledger, Confirmations(stage.site, stage.mailboxes) as confirmations:
        started = time.monotonic()
        while (at := time.monotonic() - started) < seconds:
            fault = random.choice(FAULTS)
            done[fault] += 1
            say(f"{at:6.0f} s  {fault.name:<42} {ledger.told}")
            fault.do(stage, given.every * random.uniform(0.2, 0.5))
            stage.heal()
            until = started + (at // given.every + 1) * given.every
            time.sleep(max(0.0, until - time.monotonic()))
    say("faults are over; mails that were put off are let go")
    account = settle(stage, ledger, confirmations)
    allowed = sum(fault.repeats * times for fault, times in done.items())
    return _summary(stage, ledger, account, allowed, done)


def settle(stage: Stage, ledger: Ledger, confirmations: Confirmations) -> Account:
    """Let every mail leave that was put off, and compare the books."""
    with suppress(AssertionError):
        wait_until(lambda: _all_left(stage), seconds=120)
    return stage.books.settle(ledger, sorted(confirmations.acknowledged), seconds=60)


def _all_left(stage: Stage) -> bool:
    stage.time_passes()
    return not stage.books.waiting().get("due")


def broken_promises(stage: Stage, ledger: Ledger, account: Account, allowed: int) -> dict[str, int]:
    """How often each promise was broken; all of them shall be 0."""
    status = stage.site.clarion("status").stdout
    drift = int(status.rpartition("drift of counts:")[2])
    return {
        "acknowledged but lost": len(account.lost),
        "counted twice": account.counted_twice,
        "confirmed but not counted": len(account.unconfirmed),
        "drift": abs(drift) + abs(account.drift),
        "mails missing": len(account.missing),
        "repeats beyond the allowed": max(0, account.repeats - allowed),
        "answers that nothing excuses": sum(ledger.bad_answers.values()),
    }


def _summary(stage: Stage, ledger: Ledger, account: Account, allowed: int, done: Counter[Fault]) -> int:
    broken = broken_promises(stage, ledger, account, allowed)
    say("")
    kills = sum(fault.kills * times for fault, times in done.items())
    say(f"{sum(done.values()):>8} faults, {kills} parts killed")
    say(f"{len(ledger.attempted):>8} tried to sign: answers {dict(ledger.answers)}, none {dict(ledger.unanswered)}")
    say(f"{account.acknowledged:>8} acknowledged; p99 {ledger.quantile(0.99):.2f} s, slowest {ledger.slowest():.1f} s")
    say(f"{account.rows:>8} in the database, {account.confirmed} confirmed, {account.shown} shown")
    say(f"{account.rows:>8} mails expected, {account.mails} seen: {account.repeats} repeats of {allowed} allowed")
    say(f"{'':>8} other messages: {account.waiting}")
    for name, number in broken.items():
        say(f"{number:>8} {name}")
    return int(any(broken.values()))


def _restart_onto_heap(stage: Stage, number: int) -> int:
    """Kill the site, write a heap of due mails, start it, and see them leave."""
    assert sign(stage.site, HEAPED) == 303
    wait_until(lambda: bool(stage.mailboxes.to(HEAPED)))
    wait_until(lambda: (stage.books.message(HEAPED) or {})["state"] == "sent")
    stage.site.stop(signal.SIGKILL)
    heap_up(stage.site, stage.postgres, number)
    before, started, memory = len(stage.mailboxes.arrived()), time.monotonic(), 0
    ready = stage.site.start()
    while stage.books.waiting().get("due") and time.monotonic() - started < 1200:
        for pid in stage.site.processes("worker"):
            memory = max(memory, resident(pid))
        time.sleep(1)
    took, names = time.monotonic() - started, [m.message_id for m in stage.mailboxes.arrived()[before:]]
    say("")
    say(f"{number:>8} mails heaped up; ready after {ready:.1f} s, all left after {took:.0f} s ({number / took:.0f}/s)")
    say(f"{len(names) - len(set(names)):>8} repeats, {number - len(set(names))} missing")
    say(f"{memory // 1024:>8} MB taken by a worker at most")
    return int(len(set(names)) != number or memory > 200 * 1024)


def say(line: str) -> None:
    """Tell how it goes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
