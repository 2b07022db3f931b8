"""Commands for what people signed and wrote: `counts`, `reasons`, `held`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .instance import RowNumber, application, published

if TYPE_CHECKING:
    from ..signatures.counting import Breakdown


@click.command()
@click.argument("slug")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def counts(slug: str, form: str) -> None:
    """Break a campaign's count down by language, source, organisation, who brought it and area.

    Areas with few people are put together in one number, as small ones could tell who has signed; sites and tags with
    few people are left out. "brought by" is from whose place the first came of those who passed it on by their links.

    \b
    Examples:
      clarion counts dc-sanctuary
      clarion counts dc-sanctuary --format json
    """
    from ..domain.areas import SMALL_AREA
    from ..signatures.counting import breakdown

    with application():
        found = breakdown(published(slug).id)
    note = (
        f"Areas with fewer than {SMALL_AREA} people are not shown but put together, with the next larger one where"
        " needed: who knows a signer there could tell who the others are. Neither are sites and tags with fewer."
    )
    if form == "json":
        shares = {name: dict(value) if isinstance(value, tuple) else value for name, value in asdict(found).items()}
        shares["origins"] = {organisation: dict(value) for organisation, value in found.origins}
        click.echo(json.dumps({"slug": slug, **shares, "note": note}, ensure_ascii=False, indent=2))
    elif not found.total:
        click.echo(f"{slug}: no confirmed signatures yet")
    else:
        click.echo(f"{slug}: {found.total:,} confirmed signatures")
        _tell_shares(found)
        click.echo(note)


def _tell_shares(found: Breakdown) -> None:
    unknown = ("no postal code", found.area_unknown), ("small areas, together", found.small_areas)
    parts = {
        "language": found.by_language,
        "source": found.by_source,
        "organisation": found.by_organisation,
        "brought by": found.by_brought,
        "of these by a share link": found.by_share,
        **{f"where {organisation} brought them from": shares for organisation, shares in found.origins},
        "area": (*found.by_area, *(share for share in unknown if share[1])),
    }
    for part, shares in parts.items():
        if not shares:
            continue
        click.echo(part)
        for name, n in shares:
            click.echo(f"  {name:<30} {n:>10,}")


@click.command()
@click.argument("slug")
@click.option("--approve", type=RowNumber(), multiple=True, metavar="ID", help="Show this reason on the page.")
@click.option("--hide", type=RowNumber(), multiple=True, metavar="ID", help="Do not show this reason.")
@click.option("--all", "everything", is_flag=True, help="List the approved and the hidden ones too.")
def reasons(slug: str, approve: tuple[int, ...], hide: tuple[int, ...], *, everything: bool) -> None:
    """List the reasons that wait to be read, and approve or hide them.

    \b
    Examples:
      clarion reasons dc-sanctuary
      clarion reasons dc-sanctuary --approve 12 --approve 14 --hide 13
      clarion reasons dc-sanctuary --all
    """
    from sqlalchemy import select

    from ..extensions import db
    from ..signatures import reasons as service
    from ..signatures.models import APPROVED, HIDDEN, WAITING, Reason

    with application():
        live = published(slug)
        for ids, state in ((approve, APPROVED), (hide, HIDDEN)):
            for id in ids:
                if not service.moderate(live.id, id, state):
                    raise click.ClickException(f"{slug} has no reason {id}.")
        query = select(Reason).filter_by(campaign_id=live.id).order_by(Reason.id)
        listed = list(db.session.scalars(query)) if everything else service.waiting(live.id)
    for reason in listed:
        state = f"  {reason.state}" if everything else ""
        click.echo(f"{reason.id:>6}{state}  {reason.language}  {reason.name or '-'}\n        {reason.words}")
    for ids, words in ((approve, "approved"), (hide, "hidden")):
        if ids:
            click.echo(f"{len(ids)} {words}")
    click.echo(f"{sum(reason.state == WAITING for reason in listed)} waiting")


@click.command()
@click.argument("slug")
@click.option("--release", is_flag=True, help="Send the mails that wait, so that these signatures can be confirmed.")
def held(slug: str, release: bool) -> None:
    """Tell how many signatures wait for a second look, and let their mails go.

    A signature waits when very many come from one network, or when a field was filled in that people
    cannot see.

    \b
    Examples:
      clarion held dc-sanctuary
      clarion held dc-sanctuary --release
    """
    from ..outbox import service

    with application():
        live = published(slug)
        count = service.release(live.id) if release else service.held(live.id)
    click.echo(f"{count} {'released' if release else 'waiting'}")
