"""Charts as SVG, made on the server: no script draws them, and colours come from the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 200
LEFT, BELOW, ABOVE = 48, 24, 8
MOST_LABELS = 7
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, and what it shows as a table."""

    drawing: Markup
    rows: Sequence[tuple[str, int]]


def bars(points: Sequence[tuple[str, int]], title: str, number: Callable[[int], str]) -> Chart:
    """Bars over time, from their labels and numbers; numbers below zero, such as withdrawals, hang below the line."""
    highest, lowest = max((n for _, n in points), default=0), min((n for _, n in points), default=0)
    ticks = _ticks(min(lowest, 0), max(highest, 1))
    top, bottom = ticks[-1], ticks[0]
    inner = HEIGHT - ABOVE - BELOW

    def y(value: float) -> float:
        return ABOVE + inner * (top - value) / (top - bottom)

    width = (WIDTH - LEFT) / max(len(points), 1)
    parts = [
        Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(LEFT, WIDTH, y(tick), y(tick), LEFT - 8, y(tick) + 4, number(tick))
        for tick in ticks
    ]
    every = max(1, -(-len(points) // MOST_LABELS))
    for place, (label, value) in enumerate(points):
        x, height = LEFT + place * width, abs(y(value) - y(0))
        parts.append(
            Markup(
                '<rect class="bar" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"><title>{}: {}</title></rect>'
            ).format(x + width * 0.1, min(y(value), y(0)), width * 0.8, height, label, number(value))
        )
        if place % every == 0 and place * width < WIDTH - LEFT - 30:
            parts.append(Markup('<text x="{:.1f}" y="{}">{}</text>').format(x, HEIGHT - 6, label))
    drawing = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, title, Markup("").join(parts)
    )
    return Chart(drawing, points)


def shares(rows: Sequence[tuple[str, int]], number: Callable[[int], str]) -> Markup:
    """Groups beside one another, the largest as long as the whole."""
    most = max((n for _, n in rows), default=0) or 1
    parts = [
        Markup(
            '<tr><th scope="row">{}</th><td>'
            '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="bar" width="{:.2f}" height="8" rx="2"/></svg></td><td>{}</td></tr>'
        ).format(escape(name), 100 * n / most, number(n))
        for name, n in rows
    ]
    return Markup("").join(parts)


def _ticks(lowest: int, highest: int) -> list[int]:
    """Whole round numbers from below the lowest to above the highest, about four steps apart."""
    span, size = max(highest - lowest, 1), 1
    while True:
        for step in STEPS:
            wide = step * size
            if span / wide <= 4:
                first, last = lowest // wide, -(-highest // wide)
                return [n * wide for n in range(first, last + 1)]
        size *= 10
