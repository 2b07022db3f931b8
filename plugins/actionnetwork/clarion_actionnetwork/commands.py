"""`clarion actionnetwork`: how far each group is, what failed, trying again, and all who said yes before."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from .calls import Line
from .courier import asked
from .groups import Group
from .intake import backfill
from .standing import Standing, retry, standings

if TYPE_CHECKING:
    from .courier import Courier

REFUSED = (
    "its key is refused. Make a new one (Start Organizing, Details, API & Sync), put it where the settings take it "
    "from, and start the workers anew. If the key is right: clarion actionnetwork retry"
)


def group(courier: Courier) -> click.Group:
    """The commands for the groups of one application."""
    names = click.Choice(sorted(courier.groups))

    @click.group(name="actionnetwork", invoke_without_command=True)
    @click.option("--check", is_flag=True, help="Ask Action Network whether it takes each key; exit 1 if not.")
    @click.pass_context
    def actionnetwork(context: click.Context, check: bool) -> None:
        """List the groups at Action Network: who is there, who waits and for how long, and what failed.

        \b
        Examples:
          clarion actionnetwork
          clarion actionnetwork --check              does it take the keys?
          clarion actionnetwork retry readers        try again what failed, and go on after a stop
          clarion actionnetwork backfill readers     tell of all who said yes before
        """
        if context.invoked_subcommand is None:
            _check(courier) if check else _list(courier)

    @actionnetwork.command("retry")
    @click.argument("name", type=names)
    def try_again(name: str) -> None:
        """Try again what failed for a group, and go on with a key that was refused."""
        n = retry(name, courier.groups[name], courier.clock())
        click.echo(f"{n:,} {'is' if n == 1 else 'are'} tried again by a worker")

    @actionnetwork.command("backfill")
    @click.argument("name", type=names)
    @click.option("--campaign", default="", help="Only the signers of this campaign.")
    def tell_of_all(name: str, campaign: str) -> None:
        """Tell a group of all who said yes to its organisation before it was set up.

        Who is there or waits already stays as they are, so it can be broken off and begun again.
        """
        of = courier.groups[name]
        if campaign and not of.wants(campaign):
            raise click.BadParameter(f"{name} takes {', '.join(of.campaigns)}", param_hint="--campaign")
        looked_at = new = 0
        for seen, added in backfill(name, of, campaign, courier.clock()):
            looked_at, new = looked_at + seen, new + added
            click.echo(f"{looked_at:,} looked at, {new:,} of them new")
        if not looked_at:
            click.echo(f"Nobody has said yes to {of.organisation}{f' in {campaign}' if campaign else ''} so far.")

    return actionnetwork


def _list(courier: Courier) -> None:
    for name, standing in standings(courier.groups, courier.clock()).items():
        _show(name, courier.groups[name], standing)
    if not courier.groups:
        click.echo("No group is set up. Name one in the settings: [plugins.actionnetwork.groups.NAME]")


def _show(name: str, of: Group, standing: Standing) -> None:
    oldest = f", the oldest for {_span(standing.oldest)}" if standing.waiting else ""
    told = f", {standing.told:,} told in the background" if standing.told else ""
    failed = sum(standing.failed.values())
    last = f"last {standing.last_code} at {standing.last_at:%Y-%m-%d %H:%M}" if standing.last_at else "no call yet"
    counts = f"{standing.there:,} there, {standing.waiting:,} waiting{oldest}{told}, {failed:,} failed"
    click.echo(f"{name}  for {of.organisation}: {counts}; {last}")
    for code, n in sorted(standing.failed.items()):
        click.echo(f"  failed: {n:,} with {code}")
    if standing.stopped:
        click.echo(f"  stopped: {REFUSED} {name}")


def _check(courier: Courier) -> None:
    wrong = 0
    for name, of in courier.groups.items():
        with closing(Line(of)) as line:
            came = asked(line)
        if came.kind == "done":
            click.echo(f"{name}: {of.place.host} takes the key")
            continue
        wrong += 1
        reason = f"{REFUSED} {name}" if came.kind == "key" else f"{of.place.host} does not answer as it should"
        click.echo(f"{name}: {reason} ({came.code})")
    if wrong:
        raise click.exceptions.Exit(1)


def _span(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            n = int(seconds // size)
            return f"{n} {unit}{'' if n == 1 else 's'}"
    return f"{int(seconds)} s"
