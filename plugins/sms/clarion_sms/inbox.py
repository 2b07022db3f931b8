"""`clarion sms inbox`: what people wrote that no rule answers, read and answered by a person."""

from __future__ import annotations

import click
from sqlalchemy import select, update

from clarion.api import db, has_stopped, open_for, transaction, wake_texts

from . import answers
from .inbound import obey
from .models import ANSWERED, CLOSED, INBOX, ReceivedText
from .places import Place, place, places
from .segments import measure
from .unread import texts_held

SHOWN = 50


@click.command()
@click.argument("slug")
@click.option("--all", "everything", is_flag=True, help="Those that were answered or laid aside too.")
def inbox(slug: str, everything: bool) -> None:
    """Read what people wrote to a campaign, the oldest first.

    It names nobody: a phone has a number of this inbox's own. Whoever reads here reads what people wrote in trust.

    Until somebody has read what a phone wrote, it gets no text that goes to many: it may have asked for no more.

    \b
    Examples:
      clarion sms inbox my-campaign
      clarion sms answer 17 "The hearing is at ten, in room 2."
      clarion sms close 18 19
      clarion sms stop 21                  they asked for no more texts
    """
    here = _known(slug)
    states = (INBOX, ANSWERED, CLOSED) if everything else (INBOX,)
    mine = select(ReceivedText).where(ReceivedText.campaign_id == here.id, ReceivedText.state.in_(states))
    found = db.session.scalars(mine.order_by(ReceivedText.id).limit(SHOWN + 1)).all()
    for row in found[:SHOWN]:
        words = " ".join(_shown(row).split())
        note = "" if row.state == INBOX else f" ({row.state})"
        click.echo(f"{row.id:>6}  {row.received_at:%Y-%m-%d %H:%M}  phone {row.phone_index.hex()[:6]}{note}  {words}")
    if not found:
        click.echo("Nothing waits to be read.")
        return
    if len(found) > SHOWN:
        click.echo(f"… and more: answer, close or stop some of these {SHOWN}.")
    if (held := texts_held(here.id)) and not everything:
        click.echo(f"Texts to many that wait until you have answered, closed or stopped these: {held}")


@click.command()
@click.argument("id", type=int)
@click.argument("words")
def answer(id: int, words: str) -> None:
    """Answer a text of the inbox, in the organisation's name, once.

    \b
    Example:
      clarion sms answer 17 "The hearing is at ten, in room 2."
    """
    row, here = _open_one(id)
    number = _opened(row)["number"]
    if has_stopped(number):
        raise click.ClickException("This phone wants no more texts, so it gets no answer either.")
    said = f"{here.who}: {' '.join(words.split())}"
    if not words.strip() or measure(said).segments > 4:
        raise click.ClickException("Write an answer of four texts at most.")
    with transaction() as session:
        mine = update(ReceivedText).where(ReceivedText.id == id, ReceivedText.state == INBOX)
        if not session.execute(mine.values(state=ANSWERED)).rowcount:  # type: ignore[attr-defined]
            raise click.ClickException("Somebody else has answered it just now.")
        if not answers.write(session, here, number, "inbox", said):
            raise click.ClickException("This phone got many answers today. Try again tomorrow.")
    wake_texts()
    click.echo("The answer is on its way.")


@click.command()
@click.argument("ids", type=int, nargs=-1)
@click.option("--up-to", "last", type=int, metavar="ID", help="All that wait, up to this one, of its petition.")
def close(ids: tuple[int, ...], last: int | None) -> None:
    """Lay texts of the inbox aside once you have read them; `--all` of the inbox still shows them.

    \b
    Examples:
      clarion sms close 18 19
      clarion sms close --up-to 40
    """
    if not ids and last is None:
        raise click.UsageError("Name the texts, such as 18 19, or --up-to 40.")
    with transaction() as session:
        petition = select(ReceivedText.campaign_id).where(ReceivedText.id == last).scalar_subquery()
        up_to = (ReceivedText.id <= (last or 0)) & (ReceivedText.campaign_id == petition)
        mine = update(ReceivedText).where(ReceivedText.id.in_(ids) | up_to, ReceivedText.state == INBOX)
        closed = session.execute(mine.values(state=CLOSED)).rowcount  # type: ignore[attr-defined]
    wake_texts()
    click.echo(f"{closed} laid aside.")


@click.command()
@click.argument("ids", type=int, nargs=-1, required=True)
def stop(ids: tuple[int, ...]) -> None:
    """End all texts to whoever wrote these, as STOP does: for every petition, until they write START themselves.

    They get one text that says so. For those who asked for it in words that the machine has not understood.

    \b
    Example:
      clarion sms stop 21 22
    """
    for id in ids:
        row, here = _open_one(id)
        try:
            number = _opened(row)["number"]
        except LookupError:
            raise click.ClickException(f"Text {id} cannot be opened: the campaign's signers are erased.") from None
        with transaction() as session:
            theirs = update(ReceivedText).where(
                ReceivedText.phone_index == row.phone_index, ReceivedText.state == INBOX
            )
            session.execute(theirs.values(state=CLOSED))
            stopped = obey(session, "stop", number, here, row.phone_index)
        click.echo(f"{id}: {'stopped.' if stopped else 'had stopped before.'}")
    wake_texts()


def _open_one(id: int) -> tuple[ReceivedText, Place]:
    row = db.session.get(ReceivedText, id)
    here = place(row.campaign_id) if row is not None and row.campaign_id is not None else None
    if row is None or here is None or row.state not in (INBOX, ANSWERED, CLOSED):
        raise click.ClickException(f"There is no text {id} in the inbox: clarion sms inbox SLUG lists them.")
    if row.state != INBOX:
        raise click.ClickException(f"Text {id} was {row.state} already.")
    return row, here


def _shown(row: ReceivedText) -> str:
    try:
        return _opened(row)["words"]
    except LookupError:
        return "(nobody can read it any more: the campaign's signers are erased)"


def _opened(row: ReceivedText) -> dict[str, str]:
    assert row.campaign_id is not None
    return open_for(row.campaign_id, row.sealed)


def _known(slug: str) -> Place:
    for here in places():
        if here.live.slug == slug:
            return here
    raise click.ClickException(f'No published campaign "{slug}" takes texts: it needs a table [plugins.sms].')
