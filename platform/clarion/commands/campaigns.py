"""Commands for campaign folders and their editions: `new`, `check`, `editions`, `rollback`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from ..settings import load_settings
from .instance import application, languages_only, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..domain.languages import Language


@click.command()
@click.argument("slug")
@click.option("--languages", default="en", show_default=True, help="The languages, the main one first: en,es")
@click.option(
    "--from",
    "source",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="A petition to take apart; - reads it.",
)
def new(slug: str, languages: str, source: TextIO | None) -> None:
    """Make a campaign folder that is ready to edit.

    With --from the petition is taken apart as it stands in a document or a mail: to whom, title, what is asked, why, in
    several languages one after another. Each doubt is named; no word is changed, and nothing is made up.

    \b
    Examples:
      clarion new rent-freeze --languages en,es
      clarion new rent-freeze --from petition.txt
    """
    from ..campaigns.scaffold import FolderExists, new_folder
    from ..campaigns.table import slug_fault
    from ..domain.faults import did_you_mean
    from ..i18n import read_languages

    known = read_languages()
    codes = list(dict.fromkeys(code.strip() for code in languages.split(",") if code.strip()))
    for code in codes:
        if code not in known:
            raise click.ClickException(f'There is no language "{code}". {did_you_mean(code, known)}')
    if not codes:
        raise click.ClickException("Name at least one language, such as --languages en,es")
    if fault := slug_fault(slug):
        raise click.ClickException(" ".join(fault))
    root = load_settings().campaigns.folder
    try:
        if source is not None:
            _take_apart(root, slug, _read(source), known, codes[0])
            return
        files = new_folder(root, slug, codes, known)
    except FolderExists as error:
        raise click.ClickException(f'There is a campaign folder "{slug}" already. Nothing was changed.') from error
    _tell_made(files)
    click.echo(f"Next: write the texts, then run: clarion check {slug}")


def _read(source: TextIO) -> str:
    from ..domain.pasting import LONGEST

    try:
        text = source.read(LONGEST + 1)
    except UnicodeDecodeError:
        raise click.ClickException("This is no text in UTF-8. Save it as plain text, or paste it: --from -") from None
    if len(text) > LONGEST:
        raise click.ClickException(f"A petition has {LONGEST:,} characters at most.")
    return text


def _take_apart(root: Path, slug: str, text: str, known: Mapping[str, Language], main: str) -> None:
    from ..campaigns.drafting import drafted
    from ..campaigns.scaffold import write_folder
    from ..domain.faults import printable
    from ..domain.pasting import take_apart
    from ..domain.pasting.doubts import in_words

    pasted = take_apart(text, known, main)
    if not pasted.texts:
        raise click.ClickException("There is no petition in this: no title and no text. Nothing was made.")
    files = write_folder(root, slug, drafted(slug, pasted, known))
    _tell_made(files)
    click.echo(f"Found: {len(pasted.recipients)} recipients")
    for code, said in pasted.texts.items():
        name = known[code].english if code in known else code
        parts = [printable(said.title) or "no title", f"{len(said.demands)} demands", f"{len(said.why)} paragraphs"]
        click.echo(f"  {name}: {', '.join(parts)}")
    if pasted.reasons:
        click.echo(
            f"  {len(pasted.reasons)} reasons of people who signed elsewhere: in reasons.txt, and shown on no page"
        )
    for doubt in pasted.doubts:
        click.echo(printable(f"Look at {in_words(doubt)}"))
    click.echo(f"Next: look it through, write your organisation into campaign.toml, then run: clarion check {slug}")


def _tell_made(files: Sequence[Path]) -> None:
    click.echo("Made:")
    for path in files:
        click.echo(f"  {shown(path)}")


@click.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
def check(slugs: tuple[str, ...]) -> None:
    """Tell everything that is wrong with campaign folders; exit 1 if any has errors.

    \b
    Examples:
      clarion check                 all folders
      clarion check dc-sanctuary    one of them
    """
    from ..campaigns import service
    from ..campaigns.loader import find_folders
    from ..delivery.newsrehearsal import rehearse_updates
    from ..delivery.rehearsal import make_ready
    from ..domain.faults import did_you_mean, printable
    from ..plugins.manager import Plugins
    from ..recipients.rehearsal import rehearse_all
    from ..updates.loader import check_updates

    settings = load_settings()
    root = settings.campaigns.folder
    known = [path.name for path in find_folders(root)]
    for slug in slugs:
        if slug not in known:
            hint = did_you_mean(slug, known) if known else f"There is none in {root}."
            raise click.ClickException(printable(f'There is no campaign folder "{slug}". {hint}'))
    if not known:
        raise click.ClickException(f"There are no campaign folders in {root}. Make one: clarion new my-campaign")
    with languages_only() as app:
        plugins = Plugins(settings)
        make_ready(app, settings, plugins.channels())
        loaded = service.check(root, app.extensions["clarion.languages"], plugins.check, slugs)
        for one in loaded:
            rehearse_all(one)
            rehearse_updates(one, check_updates(one, root))
        broken = [one for one in loaded if one.errors]
        # whether there is what settings name, only all campaigns together can tell
        campaigns = [one.campaign for one in loaded if one.campaign]
        warnings = [] if slugs or broken else plugins.site_warnings(campaigns)
    for one in loaded:
        for fault in one.faults:
            mark = "warning: " if fault.level == "warning" else ""
            click.echo(printable(f"{mark}{shown(root / one.folder)}/{fault}"))
        if one.campaign:
            words = f"{', '.join(one.campaign.languages)}; {len(one.campaign.recipients)} recipients"
            click.echo(f"{one.slug}: ready to publish ({words})")
    for words in warnings:
        click.echo(printable(f"warning: {words}"))
    if broken:
        total = sum(len(one.errors) for one in broken)
        click.echo(f"{total} fault{'s' if total != 1 else ''} in {len(broken)} of {len(loaded)} folders", err=True)
        sys.exit(1)


@click.command()
@click.argument("slug")
def editions(slug: str) -> None:
    """List a campaign's editions with their status and title, the one that counts now marked."""
    from ..campaigns import service
    from ..domain.campaign import Campaign

    with application():
        try:
            known = [(edition, Campaign.from_json(edition.content), now) for edition, now in service.editions(slug)]
        except service.NoSuchEdition as error:
            raise click.ClickException(str(error)) from error
    for edition, campaign, now in known:
        title = campaign.texts[campaign.languages[0]].title
        mark = " *" if now else "  "
        when = f"{edition.published_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{edition.number:>4}{mark} {edition.digest[:12]}  {when}  {campaign.status:<6}  {title}")
    click.echo("* counts now" + ("" if any(now for _, _, now in known) else ": none"))


@click.command()
@click.argument("slug")
@click.argument("edition", type=int, required=False)
def rollback(slug: str, edition: int | None) -> None:
    """Go back to the edition before, or to the one with this number, in all languages at once."""
    from ..campaigns import service
    from ..domain.campaign import Campaign

    with application() as app:
        try:
            target = service.rollback(slug, app.extensions["clarion.keyring"], edition)
        except service.NoSuchEdition as error:
            raise click.ClickException(str(error)) from error
        status = Campaign.from_json(target.content).status
    if status == "draft":
        click.echo(f"{slug}: edition {target.number} is a draft: the page is hidden now")
    else:
        click.echo(f"{slug}: edition {target.number} is live again" + ("" if status == "live" else f", {status}"))
