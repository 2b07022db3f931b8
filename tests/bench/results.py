"""What rows come to: a figure against its reference, a figure by itself, or a burst; and how each is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .rounds import Compared, Spread

RATIO_HEAD = (
    "| figure | Clarion | reference | ratio | to reach | |",
    "|---|---:|---:|---:|---:|---|",
)
BURST_HEAD = (
    "| signatures a second | for | asked | kept | lost | refused | p50 | p99 | mails | the last mail left "
    "| the disk alone: p99 · worst | |",
    "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
)


class Result(Protocol):
    """One line of a table."""

    key: str
    head: tuple[str, str]
    notes: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether the target is reached."""

    def line(self) -> str:
        """The line."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of the product over that of its reference."""

    key: str
    title: str
    compared: Compared
    at_least: float
    unit: str = "/s"
    notes: tuple[str, ...] = ()
    head: tuple[str, str] = RATIO_HEAD

    @property
    def met(self) -> bool:
        """Whether the median reaches the target."""
        return self.compared.ratio.median >= self.at_least

    def line(self) -> str:
        """Low, median and high of both sides and of their ratio."""
        product, reference = (_three(side, 0) for side in (self.compared.product, self.compared.reference))
        ratio = _three(self.compared.ratio, 2)
        return f"| {self.title} | {product} | {reference} | {ratio} | ≥ {self.at_least:g} | {_mark(self.met)} |"


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure that must stay below a limit."""

    key: str
    title: str
    figures: Spread
    at_most: float
    unit: str
    notes: tuple[str, ...] = ()
    head: tuple[str, str] = RATIO_HEAD

    @property
    def met(self) -> bool:
        """Whether every single one stays below."""
        return self.figures.high <= self.at_most

    def line(self) -> str:
        """Low, median and high."""
        figures = f"{_three(self.figures, 2)} {self.unit}"
        return f"| {self.title} | {figures} | – | – | ≤ {self.at_most:g} {self.unit} | {_mark(self.met)} |"


@dataclass(frozen=True, slots=True)
class Burst:
    """Signatures at a fixed pace through a whole site, mails included."""

    key: str
    rate: int
    seconds: int
    asked: int
    kept: int
    lost: int
    refused: int
    p50: float
    p99: float
    mails: int
    last_mail: float
    """Seconds after the last answer until the last mail was at the sink."""
    keeps_pace: bool
    """Mails shall leave as fast as signatures come; else they may catch up afterwards."""
    place: str
    """Where the database lies: nothing for the disk."""
    disk_p99: float
    disk_worst: float
    """Seconds, of a bare writer just before."""
    notes: tuple[str, ...] = ()
    head: tuple[str, str] = BURST_HEAD

    @property
    def met(self) -> bool:
        """Nothing lost, nothing refused, 99 of 100 answered within half a second, one mail for each."""
        whole = self.kept == self.asked and not self.lost and not self.refused and self.mails == self.kept
        return whole and self.p99 < 0.5 and (not self.keeps_pace or self.last_mail < 10)

    def line(self) -> str:
        """All figures of the burst."""
        return (
            f"| {self.rate}{self.place} | {self.seconds} s | {self.asked} | {self.kept} | {self.lost} | {self.refused} "
            f"| {self.p50 * 1000:.0f} ms | {self.p99 * 1000:.0f} ms | {self.mails} | {self.last_mail:+.1f} s "
            f"| {self.disk_p99 * 1000:.0f} · {self.disk_worst * 1000:.0f} ms | {_mark(self.met)} |"
        )


def _three(spread: Spread, digits: int) -> str:
    return " · ".join(f"{figure:,.{digits}f}" for figure in (spread.low, spread.median, spread.high))


def _mark(met: bool) -> str:
    return "reached" if met else "**missed**"
