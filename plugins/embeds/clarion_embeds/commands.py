"""`clarion embeds`: the code that partners paste."""

from __future__ import annotations

import click

from clarion.api import Petition, petition

from . import invitations, settings
from .codes import Codes


def command(base_url: str) -> click.Command:
    """The command for a site."""

    @click.command(name="embeds")
    @click.argument("slug")
    @click.option("--partner", default="", help="Only for this organisation.")
    @click.option("--language", default="", help="In this language instead of the campaign's main one.")
    def embeds(slug: str, partner: str, language: str) -> None:
        """Print the code that puts a petition's form into other sites, for each partner.

        \b
        Examples:
          clarion embeds dc-sanctuary
          clarion embeds dc-sanctuary --partner casa-del-barrio --language es
        """
        shown = petition(slug, language)
        if shown is None:
            raise click.ClickException(f'No campaign "{slug}" is published.')
        if language and shown.language.code != language:
            raise click.ClickException(f"It has the languages {', '.join(shown.campaign.languages)}.")
        for one in _partners(shown, partner):
            _print(base_url, shown, one)

    return embeds


def _partners(shown: Petition, asked: str) -> list[str]:
    said = settings.of(shown.campaign)
    members = [organisation.id for organisation in shown.campaign.organisations]
    if not said.framed_by(""):
        where = f"[plugins.embeds.partners.{asked or members[-1]}]"
        raise click.ClickException(
            f'No site may show its form yet. In its campaign.toml write {where} with origins = ["https://…"], '
            "and publish it."
        )
    known = [member for member in members if said.known_partner(shown.campaign, member)]
    if asked and asked not in known:
        raise click.ClickException(f'"{asked}" has no site that may show it. Known are {", ".join(known)}.')
    return [asked] if asked else known


def _print(base_url: str, shown: Petition, partner: str) -> None:
    organisation = shown.campaign.organisation(partner)
    codes, sites = Codes(base_url, shown, partner), settings.of(shown.campaign).framed_by(partner)
    click.echo(f"{organisation.name if organisation else partner} ({', '.join(sites)})")
    for words, code in (
        ("One line, where the form shall stand:", codes.script()),
        ("The same, checked by the browser; it has to be renewed with each release:", codes.pinned_script()),
        ("An element, for single-page applications:", codes.element()),
        ("A plain frame, where no script from elsewhere may run:", codes.frame()),
        ("A thermometer, where only the count shall be shown:", codes.thermometer()),
        ("A link, where nothing else is allowed:", codes.link()),
        ("The same as pictures:", codes.pictures()),
    ):
        click.echo(f"\n  {words}\n")
        for line in str(code).splitlines():
            click.echo(f"    {line}")
    click.echo(
        "\n  Its own page, for a year: to choose how the form looks, copy the code, test its site, see how many came."
    )
    click.echo("  Whoever has this link can open it, so send it to this partner alone:\n")
    click.echo(f"    {base_url}{invitations.path(shown, partner)}\n")
