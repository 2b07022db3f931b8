"""The `clarion` command: what staff and operators type."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import __version__, processes
from .settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from flask import Flask


class _Verbose(click.Group):
    """A group whose expected errors are one clear line each, never a trace."""

    def invoke(self, context: click.Context) -> object:
        """Run the command and put expected errors into words."""
        try:
            _refuse_inside()
            return super().invoke(context)
        except SettingsError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"Cannot use {error.filename or 'a file'}: {error.strerror}.") from error
        except Exception as error:
            if type(error).__name__ in ("OperationalError", "InterfaceError"):
                words = f"The database does not answer ({type(error).__name__}): check database.url."
                raise click.ClickException(words) from error
            raise


@click.group(cls=_Verbose, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clarion")
def main() -> None:
    """Clarion: urgent petitions that coalitions run together.

    \b
    A first campaign:
      clarion new my-campaign --languages en,es
      clarion check my-campaign
      clarion serve
    """


for command in (processes.serve, processes.run, processes.web, processes.console, processes.worker):
    main.add_command(command)


def _settings() -> Settings:
    return load_settings()


def _refuse_inside() -> None:
    """Stop where a command would take the folder of the campaigns for the one that holds it."""
    here = Path.cwd()
    if here.name == "campaigns" and any(here.glob("*/campaign.toml")):
        settings = load_settings()
        if settings.home == here and not settings.campaigns.folder.is_dir():
            raise SettingsError(f"You are in {here}; go to {here.parent}: cd ..")


@contextmanager
def _app() -> Iterator[Flask]:
    """The whole application on an up-to-date database."""
    from . import migrations
    from .app import create_app

    app = create_app(_settings())
    with app.app_context():
        migrations.upgrade()
        yield app


@contextmanager
def _words() -> Iterator[Flask]:
    """An application that knows languages only: checking a folder touches no database and writes nothing."""
    from flask import Flask

    from .i18n import init_languages

    cache = Path(tempfile.mkdtemp(prefix="clarion-"))
    try:
        app = Flask("clarion", static_folder=None)
        init_languages(app, cache)
        with app.app_context():
            yield app
    finally:
        shutil.rmtree(cache)


@main.command()
@click.argument("slug")
@click.option("--languages", default="en", show_default=True, help="The languages, the main one first: en,es")
def new(slug: str, languages: str) -> None:
    """Make a campaign folder that is ready to edit.

    \b
    Example:
      clarion new rent-freeze --languages en,es
    """
    from .campaigns.scaffold import FolderExists, new_folder
    from .campaigns.table import slug_fault
    from .domain.faults import did_you_mean
    from .i18n import read_languages

    known = read_languages()
    codes = list(dict.fromkeys(code.strip() for code in languages.split(",") if code.strip()))
    for code in codes:
        if code not in known:
            raise click.ClickException(f'There is no language "{code}". {did_you_mean(code, known)}')
    if not codes:
        raise click.ClickException("Name at least one language, such as --languages en,es")
    if fault := slug_fault(slug):
        raise click.ClickException(" ".join(fault))
    try:
        files = new_folder(_settings().campaigns.folder, slug, codes, known)
    except FolderExists as error:
        raise click.ClickException(f'There is a campaign folder "{slug}" already. Nothing was changed.') from error
    click.echo("Made:")
    for path in files:
        click.echo(f"  {_shown(path)}")
    click.echo(f"Next: write the texts, then run: clarion check {slug}")


@main.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
def check(slugs: tuple[str, ...]) -> None:
    """Tell everything that is wrong with campaign folders; exit 1 if any has errors.

    \b
    Examples:
      clarion check                 all folders
      clarion check dc-sanctuary    one of them
    """
    from .campaigns import service
    from .campaigns.loader import find_folders
    from .domain.faults import did_you_mean, printable

    root = _settings().campaigns.folder
    known = [path.name for path in find_folders(root)]
    for slug in slugs:
        if slug not in known:
            hint = did_you_mean(slug, known) if known else f"There is none in {root}."
            raise click.ClickException(printable(f'There is no campaign folder "{slug}". {hint}'))
    if not known:
        raise click.ClickException(f"There are no campaign folders in {root}. Make one: clarion new my-campaign")
    with _words() as app:
        loaded = service.check(root, app.extensions["clarion.languages"], slugs)
    for one in loaded:
        for fault in one.faults:
            mark = "warning: " if fault.level == "warning" else ""
            click.echo(printable(f"{mark}{_shown(root / one.folder)}/{fault}"))
        if one.campaign:
            words = f"{', '.join(one.campaign.languages)}; {len(one.campaign.recipients)} recipients"
            click.echo(f"{one.slug}: ready to publish ({words})")
    broken = [one for one in loaded if one.errors]
    if broken:
        total = sum(len(one.errors) for one in broken)
        click.echo(f"{total} fault{'s' if total != 1 else ''} in {len(broken)} of {len(loaded)} folders", err=True)
        sys.exit(1)


@main.command()
@click.argument("slug")
def publish(slug: str) -> None:
    """Check a campaign folder and make it live as an edition."""
    from .campaigns import service
    from .campaigns.loader import find_folders
    from .domain.faults import did_you_mean, printable
    from .server import standing

    settings = _settings()
    known = [path.name for path in find_folders(settings.campaigns.folder)]
    if slug not in known:
        raise click.ClickException(printable(f'There is no campaign folder "{slug}". {did_you_mean(slug, known)}'))
    with _app() as app:
        loaded = service.check(settings.campaigns.folder, app.extensions["clarion.languages"], (slug,))[0]
        if loaded.campaign is None:
            for fault in loaded.errors:
                click.echo(f"{slug}/{fault}", err=True)
            raise click.ClickException("Not published: mend the faults above. What was live stays live.")
        done = service.publish(loaded, app.extensions["clarion.keyring"])
        status = loaded.campaign.status
    click.echo(f"{done.slug}: edition {done.number} is {standing(status)} ({done.digest[:12]})")
    if status != "draft":
        click.echo(f"{settings.site.base_url}/{done.slug}")


@main.command()
@click.argument("slug")
def editions(slug: str) -> None:
    """List a campaign's editions with their status and title, the one that counts now marked."""
    from .campaigns import service
    from .domain.campaign import Campaign

    with _app():
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


