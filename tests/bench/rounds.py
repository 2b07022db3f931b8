"""Rounds: the product and its reference take turns, so that what the machine does meanwhile meets both."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .quiet import wait_for_quiet

Measure = Callable[[float], float]
"""Runs one side for so many seconds and returns its figure."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often."""

    rounds: int = 5
    seconds: float = 4.0
    warm_up: float = 1.5


@dataclass(frozen=True, slots=True)
class Spread:
    """The figures of all rounds."""

    figures: tuple[float, ...]

    @property
    def low(self) -> float:
        """The smallest."""
        return min(self.figures)

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.figures)

    @property
    def high(self) -> float:
        """The largest."""
        return max(self.figures)


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of two sides."""

    product: Spread
    reference: Spread

    @property
    def ratio(self) -> Spread:
        """The product over the reference, round by round."""
        return Spread(tuple(p / r for p, r in zip(self.product.figures, self.reference.figures, strict=True)))


def alternate(product: Measure, reference: Measure, plan: Plan) -> Compared:
    """Let both warm up, then take turns; who goes first changes from round to round."""
    sides = (product, reference)
    for side in sides:
        side(plan.warm_up)
    figures: tuple[list[float], list[float]] = ([], [])
    for number in range(plan.rounds):
        for place in (0, 1) if number % 2 == 0 else (1, 0):
            wait_for_quiet()
            figures[place].append(sides[place](plan.seconds))
    return Compared(Spread(tuple(figures[0])), Spread(tuple(figures[1])))


def spread(figures: Sequence[float]) -> Spread:
    """The spread of single figures, where there is nothing to compare with."""
    return Spread(tuple(figures))
