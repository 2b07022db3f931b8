"""The command that hands a petition over: `deliver` makes a pack for each recipient."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..settings import load_settings
from .instance import BadInput, application, published, shown

if TYPE_CHECKING:
    from ..campaigns.live import LiveCampaign
    from ..domain.campaign import Recipient
    from ..handover.service import Made
    from ..handover.snapshot import Since

LEAST = 5000
"""With fewer it is done before a bar could be read."""


@click.command()
@click.argument("slug")
@click.option("--cc", "copies", is_flag=True, help="Packs for those copied to, too.")
@click.option("--new", "only_new", is_flag=True, help="Only signatures since the last pack of this campaign.")
@click.option("--dry-run", is_flag=True, help="Tell what would be made and for whom; write nothing.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Instead of var/deliveries/SLUG."
)
@click.option("--allow-missing-glyphs", is_flag=True, help="Go on where no font shows a script: boxes instead.")
def deliver(
    slug: str, out: Path | None, *, copies: bool, only_new: bool, dry_run: bool, allow_missing_glyphs: bool
) -> None:
    """Make the packs that hand a petition over, one for each recipient in office today.

    A pack holds a PDF (a letter, the figures, approved reasons, the names), the names as CSV and XLSX, and
    a manifest with the SHA-256 of each file. A name is there only if its owner allowed it, as first name and
    initial; email addresses, phone numbers and postal codes never are.

    \b
    Examples:
      clarion deliver dc-sanctuary --dry-run     what would be made, and for whom
      clarion deliver dc-sanctuary               for those the petition is addressed to
      clarion deliver dc-sanctuary --cc          for those copied, too
      clarion deliver dc-sanctuary --new         what was signed since the last pack
    """
    from ..handover import service

    with application(), _ending_clean():
        live = published(slug)
        root = out.absolute() if out else load_settings().home / "var" / "deliveries" / slug
        try:
            recipients = service.recipients_today(live.campaign, copies=copies)
            since = service.since_last(live) if only_new else None
            if dry_run:
                _forecast(live, recipients, root, since)
                return
            made = service.deliver(live, recipients, root, _bar, since=since, allow_missing=allow_missing_glyphs)
        except service.CannotHandOver as error:
            raise BadInput(str(error)) from error
        _tell(made, recipients)


def _tell(made: Made, recipients: dict[str, Recipient]) -> None:
    found = made.snapshot
    click.echo(f"Made in {shown(made.folder)}:")
    for name, pages in made.pages.items():
        click.echo(f"  {name}/  for {recipients[name].name}, pages: {pages:,}")
    click.echo(_counted(found.total, found.new, found.named))
    if made.missing:
        click.echo(f"warning: no font shows {', '.join(made.missing)}: such names stand as empty boxes", err=True)
    if found.broken:
        click.echo(f"warning: records that cannot be opened, counted without a name: {found.broken:,}", err=True)
    click.echo("Check a pack: cd into it and type sha256sum -c SHA256SUMS")


def _counted(total: int, new: int, named: int) -> str:
    fresh = "" if new == total else f" new and in this pack: {new:,};"
    return f"confirmed signatures: {total:,};{fresh} names shown: {named:,}, not shown: {new - named:,}"


def _forecast(live: LiveCampaign, recipients: dict[str, Recipient], root: Path, since: Since | None) -> None:
    """What would be made, and what leaves by mail besides: everything that goes to a recipient on one screen."""
    from ..handover.service import language_of, refuse_erased
    from ..handover.snapshot import forecast
    from ..recipients.standing import plans

    refuse_erased(live)
    found = forecast(live, since)
    campaign = live.campaign
    click.echo(f"Nothing is written. In {shown(root)} there would be:")
    for name, recipient in recipients.items():
        office = recipient.office.get(campaign.languages[0], "")
        words = ", ".join(part for part in (recipient.name, office) if part)
        click.echo(f"  {name}/  for {words} ({recipient.role}, {language_of(recipient, campaign)})")
    click.echo(_counted(found.total, found.new, found.named))
    if since:
        click.echo(f"The last pack was made on {since.moment:%Y-%m-%d %H:%M} UTC.")
    click.echo("By mail:")
    for line in plans(live):
        click.echo(f"  {line}")


@contextmanager
def _bar(words: str, length: int) -> Iterator[Callable[[int], object]]:
    """A bar in the terminal for what takes a while; in a script nothing."""
    if length < LEAST or not sys.stderr.isatty():
        yield lambda _done: None
        return
    with click.progressbar(length=length, label=f"{words:<20}", file=sys.stderr, update_min_steps=500) as bar:
        yield bar.update


@contextmanager
def _ending_clean() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does: what was begun is taken away before it goes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: object) -> None:
        raise SystemExit(143)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
