"""`clarion posters`: sheets to print that lead to a petition."""

from __future__ import annotations

from pathlib import Path

import click

from .instance import application, published, shown


@click.command()
@click.argument("slug")
@click.option(
    "--language", "languages", multiple=True, help="Only this one; can be repeated. Two as en+es on one sheet."
)
@click.option("--kind", type=click.Choice(["poster", "handbill"]), help="Only posters, or only handbills.")
@click.option("--paper", type=click.Choice(["letter", "a4"]), help="Only this paper.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Instead of var/posters/SLUG."
)
def posters(slug: str, languages: tuple[str, ...], kind: str | None, paper: str | None, out: Path | None) -> None:
    """Make posters and handbills as PDF, ready to print: what is asked, and a code that leads there.

    \b
    Examples:
      clarion posters dc-sanctuary
      clarion posters dc-sanctuary --language en+es --kind poster --paper letter
    """
    from ..posters.service import KINDS, PAPERS, poster
    from ..settings import load_settings

    with application():
        live = published(slug)
        known = live.campaign.languages
        wanted = languages or (*known, *(("+".join(known[:2]),) if len(known) > 1 else ()))
        folder = out or load_settings().home / "var" / "posters" / slug
        for codes in wanted:
            for one in (k for k in KINDS if kind in (None, k)):
                for size in (p for p in PAPERS if paper in (None, p)):
                    try:
                        made = poster(live, codes.split("+"), one, size)
                    except ValueError:
                        raise click.ClickException(
                            f'There is no sheet in "{codes}". {slug} has {", ".join(known)}; two are written as '
                            f"{'+'.join(known[:2])}."
                        ) from None
                    folder.mkdir(parents=True, exist_ok=True)
                    path = folder / f"{one}-{size}-{codes}.pdf"
                    path.write_bytes(made)
                    click.echo(f"  {shown(path)}")
