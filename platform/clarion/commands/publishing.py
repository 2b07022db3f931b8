"""Commands between a campaign folder and what is live: `publish` takes it out, `pull` brings back what was saved."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from ..settings import load_settings
from .instance import application, shown


@click.command()
@click.argument("slug")
@click.option("--merge", is_flag=True, help="Put the folder and what was saved in the console together first.")
@click.option("--force", is_flag=True, help="Take the folder as it is, over what was saved in the console.")
def publish(slug: str, *, merge: bool, force: bool) -> None:
    """Check a campaign folder and make it live as an edition.

    Where the console holds a newer save that the folder does not have, nothing is published: take it into the folder
    with `clarion pull`, or choose --merge or --force.

    \b
    Examples:
      clarion publish dc-sanctuary
      clarion publish dc-sanctuary --merge
    """
    from ..campaigns import service, sources
    from ..campaigns.loader import find_folders
    from ..domain.faults import did_you_mean, printable
    from ..recipients.rehearsal import rehearse_all
    from ..server import standing

    settings = load_settings()
    root = settings.campaigns.folder
    known = [path.name for path in find_folders(root)]
    if slug not in known:
        raise click.ClickException(printable(f'There is no campaign folder "{slug}". {did_you_mean(slug, known)}'))
    with application() as app:
        languages, plugins = app.extensions["clarion.languages"], app.extensions["clarion.plugins"]
        _mind_the_console(slug, root / slug, merge=merge, force=force)
        loaded = service.check(root, languages, plugins.check, (slug,))[0]
        rehearse_all(loaded)
        if loaded.campaign is None:
            for fault in loaded.errors:
                click.echo(f"{slug}/{fault}", err=True)
            raise click.ClickException("Not published: mend the faults above. What was live stays live.")
        done = service.publish(loaded, app.extensions["clarion.keyring"])
        sources.note_folder(done.slug, root / slug, sources.pictures_in(loaded))
        status = loaded.campaign.status
    click.echo(f"{done.slug}: edition {done.number} is {standing(status)} ({done.digest[:12]})")
    if status != "draft":
        click.echo(f"{settings.site.base_url}/{done.slug}")


def _mind_the_console(slug: str, folder: Path, *, merge: bool, force: bool) -> None:
    """Refuse to undo what somebody saved in the console, or put both together in the folder."""
    from ..campaigns import sources
    from ..campaigns.merging import merge_files

    newer = sources.newer_in_console(slug, folder)
    if newer is None or force:
        return
    if not merge:
        raise click.ClickException(
            f"Not published: save {newer.number} of {slug}, made in the console {newer.saved_at:%Y-%m-%d %H:%M} UTC, "
            f"is not in the folder. Take it: clarion pull {slug}. Put both together: clarion publish {slug} --merge. "
            "Overwrite it: --force"
        )
    base = sources.numbered(slug, sources.mark_of(folder)) or sources.last_of_folder(slug)
    merged = merge_files(base.files if base else {}, sources.read_folder(folder), newer.files)
    if merged.clashes:
        raise click.ClickException(
            f"Not published: both have changed the same lines of {', '.join(merged.clashes)}. Nothing was written. "
            f"Look at the other: clarion pull {slug} --to DIR. Write what shall stand into the folder, then --force"
        )
    earlier = {*newer.files, *(base.files if base else ())}
    sources.write_out(replace(newer, files=merged.files), folder, earlier=earlier)
    click.echo(f"The folder has now both: what stood in it, and save {newer.number} of the console.")


@click.command()
@click.argument("slug")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Into another folder.")
@click.option("--force", is_flag=True, help="Also where the folder holds changes that were never published.")
def pull(slug: str, to: Path | None, *, force: bool) -> None:
    """Write what was saved last of a campaign, in the console or from a folder, into its folder.

    \b
    Examples:
      clarion pull dc-sanctuary
      clarion pull dc-sanctuary --to /tmp/look-at-it
    """
    from ..campaigns import sources
    from ..domain.faults import did_you_mean

    with application():
        source = sources.latest(slug)
        if source is None:
            raise click.ClickException(f'Nothing of "{slug}" was saved yet. {did_you_mean(slug, sources.slugs())}')
        folder = to or load_settings().campaigns.folder / slug
        saves = sources.saves(slug)
        known = {json.dumps(one.files, sort_keys=True) for one in saves}
        own = sources.read_folder(folder) if folder.is_dir() else {}
        if own and not force and json.dumps(own, sort_keys=True) not in known:
            raise click.ClickException(
                f"{shown(folder)} holds changes that were never published, and they would be lost. Publish them with "
                f"clarion publish {slug} --merge, or write over them with --force."
            )
        written = sources.write_out(source, folder, earlier={name for one in saves for name in one.files})
    click.echo(f"Save {source.number} of {slug}, made in the {source.place}:")
    for path in written:
        click.echo(f"  {shown(path)}")
