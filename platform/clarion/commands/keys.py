"""Commands for the keys with which programs call the API: `keys` lists them, `add` makes one, `revoke` ends one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ..domain.scopes import SCOPES
from .instance import BadInput, RowNumber, application

if TYPE_CHECKING:
    from ..domain.scopes import Scope

LONGEST_NAME = 80


@click.group(invoke_without_command=True)
@click.pass_context
def keys(context: click.Context) -> None:
    """List the keys of organisations for the API; make and revoke them.

    A key speaks for one organisation: with it a program reads that organisation's signers and no other's.

    \b
    Examples:
      clarion keys
      clarion keys add our-group --name "Newsletter" --scope signers:read --scope consents:read
      clarion keys revoke 3
    """
    if context.invoked_subcommand is None:
        _list()


@keys.command("list")
def listing() -> None:
    """List the keys, which of them are good, and when they were last used.

    \b
    Example:
      clarion keys list
    """
    _list()


def _list() -> None:
    from ..rest import keys as service

    with application():
        found = [(key, service.state(key)) for key in service.listed()]
    for key, state in found:
        used = f"last used {key.last_used_on}" if key.last_used_on else "never used"
        until = f"until {key.expires_at:%Y-%m-%d}" if state == "good" else state
        click.echo(f"{key.id:>6}  {key.organisation}  {key.name}\n        {until}, {used}: {key.scopes}")
    if not found:
        click.echo("There is no key. Make one: clarion keys add ORGANISATION --name TEXT --scope signers:read")


@keys.command()
@click.argument("organisation")
@click.option("--name", required=True, help="What the key is for, so that you know it again.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    required=True,
    help="What it may do; can be repeated.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="For how long it is good.")
def add(organisation: str, name: str, scopes: tuple[Scope, ...], days: int) -> None:
    """Make a key for an organisation. It is shown once and kept nowhere: a lost one is revoked and made anew.

    \b
    What a key may do:
      signers:read       read those who said yes to the organisation
      consents:read      read what they said yes to, without names
      signatures:write   sign for people, counted to the organisation
      counts:read        read what counts are made of, by organisation and area

    \b
    Examples:
      clarion keys add our-group --name "Newsletter" --scope signers:read
      clarion keys add our-group --name "Our own form" --scope signatures:write --days 30
    """
    from ..domain.faults import printable
    from ..rest import keys as service

    clean = printable(" ".join(name.split()))
    if not 1 <= len(clean) <= LONGEST_NAME:
        raise BadInput(f"A name has 1 to {LONGEST_NAME} characters.")
    with application():
        _warn_of_unknown(organisation)
        number, key = service.add(organisation, clean, scopes, days)
    click.echo(key)
    click.echo(f"This is key {number} of {organisation}, good for {days:,} days. It is not shown again.", err=True)
    click.echo("Send it as a header, never in an address: Authorization: Bearer clk_…", err=True)


def _warn_of_unknown(organisation: str) -> None:
    from ..campaigns.live import live_campaigns
    from ..domain.faults import did_you_mean, printable

    known = {one.id for live in live_campaigns().all() for one in live.campaign.organisations}
    if organisation in known:
        return
    if len(organisation) > 60 or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", organisation):
        hint = did_you_mean(organisation, known) if known else "Write it as in campaign.toml: small letters, hyphens."
        raise BadInput(printable(f'"{organisation}" cannot be the id of an organisation. {hint}'))
    hint = f" {did_you_mean(organisation, known)}" if known else ""
    click.echo(f'Warning: no published campaign has an organisation "{organisation}".{hint}', err=True)


@keys.command()
@click.argument("number", metavar="ID", type=RowNumber())
def revoke(number: int) -> None:
    """End a key at once. The numbers are those of `clarion keys`.

    \b
    Example:
      clarion keys revoke 3
    """
    from ..rest import keys as service

    with application():
        revoked = service.revoke(number)
        there = sorted(key.id for key in service.listed() if service.state(key) == "good")
    if not revoked:
        good = f" Good ones: {', '.join(map(str, there))}." if there else ""
        raise click.ClickException(f"No key {number} is there to revoke.{good}")
    click.echo(f"Key {number} is revoked.")
