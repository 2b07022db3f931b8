"""`clarion update`: news to those who signed a campaign: seen first, sent after a moment, stopped at any time.

Numbers only: no command tells who gets it (rule 8).
"""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .following import figures, known, moment, show, stop, tell, watch
from .instance import BadInput, application, published, shown

if TYPE_CHECKING:
    from ..campaigns.live import LiveCampaign
    from ..domain.faults import Fault
    from ..updates.models import Update
    from ..updates.news import News

DELAY = timedelta(minutes=10)
LONGEST_DELAY = timedelta(days=90)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _as_delay(context: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """A length of time: `30s`, `10m`, `2h`, `1d`."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,7})([smhd])", value.strip())
    delay = timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else None
    if delay is None or delay > LONGEST_DELAY:
        raise click.BadParameter(f'"{value}" is not understood: write 30s, 10m, 2h or 1d, 90d at most.', context, param)
    return delay


@click.command()
@click.argument("slug")
@click.argument("name", required=False, default="")
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the words from here, a file for each language (en.md), and not from the campaign's folder.",
)
@click.option("--delay", metavar="TIME", callback=_as_delay, help="Start after so long: 10m, 2h, 1d. Ten minutes.")
@click.option("--now", "at_once", is_flag=True, help="Start at once.")
@click.option(
    "--test", metavar="ADDRESS", help="Send it to this address only, once for each language. Nothing is kept."
)
@click.option("--stop", is_flag=True, help="Stop it: what has not left stays here.")
@click.option("--hide", is_flag=True, help="Take it from the page and the feed. It stops no mails.")
@click.option("--show", is_flag=True, help="Put it back there.")
@click.option("--status", is_flag=True, help="Tell how far it is.")
@click.option("--wait", is_flag=True, help="Show how far it is until it is done. Ctrl-C ends the showing only.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
def update(slug: str, name: str, **asked: Any) -> None:
    """Send news to those who signed and said yes to emails of the organisation that sends it.

    Write it in campaigns/SLUG/updates/<day>-<name>/, a file for each language: docs/updates.md says how. You
    see who gets it and are asked before anything is scheduled. Sent twice, it arrives once.

    \b
    Examples:
      clarion update my-campaign                                    all updates and how far they are
      clarion update my-campaign 2026-07-12-hearing --test you@example.org
      clarion update my-campaign 2026-07-12-hearing                 starts in ten minutes
      clarion update my-campaign 2026-07-12-hearing --now --wait
      clarion update my-campaign 2026-07-12-hearing --stop
      clarion update my-campaign --file en.md --file es.md --delay 2h
    """
    _refuse_contradictions(slug, name, asked)
    with application() as app:
        live = published(slug)
        root: Path = app.extensions["clarion.settings"].campaigns.folder
        if not name and not asked["files"]:
            _list(live, root)
        elif asked["stop"]:
            stop(live, known(live, name))
        elif asked["hide"] or asked["show"]:
            show(live, known(live, name), public=asked["show"])
        elif asked["status"]:
            tell(live, known(live, name), wait=asked["wait"])
        elif asked["test"] is not None:
            _test(live, _read(live, root, name, asked["files"]), asked["test"])
        else:
            _send(live, root, name, asked)


def _refuse_contradictions(slug: str, name: str, asked: dict[str, Any]) -> None:
    wishes = [wish for wish in ("test", "stop", "hide", "show", "status") if asked[wish] not in (None, False)]
    if len(wishes) > 1:
        raise BadInput(f"--{wishes[0]} and --{wishes[1]} do not go together: one at a time.")
    if asked["at_once"] and asked["delay"] is not None:
        raise BadInput("--now and --delay do not go together: one at a time.")
    if asked["files"] and wishes and wishes != ["test"]:
        raise BadInput(f"--file goes with sending and with --test, not with --{wishes[0]}.")
    if not name and not asked["files"] and (wishes or asked["wait"] or asked["at_once"]):
        raise BadInput(f"Say which update: clarion update {slug} NAME. The list of them: clarion update {slug}")


def _list(live: LiveCampaign, root: Path) -> None:
    """All updates: those that were scheduled with how far they are, and folders that wait to be."""
    from ..updates import service
    from ..updates.loader import find_updates

    rows = service.all_of(live.id)
    for row in rows:
        progress = service.progress(row)
        click.echo(
            f"{row.name:<40} {row.state:<8} {moment(live, row.starts_at, '%Y-%m-%d %H:%M')}  {figures(progress)}"
        )
    names = {row.name for row in rows}
    path = _folder(live, root)
    waiting = [name for name in find_updates(path) if name not in names] if path else []
    for name in waiting:
        click.echo(f"{name:<40} not scheduled")
    if waiting:
        click.echo(f"Next: clarion update {live.slug} {waiting[-1]}")
    elif not rows:
        click.echo(f"There are no updates of {live.slug} yet. Write one: {_place(live, root)}/<day>-<name>/en.md")


def _place(live: LiveCampaign, root: Path) -> str:
    return shown((_folder(live, root) or root / live.slug) / "updates")


def _folder(live: LiveCampaign, root: Path) -> Path | None:
    """The campaign's folder; it may have another name than the campaign has in addresses."""
    from ..campaigns import loader

    if (root / live.slug).is_dir():
        return root / live.slug
    loaded = loader.load_all(root, live.campaign.languages, lambda *_: "")
    return next((root / one.folder for one in loaded if one.slug == live.slug), None)


def _read(live: LiveCampaign, root: Path, name: str, files: tuple[Path, ...]) -> News:
    """The update as its files say it now; with errors in them, all of these and the end."""
    from ..domain.faults import did_you_mean, printable
    from ..updates import loader

    if files:
        if name and not loader.is_name(name):
            raise BadInput(printable(f'"{name}" is no name for an update: a day and words, 2026-07-12-hearing.'))
        said, faults = loader.read_files(files, name, live.campaign)
        return _fit(live, said, faults)
    path = _folder(live, root)
    names = loader.find_updates(path) if path else []
    if path is None or name not in names:
        hint = did_you_mean(name, names) if names else "It has none yet."
        raise BadInput(printable(f'There is no folder "{name}" in {_place(live, root)}. {hint}'))
    said, faults = loader.read_update(path, root, name, live.campaign)
    return _fit(live, said, faults, f"{shown(path)}/", f"updates/{name}/")


def _fit(live: LiveCampaign, said: News | None, faults: list[Fault], place: str = "", below: str = "") -> News:
    """The update, if its mails can be made; all that is wrong with it is told."""
    from ..delivery.newsrehearsal import rehearse_news

    wrong = rehearse_news(live, said, below) if said else []
    _tell_faults([*faults, *wrong], place)
    return said if said and not wrong else _refuse([*faults, *wrong])


def _tell_faults(faults: list[Fault], place: str = "") -> None:
    from ..domain.faults import printable

    for fault in faults:
        mark = "warning: " if fault.level == "warning" else ""
        click.echo(printable(f"{mark}{place}{fault}"), err=True)


def _refuse(faults: list[Fault]) -> News:
    n = sum(fault.level == "error" for fault in faults)
    raise click.ClickException(f"Nothing was sent: mend the fault{'s' if n != 1 else ''} above first.")


def _test(live: LiveCampaign, said: News, address: str) -> None:
    """Send it to one address by the channel itself: no row is written for it."""
    from ..delivery.channels import Refused, Retry, Unsure
    from ..delivery.mails import mail_channel
    from ..delivery.updatemails import test_mails
    from ..domain.addresses import AddressError, clean_address

    try:
        recipient = clean_address(address)
    except AddressError as error:
        raise BadInput(f"--test: this is no address that mail can be sent to: {error}") from error
    channel = mail_channel()
    sent = 0
    try:
        for mail in test_mails(live, said, recipient):
            channel.send(mail)
            sent += 1
    except (Retry, Refused, Unsure) as error:
        raise click.ClickException(
            f"The test was not sent ({error.code}); {sent} had left before. Mails {channel.way}."
        ) from error
    click.echo(
        f"{sent} test mail{'s' if sent != 1 else ''} sent to {recipient}; mails {channel.way}. Nothing was kept."
    )


def _send(live: LiveCampaign, root: Path, name: str, asked: dict[str, Any]) -> None:
    from ..extensions import now
    from ..updates import service
    from ..updates.loader import find_updates

    row = service.find(live.id, name) if name else None
    path = _folder(live, root)
    if row is not None and not asked["files"] and (path is None or name not in find_updates(path)):
        tell(live, row, wait=asked["wait"])
        return
    said = _read(live, root, name, asked["files"])
    row = service.find(live.id, said.name) if name else service.find_like(live.id, said)
    if row is not None and not service.is_blank(row):
        _send_no_more(live, row, said, wait=asked["wait"])
        return
    if live.campaign.state(now()) == "draft":
        raise click.ClickException(f"{live.slug} is a draft: its page, to which the mail leads, is not to be seen.")
    starts_in = timedelta() if asked["at_once"] else DELAY if asked["delay"] is None else asked["delay"]
    _preview(live, said, starts_in)
    if not asked["yes"]:
        _ask()
    row, new = service.schedule(live.id, said, now() + starts_in)
    if not new:
        _send_no_more(live, row, said, wait=asked["wait"])
        return
    _tell_scheduled(live, row)
    if asked["wait"]:
        watch(live, row)


def _send_no_more(live: LiveCampaign, row: Update, said: News, *, wait: bool) -> None:
    """Say why one that was scheduled before is not sent; what was asked for is done only if it says the same."""
    from ..updates import service
    from ..updates.models import STOPPED

    if row.state == STOPPED:
        tell(live, row, wait=False)
        raise click.ClickException(
            f"{row.name} was stopped after {row.written:,} of its messages were written. "
            "To send the news after all, give it another name: who has got it would get it twice."
        )
    if not service.is_same(row, said):
        tell(live, row, wait=False)
        raise click.ClickException(
            f"{row.name} was scheduled before, with other words than its files have now: what was scheduled stays as "
            "it was. To send the new words, give them another name."
        )
    click.echo(f"{row.name} was scheduled before: nothing is sent a second time.")
    tell(live, row, wait=wait)


def _preview(live: LiveCampaign, said: News, delay: timedelta) -> None:
    """What it is, who sends it and how many get it: numbers, never names."""
    from ..extensions import now
    from ..updates import audience

    organisation = live.campaign.organisation(said.organisation) or live.campaign.lead
    main = live.campaign.languages[0]
    numbers = audience.numbers(live.id, organisation.id)
    click.echo(f"{said.texts[main].title}   ({said.name})")
    answers = f", answers go to {organisation.email}" if organisation.email else ", answers go nowhere"
    click.echo(f"  from    {organisation.name}{answers}")
    by_language = ", ".join(
        f"{n:,} in {code}" + ("" if code in said.texts else f" (in the words of {main})")
        for code, n in sorted(numbers.items(), key=lambda pair: -pair[1])
    )
    n = sum(numbers.values())
    people = "1 signer" if n == 1 else f"{n:,} signers"
    click.echo(f"  to      {people} who confirmed and said yes to emails of {organisation.name}")
    if by_language:
        click.echo(f"          {by_language}")
    click.echo(f"  public  {'on the petition page and in its feed' if said.public else 'no, by mail only'}")
    click.echo(f"  starts  {moment(live, now() + delay, '%Y-%m-%d %H:%M') if delay else 'at once'}")


def _ask() -> None:
    """Go on after a yes only. Where nobody can answer, a script has forgotten `--yes`."""
    try:
        agreed = click.confirm("Send it?")
    except click.Abort as error:
        click.echo()
        raise BadInput("Nothing was scheduled, as nobody said yes. For scripts: --yes") from error
    if not agreed:
        click.echo("Nothing was scheduled.")
        sys.exit(1)


def _tell_scheduled(live: LiveCampaign, row: Update) -> None:
    click.echo(f"Scheduled: it starts at {moment(live, row.starts_at)}, where a worker runs.")
    click.echo(f"To stop it, at any time:  clarion update {live.slug} {row.name} --stop")
    click.echo(f"To see how far it is:     clarion update {live.slug} {row.name} --wait")
