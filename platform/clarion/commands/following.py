"""How far an update is: told once or until it is done; and what can still be done about one that was scheduled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from .instance import BadInput, published

if TYPE_CHECKING:
    from datetime import datetime

    from ..campaigns.live import LiveCampaign
    from ..updates.models import Update
    from ..updates.service import Progress

ASKED_EVERY = 0.5
REST = 4
"""How much longer than a question the pause after it is: a million messages take a second to count."""


def known(live: LiveCampaign, name: str) -> Update:
    """The update of this name that was scheduled once."""
    from ..domain.faults import did_you_mean, printable
    from ..updates import service

    row = service.find(live.id, name)
    if row is None:
        names = [one.name for one in service.all_of(live.id)]
        hint = did_you_mean(name, names) if names else "None was yet."
        raise BadInput(printable(f'No update "{name}" of {live.slug} was scheduled. {hint}'))
    return row


def stop(live: LiveCampaign, row: Update) -> None:
    """Stop what has not left; an update of which all has left is past that."""
    from ..updates import service
    from ..updates.models import STOPPED

    if row.state == STOPPED:
        click.echo(f"{row.name} was stopped before.")
        return
    if not service.stop(row):
        raise click.ClickException(
            f"All of {row.name} has left: there is nothing to stop. "
            f"To take it from the page and the feed: clarion update {live.slug} {row.name} --hide"
        )
    progress = service.progress(known(live, row.name))
    if not progress.written:
        click.echo(f"Stopped: nobody has got {row.name}, and nobody will, unless you schedule it again.")
        return
    click.echo(f"Stopped: what has not left stays here. {figures(progress)}")
    click.echo("A mail that is on its way at this moment still arrives.")


def show(live: LiveCampaign, row: Update, *, public: bool) -> None:
    """Take an update from the page and the feed, or put it back; who gets mails is another matter."""
    from ..updates import service
    from ..updates.models import STOPPED

    if public and row.state == STOPPED:
        raise click.ClickException(f"{row.name} was stopped: what was stopped is not shown.")
    service.set_public(row, public)
    place = f"on the page of {live.slug} and in its feed"
    click.echo(
        f"{row.name} stands {place}." if public else f"{row.name} stands no more {place}. Its mails are as they were."
    )


def tell(live: LiveCampaign, row: Update, *, wait: bool) -> None:
    """How far it is; with `wait` until it is done."""
    from ..updates import service

    if wait:
        watch(live, row)
        return
    progress = service.progress(row)
    when = f", {start}" if (start := _start(live, row)) else ""
    click.echo(f"{row.name}: {row.state}{when}; {figures(progress)}")
    if progress.unknown:
        click.echo("What is unknown may be in the mailbox: clarion messages --state unknown")


def moment(live: LiveCampaign, at: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time as the campaign's clock shows it, with the name of its zone."""
    zone = live.campaign.time_zone
    return f"{at.astimezone(ZoneInfo(zone)):{form}} {zone}"


def _start(live: LiveCampaign, row: Update) -> str:
    """When it starts, for one that has not; empty later."""
    from ..extensions import now
    from ..updates.models import WAITING

    if row.state != WAITING:
        return ""
    if live.campaign.state(now()) == "draft":
        return f"is held while {live.slug} is a draft"
    return f"starts at {moment(live, row.starts_at)}" if row.starts_at > now() else ""


def _await_start(live: LiveCampaign, row: Update) -> Update:
    """Say when it starts and wait for it: until then there is nothing to count."""
    told = ""
    while start := _start(published(live.slug), row):
        if start != told:
            click.echo(f"{row.name} {start}")
            told = start
        time.sleep(ASKED_EVERY)
        row = known(live, row.name)
    return row


def watch(live: LiveCampaign, row: Update) -> None:
    """A bar until all is done; whoever ends it early can ask again, as the work is the worker's."""
    from ..updates import service

    try:
        row = _await_start(live, row)
        progress, took = service.progress(row), 0.0
        with click.progressbar(
            length=(length := max(progress.total, 1)),
            label=row.name,
            item_show_func=lambda words: words,
            show_eta=False,
        ) as bar:
            while not progress.done:
                bar.length = length = max(progress.total, 1)
                bar.update(progress.settled - bar.pos, figures(progress))
                time.sleep(max(ASKED_EVERY, took * REST))
                asked = time.monotonic()
                row = known(live, row.name)
                progress = service.progress(row)
                took = time.monotonic() - asked
            bar.update(length - bar.pos, figures(progress))
    except KeyboardInterrupt:
        click.echo(f"\nIt goes on. To see it again: clarion update {live.slug} {row.name} --wait")
        return
    tell(live, row, wait=False)


def figures(progress: Progress) -> str:
    """`written 3,000 of 3,000, sent 2,990, failed 2, unknown 1`; what is none is left out, but for what was sent."""
    words = [f"written {progress.written:,} of {progress.total:,}", f"sent {progress.sent:,}"]
    others = {"failed": progress.failed, "unknown": progress.unknown, "not needed any more": progress.needless}
    return ", ".join([*words, *(f"{name} {n:,}" for name, n in others.items() if n)])
