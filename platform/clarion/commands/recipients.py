"""The command `recipients`: whom a petition is addressed to, what they got, and what is on its way to them."""

from __future__ import annotations

import click

from .instance import application, published


@click.command()
@click.argument("slug")
def recipients(slug: str) -> None:
    """Show a petition's recipients: who is in office, what they got, and what is planned for them.

    \b
    Example:
      clarion recipients dc-sanctuary
    """
    from ..recipients.standing import plans, standings

    with application():
        live = published(slug)
        rows = standings(live)
        if not rows:
            click.echo(f"{slug} is addressed to nobody: write campaigns/{slug}/recipients.csv.")
            return
        for row in rows:
            click.echo(f"{row.recipient.role}  {row.recipient.name}{', ' if row.office else ''}{row.office}")
            click.echo(f"    {row.told}")
        for line in plans(live):
            click.echo(line)
