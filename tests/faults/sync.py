"""Very many signers brought to a server that behaves like Action Network, while workers are killed and calls fail.

PYTHONPATH=tests python -m faults.sync --signers 100000 --kills 10
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from faults.stage import kill
from rig.ledger import sign
from rig.signers import add_signers
from rig.site import SLUG, Postgres, Site, Valkey, wait_until

ROOT = Path(__file__).parents[2]
ORGANISATION, OTHER = "sanctuary-dc", "casa-del-barrio"
WORKERS = 2
PROGRESS = 10.0
"""Seconds from one line about it to the next."""

STILL = 90.0
"""Seconds in which nobody more was found there, after which hours pass."""


@dataclass
class Synced:
    """What came of it."""

    seconds: float
    calls: int
    over: int
    """Calls beyond the limit."""
    most: int
    """In any second."""
    background: int
    missing: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Who is there without a yes."""
    twice: list[str] = field(default_factory=list)
    there: int = 0
    """How many the plugin says are there."""
    left: int = 0
    """How many it says are not."""


def sync_under_kills(folder: Path, signers: int, kills: int, limit: int, seconds: float) -> Synced:
    """Bring so many there; as many again said yes to another organisation only."""
    server = stub_module()
    stub = server.Stub(limit=limit, broken=0.002, lost=0.002, empty=0.01)
    serving = server.serve(stub)
    try:
        with _site(folder, stub, limit, server) as (site, postgres):
            expected = _people(site, postgres, signers)
            begun = time.monotonic()
            site.clarion("actionnetwork", "backfill", "ours")
            with _background(stub):
                _bring(site, postgres, stub, signers, kills, begun + seconds)
            return _account(server, stub, postgres, expected, time.monotonic() - begun)
    finally:
        serving.shutdown()
        serving.server_close()


def stub_module() -> ModuleType:
    """The server of the plugin's own tests."""
    path = ROOT / "plugins" / "actionnetwork" / "tests" / "stub.py"
    spec = importlib.util.spec_from_file_location("actionnetwork_stub", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


@contextmanager
def _site(folder: Path, stub: Any, limit: int, server: ModuleType) -> Iterator[tuple[Site, Postgres]]:
    postgres, valkey = Postgres(folder / "postgres"), Valkey()
    site = Site(folder / "site", postgres.url, valkey.url, WORKER__PROCESSES=str(WORKERS), WEB__PROCESSES="1")
    own = folder / "site" / "own.toml"
    own.write_text(
        f'[plugins.actionnetwork.groups.ours]\norganisation = "{ORGANISATION}"\nurl = "{stub.url}"\n'
        f'key = {{ env = "ACTION_NETWORK_KEY" }}\ncalls_a_second = {limit}\n'
        f'petitions = {{ {SLUG} = "{server.PETITION}" }}\n'
    )
    site.environment |= {"CLARION_CONFIG": str(own), "ACTION_NETWORK_KEY": server.KEY}
    try:
        site.prepare()
        site.start()
        yield site, postgres
    finally:
        site.stop()
        valkey.stop()
        postgres.close()


def _people(site: Site, postgres: Postgres, number: int) -> set[str]:
    """Those who said yes to the organisation; others are there who said yes to another."""
    assert sign(site, "pattern@signers.example") == 303
    wait_until(lambda: bool(postgres.query("SELECT count(*) = 1 FROM signature")))
    others = add_signers(site, postgres, number // 2, OTHER)
    expected = set(add_signers(site, postgres, number, ORGANISATION, prefix="bo"))
    assert not expected & set(others)
    return expected


@contextmanager
def _background(stub: Any) -> Iterator[None]:
    """Let the server do what it was told to do in the background."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.2):
            stub.apply_background(200)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(10)


def _bring(site: Site, postgres: Postgres, stub: Any, number: int, kills: int, ends: float) -> None:
    killed, shown, moved, before = 0, time.monotonic(), time.monotonic(), (0, 0)
    while (left := _left(postgres)) and (moment := time.monotonic()) < ends:
        if moment - shown > PROGRESS:
            shown = moment
            words = f"{left[0]:,} wait, {left[1]:,} told, {len(stub.calls):,} calls, {killed} kills"
            sys.stderr.write(f"{words}, {ends - moment:.0f} s left\n")
        if killed < kills and number - left[0] >= number * (killed + 1) // (kills + 2):
            kill(random.choice(site.processes("worker")))
            killed += 1
            wait_until(lambda: len(site.processes("worker")) == WORKERS, lambda: site.log[-2000:])
        if left != before or left[0] or stub.later:
            moved, before = moment, left
        elif moment - moved > STILL:
            _hours_pass(postgres)
        time.sleep(0.5)
    assert killed == kills, f"time was over after {killed} of {kills} kills, with {left} left"


def _left(postgres: Postgres) -> tuple[int, int] | None:
    """How many wait, and of how many nobody knows yet."""
    counted = "SELECT json_build_array(count(*) FILTER (WHERE state = 'due'), count(*) FILTER (WHERE state = 'told'))"
    waiting, told = postgres.query(f"{counted} FROM actionnetwork_signer")
    return (waiting, told) if waiting or told else None


def _hours_pass(postgres: Postgres) -> None:
    """What the background did not do is looked for by itself and told once more, as after hours."""
    earlier = "told_at = told_at - interval '7 hours', due_at = due_at - interval '7 hours'"
    old = "told_at > now() AT TIME ZONE 'UTC' - interval '3 hours'"
    moved = f"UPDATE actionnetwork_signer SET {earlier} WHERE state = 'told' AND {old} RETURNING 1"
    postgres.query(f"WITH moved AS ({moved}) SELECT count(*) FROM moved")


def _account(server: ModuleType, stub: Any, postgres: Postgres, expected: set[str], took: float) -> Synced:
    counted = "SELECT json_build_array(count(*) FILTER (WHERE state = 'there'), count(*)) FROM actionnetwork_signer"
    there, known = postgres.query(counted)
    people = [person.email for person in stub.people]
    marks = server.by_identifier(stub)
    return Synced(
        seconds=took,
        calls=len(stub.calls),
        over=stub.over,
        most=server.calls_in_a_second(stub),
        background=stub.background,
        missing=sorted(expected - set(stub.subscribed())),
        strangers=sorted(set(people) - expected),
        twice=[mark for mark, n in marks.items() if n != 1] + ([""] if len(people) != len(set(people)) else []),
        there=there,
        left=known - there,
    )


def main() -> int:
    """Run it and tell what came of it; 1 if anybody is missing, a stranger or there twice."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--signers", type=int, default=100_000)
    words.add_argument("--kills", type=int, default=10)
    words.add_argument("--limit", type=int, default=250, help="calls a second; Action Network takes 4")
    words.add_argument("--seconds", type=float, default=3600.0)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="clarion-sync-") as folder:
        came = sync_under_kills(Path(folder), given.signers, given.kills, given.limit, given.seconds)
    shown = f"{came.there:,} there, {len(came.missing):,} missing, {len(came.strangers):,} strangers"
    pace = f"{came.calls:,} calls in {came.seconds:.0f} s, at most {came.most} in a second, {came.over} too many"
    sys.stdout.write(f"{shown}, {len(came.twice):,} twice, {came.left:,} left; {pace}\n")
    return bool(came.missing or came.strangers or came.twice or came.left or came.over)


if __name__ == "__main__":
    raise SystemExit(main())
