"""Commands for the people who run campaigns: `staff` lists them, `add` makes one, `remove` takes one out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from ..domain.roles import ROLES
from .instance import BadInput, application

if TYPE_CHECKING:
    from ..domain.roles import Role


@click.group(invoke_without_command=True)
@click.pass_context
def staff(context: click.Context) -> None:
    """List those who log in to the console; add them and take them out.

    \b
    Examples:
      clarion staff
      clarion staff add ana@readers.example --org readers --role editor
      clarion staff remove ana@readers.example --org readers
    """
    if context.invoked_subcommand is None:
        _list()


@staff.command("list")
def listing() -> None:
    """List everybody with their roles.

    \b
    Example:
      clarion staff list
    """
    _list()


def _list() -> None:
    from sqlalchemy import select

    from ..extensions import db
    from ..staff import people, seconds
    from ..staff.models import Staff

    with application():
        found = [
            (one, people.roles_of(one.id), seconds.has_second(one))
            for one in db.session.scalars(select(Staff).order_by(Staff.email)).all()
        ]
    for one, roles, second in found:
        parts = [*(f"{role} of {organisation}" for organisation, role in roles.items())]
        if one.admin:
            parts.insert(0, "runs the site")
        seen = f"last here {one.last_seen_on}" if one.last_seen_on else "never here"
        factor = "" if second else ", no second factor"
        click.echo(f"{one.email}\n        {', '.join(parts) or 'no role'}; {seen}{factor}")
    if not found:
        click.echo("There is nobody. Add somebody: clarion staff add EMAIL --org ORGANISATION --role owner")


@staff.command()
@click.argument("email")
@click.option("--org", "organisation", help="The organization, by its id in campaign.toml.")
@click.option("--role", type=click.Choice(ROLES), default="editor", show_default=True, help="What they are for it.")
@click.option("--admin", is_flag=True, help="They run the site: every organization's people, and no signers.")
def add(email: str, organisation: str | None, role: str, *, admin: bool) -> None:
    """Let somebody in, or give them another role; their earlier sessions end. They log in by their mailbox.

    \b
    What a role may do:
      owner       everything, and decides who else is in
      editor      works on campaigns and reads signers' reasons
      moderator   decides which of the signers' reasons are shown
      analyst     sees figures, and no person

    \b
    Examples:
      clarion staff add ana@readers.example --org readers --role owner
      clarion staff add root@example.org --admin
    """
    from ..extensions import transaction
    from ..settings import load_settings
    from ..staff import people

    address = people.address_of(email)
    if address is None:
        raise BadInput(f'"{email}" is no email address.')
    if organisation is None and not admin:
        raise BadInput("Name the organization: --org readers. Who runs the site needs none: --admin")
    if organisation is not None and (len(organisation) > 60 or not people.ORGANISATION.fullmatch(organisation)):
        raise BadInput("Write the organization as in campaign.toml: small letters, hyphens.")
    with application(), transaction() as session:
        one = people.add(session, address, admin=admin)
        if organisation is not None:
            _give(session, one.id, organisation, cast("Role", role))
    what = f"{role} of {organisation}" if organisation else "one who runs the site"
    click.echo(f"{address} is {what}. They log in here: {load_settings().site.base_url}/staff/login")


def _give(session: object, staff_id: int, organisation: str, role: Role) -> None:
    from ..staff import people

    try:
        people.give_role(session, staff_id, organisation, role)  # type: ignore[arg-type]
    except people.LastOwner:
        raise click.ClickException(
            f"They are the only owner of {organisation}. Make somebody else an owner first."
        ) from None


@staff.command()
@click.argument("email")
@click.option("--org", "organisation", help="Out of this organization only; without it, out of everything.")
def remove(email: str, organisation: str | None) -> None:
    """Take somebody out; their sessions end at once.

    \b
    Examples:
      clarion staff remove ana@readers.example --org readers
      clarion staff remove ana@readers.example
    """
    from ..extensions import transaction
    from ..staff import people

    address = people.address_of(email) or email
    with application():
        one = people.by_email(address)
        if one is None:
            raise click.ClickException(f'There is nobody with the address "{address}".')
        number, roles = one.id, people.roles_of(one.id)
        if organisation is not None and organisation not in roles:
            raise click.ClickException(f"{address} is not in {organisation}.")
        try:
            with transaction() as session:
                for name in [organisation] if organisation else list(roles):
                    people.take_role(session, number, name)
                if organisation is None:
                    people.remove(session, number)
        except people.LastOwner:
            raise click.ClickException(
                "They are the only owner of an organization. Make somebody else an owner first."
            ) from None
    click.echo(f"{address} is out{f' of {organisation}' if organisation else ''}.")