@main.command()
@click.argument("slug")
@click.argument("edition", type=int, required=False)
def rollback(slug: str, edition: int | None) -> None:
    """Go back to the edition before, or to the one with this number, in all languages at once."""
    from .campaigns import service
    from .domain.campaign import Campaign

    with _app() as app:
        try:
            target = service.rollback(slug, app.extensions["clarion.keyring"], edition)
        except service.NoSuchEdition as error:
            raise click.ClickException(str(error)) from error
        status = Campaign.from_json(target.content).status
    if status == "draft":
        click.echo(f"{slug}: edition {target.number} is a draft: the page is hidden now")
    else:
        click.echo(f"{slug}: edition {target.number} is live again" + ("" if status == "live" else f", {status}"))


@main.group(name="db")
def database() -> None:
    """The database's schema."""


@database.command(name="upgrade")
def database_upgrade() -> None:
    """Bring the database to the newest schema."""
    from . import migrations
    from .app import create_app

    with create_app(_settings()).app_context():
        changed = migrations.upgrade()
        click.echo(f"The database is at {migrations.head()}" + ("" if changed else ", as it was"))


@database.command(name="check")
def database_check() -> None:
    """Tell whether the database is at the newest schema; exit 1 if not."""
    from . import migrations
    from .app import create_app

    with create_app(_settings()).app_context():
        current, head = migrations.current(), migrations.head()
    if current < head:
        raise click.ClickException(f"The database is at {current or 'nothing'}, not {head}. Run: clarion db upgrade")
    click.echo(f"The database is at {current}")


@main.command()
def languages() -> None:
    """List the languages that campaigns can be written in."""
    from .i18n import read_languages

    for language in read_languages().values():
        click.echo(f"{language.code:<8} {language.name:<14} {language.english:<14} {language.direction}")


@main.command()
@click.argument("slug")
@click.option("--approve", type=int, multiple=True, metavar="ID", help="Show this reason on the page.")
@click.option("--hide", type=int, multiple=True, metavar="ID", help="Do not show this reason.")
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

    from .campaigns.live import live_campaigns
    from .extensions import db
    from .signatures import reasons as service
    from .signatures.models import APPROVED, HIDDEN, WAITING, Reason

    with _app():
        live = live_campaigns().get(slug)
        if live is None:
            raise click.ClickException(f'No campaign "{slug}" has been published.')
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


@main.command()
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
    from .campaigns.live import live_campaigns
    from .outbox import service

    with _app():
        live = live_campaigns().get(slug)
        if live is None:
            raise click.ClickException(f'No campaign "{slug}" has been published.')
        count = service.release(live.id) if release else service.held(live.id)
    click.echo(f"{count} {'released' if release else 'waiting'}")


@main.command()
def status() -> None:
    """Show how the site is doing: signatures, mails, and what waits how long."""
    from .metrics import read_figures

    with _app():
        figures = read_figures()
    for slug, n in sorted(figures.signatures.items()):
        click.echo(f"{slug:<32} {n:>10,} signatures")
    click.echo(", ".join(f"{n:,} {state}" for state, n in sorted(figures.states.items())) or "nobody signed yet")
    for (channel, state), n in sorted(figures.messages.items()):
        click.echo(f"{channel:<32} {n:>10,} {state}")
    click.echo(f"oldest waiting message: {figures.oldest_due_seconds:.0f} s; drift of counts: {figures.drift}")


@main.command()
def doctor() -> None:
    """Look for what could go wrong: schema, keys, durability, counts, messages; exit 1 if anything is."""
    from .app import create_app
    from .examination import examine

    findings = 0
    with create_app(_settings()).app_context():
        for well, words in examine():
            click.echo(f"{'ok   ' if well else 'FAULT'}  {words}")
            findings += not well
    if findings:
        sys.exit(1)


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Only tell whether they are up to date.")
@click.option("--folder", default="docs", show_default=True, type=click.Path(path_type=Path))
def docs(only_check: bool, folder: Path) -> None:
    """Write the references that are made from the code."""
    from .campaigns.reference import campaign_format, campaign_schema

    stale = []
    for name, text in {
        "campaign-format.md": campaign_format(),
        "campaign.schema.json": campaign_schema(),
    }.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not only_check:
                folder.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
    if stale and only_check:
        raise click.ClickException(f"{', '.join(stale)} in {folder} not up to date. Run: clarion docs")
    click.echo(f"{folder} is up to date" if not stale else f"Wrote {', '.join(stale)}")


def _shown(path: Path) -> str:
    """A path as short as it can be understood."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
