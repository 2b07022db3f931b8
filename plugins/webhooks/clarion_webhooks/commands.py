"""`clarion webhooks`: what waits, what was given up, and trying again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click
from sqlalchemy import func, select

from clarion.api import db, now

from . import payload
from .models import DUE, PARKED, Delivery, EndpointRow

if TYPE_CHECKING:
    from .post import Post

SHOWN = 50


def group(post: Post) -> click.Group:
    """The commands for the endpoints of one post office."""
    names = click.Choice(sorted(post.endpoints))

    @click.group(name="webhooks", invoke_without_command=True)
    @click.pass_context
    def webhooks(context: click.Context) -> None:
        """List the endpoints: what waits for each, what was given up, and what it answered last.

        \b
        Examples:
          clarion webhooks
          clarion webhooks test readers           send a test to the endpoint "readers" now
          clarion webhooks parked readers         what was given up, and why
          clarion webhooks replay readers         send all of that again
          clarion webhooks replay readers 17 18   send these two again
        """
        if context.invoked_subcommand is None:
            _list(post)

    @webhooks.command()
    @click.argument("name", metavar="NAME", type=names)
    def test(name: str) -> None:
        """Send an endpoint an event of the kind `webhook.test` now; exit 1 if it does not take it."""
        packed = payload.pack("webhook.test", now(), {"endpoint": name})
        code = post.send(post.endpoints[name], f"msg_{secrets.token_hex(12)}", packed)
        if not code.startswith("2"):
            raise click.ClickException(f"{name}: {code}")
        click.echo(f"{name} answered {code}")

    @webhooks.command()
    @click.argument("name", metavar="NAME")
    def parked(name: str) -> None:
        """List what was given up for an endpoint, the newest first; also for one that left the settings."""
        _check_known(post, name)
        query = select(Delivery).where(Delivery.endpoint == name, Delivery.state == PARKED)
        found = db.session.scalars(query.order_by(Delivery.id.desc()).limit(SHOWN + 1)).all()
        for one in found[:SHOWN]:
            about = f" signature {one.signature}" if one.signature else ""
            click.echo(
                f"{one.id}  {one.happened_at:%Y-%m-%d %H:%M}  {one.kind}  {one.campaign}{about}: {one.last_code}"
            )
        if not found:
            click.echo(f"Nothing is parked for {name}")
        elif len(found) > SHOWN:
            click.echo("There is more.")

    @webhooks.command()
    @click.argument("name", metavar="NAME", type=names)
    @click.argument("ids", type=click.IntRange(1, 2**63 - 1), nargs=-1)
    def replay(name: str, ids: tuple[int, ...]) -> None:
        """Send again what was given up for an endpoint, or only what has these numbers, even if it was taken before.

        An endpoint that answered 410 is tried again.
        """
        n = post.replay(name, ids)
        click.echo(f"{n} {'is' if n == 1 else 'are'} sent again by a worker")

    return webhooks


def _left(post: Post) -> list[str]:
    """Endpoints that the settings no longer name, and for which something still waits or is parked."""
    which = Delivery.state.in_((DUE, PARKED)), Delivery.endpoint.not_in(post.endpoints)
    return sorted(db.session.scalars(select(Delivery.endpoint).where(*which).distinct()))


def _check_known(post: Post, name: str) -> None:
    known = sorted({*post.endpoints, *_left(post)})
    if name not in known:
        listed = ", ".join(known) or "none"
        raise click.BadParameter(f"there is no endpoint {name!r}. Known: {listed}", param_hint="NAME")


def _list(post: Post) -> None:
    grouped = select(Delivery.endpoint, Delivery.state, func.count()).group_by(Delivery.endpoint, Delivery.state)
    counts = {
        (name, state): n for name, state, n in db.session.execute(grouped.where(Delivery.state.in_((DUE, PARKED))))
    }
    known = {row.name: row for row in db.session.scalars(select(EndpointRow))}
    for name, endpoint in post.endpoints.items():
        row = known.get(name)
        last = f"last {row.last_code} at {row.last_at:%Y-%m-%d %H:%M}" if row else "nothing sent yet"
        off = "; disabled, as it answered 410" if row and row.disabled_at and row.mark == endpoint.mark else ""
        waiting, given_up = counts.get((name, DUE), 0), counts.get((name, PARKED), 0)
        where = f"{endpoint.target.authority} for {endpoint.organisation}"
        click.echo(f"{name}  {where}: {waiting:,} waiting, {given_up:,} parked, {last}{off}")
        if endpoint.unended:
            click.echo(f"  Warning: it hears of people, but not {endpoint.unended}: add that to its events")
    for name in _left(post):
        waiting, given_up = counts.get((name, DUE), 0), counts.get((name, PARKED), 0)
        click.echo(f"{name}  not in the settings any more: {waiting:,} waiting, {given_up:,} parked")
    if not post.endpoints:
        click.echo("No endpoint is set up. Name one in the settings: [plugins.webhooks.endpoints.NAME]")
