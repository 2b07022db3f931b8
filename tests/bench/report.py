"""What is said of a run, and the page docs/performance.md that it writes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rig.own_speed import OwnSpeed
from rig.site import ROOT

from .results import BURST_HEAD, RATIO_HEAD, Result
from .rounds import Plan

PAGE = ROOT / "docs" / "performance.md"
PROSE = Path(__file__).with_name("performance.md")


def spoken(result: Result) -> str:
    """A result for the screen."""
    return "\n".join([result.line(), *(f"    {note}" for note in result.notes)])


def write(results: Sequence[Result], own: OwnSpeed, plan: Plan, processes: int) -> None:
    """Write the page; a row that was not measured this time keeps its line and its notes."""
    before = PAGE.read_text("utf-8").splitlines() if PAGE.exists() else []
    filled = PROSE.read_text("utf-8")
    for mark, head in (("{ratios}", RATIO_HEAD), ("{bursts}", BURST_HEAD)):
        filled = filled.replace(mark, _table(head, [r for r in results if r.head == head], before))
    for mark, value in _facts(own, plan, processes).items():
        filled = filled.replace(mark, value)
    PAGE.write_text(filled, "utf-8")


def _table(head: tuple[str, str], results: Sequence[Result], before: list[str]) -> str:
    """The lines measured now in the place of their forerunners, new ones at the end."""
    start = before.index(head[0]) + 2 if head[0] in before else len(before)
    lines = {}
    for line in before[start:]:
        if not line.startswith("|"):
            break
        lines[_name(line)] = line
    lines |= {_name(result.line()): result.line() for result in results}
    return "\n".join([*head, *lines.values()])


def _name(line: str) -> str:
    return line.split("|")[1].strip()


def _facts(own: OwnSpeed, plan: Plan, processes: int) -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "{machine}": f"{os.cpu_count()} cores, {memory:.0f} GB of memory",
        "{rounds}": str(plan.rounds),
        "{seconds}": f"{plan.seconds:g}",
        "{processes}": {1: "one server process", 2: "two server processes"}.get(processes, f"{processes} processes"),
        "{generator}": f"{own.limit:,.0f}",
    }
