"""`make bench ARGS="signing page"`: measure rows of the table; all of them without a name."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from rig.own_speed import measure_itself

from . import mails, pack, report, rows
from .results import Result
from .rounds import Plan
from .stage import Stage

ROWS = ("page", "signing", "signing-sqlite", "growth", "mails", "count", "pack", "burst")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(ROWS))
@click.option("--quick", is_flag=True, help="Two short rounds: to see that it works, not to believe.")
@click.option("--rounds", default=5, show_default=True, help="Rounds in which product and reference take turns.")
@click.option("--seconds", default=4.0, show_default=True, help="Seconds of each side in a round.")
@click.option("--rows", "size", default=1_000_000, show_default=True, help="Signatures that `growth` loads.")
@click.option("--processes", default=1, show_default=True, help="Server processes of each side, but for `burst`.")
@click.option("--burst", is_flag=True, help="The bursts too; they take about six minutes.")
@click.option("--folder", help="Where the databases lie while it runs; /dev/shm leaves the disk out.", metavar="DIR")
@click.option("--write", is_flag=True, help="Write docs/performance.md; rows that were not measured stay as they are.")
def main(
    names: tuple[str, ...],
    quick: bool,
    rounds: int,
    seconds: float,
    size: int,
    processes: int,
    burst: bool,
    folder: str | None,
    write: bool,
) -> None:
    """Measure the rows that are named, or all but the bursts, and print them."""
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit(143)))
    chosen = names or tuple(name for name in ROWS if name != "burst" or burst)
    plan = Plan(2, 1.5, 0.5) if quick else Plan(rounds, seconds)
    own = measure_itself()
    click.echo(f"load generator: {own.rate:,.0f} answers/s of a server that does nothing, at most {own.limit:,.0f}")
    results: list[Result] = []
    for name in chosen:
        for result in _run(name, plan, size, processes, folder, quick=quick):
            click.echo(report.spoken(result))
            results.append(result)
    if write:
        report.write(results, own, plan, processes)
    if missed := [result.key for result in results if not result.met]:
        raise click.ClickException(f"not reached: {', '.join(missed)}")


def _run(name: str, plan: Plan, size: int, processes: int, within: str | None, *, quick: bool) -> Iterator[Result]:
    """One row on parts of its own, so that none meets what another left behind."""
    made: dict[str, Callable[[Stage], Iterable[Result]]] = {
        "page": lambda stage: [rows.page(stage, plan)],
        "signing": lambda stage: [rows.signing(stage, plan)],
        "signing-sqlite": lambda stage: [rows.signing_sqlite(stage, plan)],
        "growth": lambda stage: rows.growth(stage, plan, size),
        "mails": lambda stage: [mails.mails(stage, plan)],
        "count": lambda stage: [mails.staleness(stage, plan)],
        "pack": lambda stage: pack.pack(stage.folder, 3000 if quick else pack.SIGNERS),
        "burst": lambda stage: mails.bursts(stage, quick=quick),
    }
    with tempfile.TemporaryDirectory(prefix="clarion-bench-", dir=within) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own where this runs as root
        stage = Stage(Path(folder), processes)
        try:
            yield from made[name](stage)
        finally:
            stage.close()


if __name__ == "__main__":
    main()
