"""`clarion sms`: all that staff do about texts."""

from __future__ import annotations

from pathlib import Path

import click

from clarion.api import Place, petition

from . import broadcasts, inbox, trying
from .campaign import of
from .evidence import Pack
from .pictures import Camera, found_browser
from .settings import SmsSettings


def group(place: Place, settings: SmsSettings) -> click.Group:
    """The commands of a site."""

    @click.group(name="sms")
    def sms() -> None:
        """Texts: what people wrote, what is sent to many, and what carriers want to see."""

    own = (broadcasts.command(settings), trying.command(settings), inbox.inbox, inbox.answer, inbox.close, inbox.stop)
    for command in (_evidence(place), *own):
        sms.add_command(command)
    return sms


def _evidence(place: Place) -> click.Command:
    @click.command()
    @click.argument("slug")
    @click.option(
        "--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Instead of var/evidence/SLUG."
    )
    @click.option("--browser", default="", metavar="FILE", help="The Chromium or Chrome that takes the pictures.")
    def evidence(slug: str, out: Path | None, browser: str) -> None:
        """Write what US carriers ask for before they let a petition's texts pass, as a folder and a zip.

        What only the organisation knows, such as its tax number, is named in checklist.md with MISSING.

        \b
        Examples:
          clarion sms evidence dc-sanctuary
          clarion sms evidence dc-sanctuary --out for-the-carriers
        """
        shown = petition(slug)
        if shown is None:
            raise click.ClickException(
                f'No campaign "{slug}" is published. Carriers look at its page, so publish it first: '
                f"clarion publish {slug}"
            )
        said = of(shown.campaign)
        if said is None:
            raise click.ClickException(
                f'"{slug}" is not signed by text. Write [plugins.sms] in its campaign.toml (docs/texts.md) '
                "and publish it."
            )
        target = (out or place.home / "var" / "evidence" / slug).absolute()
        if target.is_dir() and any(target.iterdir()) and not (target / "checklist.md").exists():
            raise click.ClickException(f"{target} holds something else. Name another folder: --out DIR")
        camera = Camera(place.base_url, found_browser(browser))
        pack = Pack(place.base_url, shown, said, camera)
        archive = pack.write(target)
        for item in pack.items:
            click.echo(f"  {item.name}: {item.file or f'MISSING: {item.missing}'}")
        if camera.without:
            click.echo(
                f"No pictures were taken ({camera.without}): the pages are there as HTML. Open them and take some."
            )
        if not place.base_url.startswith("https://"):
            click.echo(
                f"warning: addresses in it begin with {place.base_url}: make it again on the real site", err=True
            )
        missing = sum(1 for item in pack.items if not item.file)
        click.echo(f"{target}: {missing} things are missing, which only the organisation knows")
        click.echo(f"{archive}: the same to send")

    return evidence
