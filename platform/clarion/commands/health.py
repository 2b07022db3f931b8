"""Commands that tell how the site is doing: `status` and `doctor`."""

from __future__ import annotations

import sys

import click

from .instance import application


@click.command()
def status() -> None:
    """Show how the site is doing: signatures, mails, and what waits how long."""
    from ..metrics import read_figures

    with application():
        figures = read_figures()
    for slug, n in sorted(figures.signatures.items()):
        click.echo(f"{slug:<32} {n:>10,} signatures")
    click.echo(", ".join(f"{n:,} {state}" for state, n in sorted(figures.states.items())) or "nobody signed yet")
    for (channel, state), n in sorted(figures.messages.items()):
        click.echo(f"{channel:<32} {n:>10,} {state}")
    silent = ", ".join(f"{n:,} {reason}" for reason, n in sorted(figures.suppressed.items()))
    click.echo(
        f"mailboxes that get no mail: {silent}; told by providers and not acted on yet: {figures.feedback_waiting}"
    )
    click.echo(f"oldest message that could leave: {figures.oldest_due_seconds:.0f} s; drift of counts: {figures.drift}")


@click.command()
def doctor() -> None:
    """Look for what could go wrong: schema, keys, durability, counts, messages, plugins; exit 1 if there is a fault."""
    from ..domain.faults import printable
    from ..examination import examine

    marks = {True: "ok   ", None: "look ", False: "FAULT"}
    faults = 0
    with application(upgrade=False):
        for well, words in examine():
            click.echo(printable(f"{marks[well]}  {words}"))
            faults += well is False
    if faults:
        sys.exit(1)
