"""How it stands with each recipient, for people: in office or not, what they got, and what is planned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ..campaigns.live import LiveCampaign
from ..delivery.mailboxes import silent
from ..delivery.models import Addressee, Delivery
from ..domain.areas import SMALL_AREA
from ..domain.campaign import Recipient
from ..extensions import db
from ..outbox.models import DUE, SENT, Message
from ..signatures import counting
from .service import DIGEST, FEW, LETTER, MILESTONE, in_office, local_now

Mails = dict[tuple[int, str], list[tuple[str, int]]]
"""Kinds with their numbers, by addressee and state."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One recipient and a sentence about them."""

    recipient: Recipient
    office: str
    told: str


def standings(live: LiveCampaign) -> list[Standing]:
    """Every recipient of a campaign, in the folder's order; what a mailbox got stands with the one it is written to."""
    main, today = live.campaign.languages[0], local_now(live).date()
    known = {row.email: row for row in db.session.scalars(select(Addressee).filter_by(campaign_id=live.id))}
    firsts = {address: people[0] for address, people in in_office(live, today).items()}
    quiet = silent(db.session.connection(), {one.email.lower() for one in live.campaign.recipients if one.email})
    mails, waiting = _mails(live.id), _waiting(live.id)
    found = []
    for one in live.campaign.recipients:
        row, first = known.get(one.email.lower()), firsts.get(one.email.lower(), one)
        parts = [_reach(one, row, in_office=one.in_office(today), is_silent=one.email.lower() in quiet)]
        if first is not one and one.in_office(today):
            parts = [f"shares the address of {first.name}: one mail goes there, not two"]
        elif row is not None and first is one:
            parts += _got(mails, row.id)
            if n := waiting.get(row.id):
                parts.append(f"{n} of them without a name, kept until {SMALL_AREA} people there have signed")
        found.append(Standing(one, one.office.get(main, ""), "; ".join(parts)))
    return found


def plans(live: LiveCampaign) -> list[str]:
    """What the platform will send to the recipients, and when, a line each."""
    handing, count = live.campaign.handing_over, counting.all_counts().get(live.id, 0)
    lines = []
    if following := [step for step in handing.milestones if step > count]:
        lines.append(f"At {following[0]:,} signatures (now {count:,}) each of them gets a mail.")
    if handing.digest != "no":
        when = "Every Monday" if handing.digest == "weekly" else "Every day"
        lines.append(f"{when} at 8:00, {live.campaign.time_zone}, they get a digest if something is new.")
    if live.campaign.letters_arrive:
        lines.append(f"Each signer's letter goes to them, at most {handing.letters_a_day} a day and mailbox.")
        last = db.session.scalar(
            select(func.max(Message.due_at)).filter_by(campaign_id=live.id, kind=LETTER, state=DUE)
        )
        if isinstance(last, datetime):
            lines.append(f"They are planned a week ahead; the last so far leaves on {last:%Y-%m-%d}.")
    return lines or [f"Nothing is sent to them by itself: clarion deliver {live.slug} makes what you hand over."]


def _got(mails: Mails, addressee_id: int) -> Iterator[str]:
    for state, words in ((SENT, "got"), (DUE, "on its way:")):
        numbers = [f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in mails.get((addressee_id, state), ())]
        if numbers:
            yield f"{words} {', '.join(numbers)}"


def _reach(one: Recipient, row: Addressee | None, *, in_office: bool, is_silent: bool) -> str:
    if not in_office:
        return f"not in office today ({one.since or '...'} to {one.until or '...'}): gets nothing"
    if not one.email:
        return "no address: gets nothing"
    if row is not None and row.bounced_at is not None:
        return f"mails came back since {row.bounced_at:%Y-%m-%d}: gets nothing; correct the address"
    if row is not None and row.unsubscribed_at is not None:
        return f"wants no more mails since {row.unsubscribed_at:%Y-%m-%d}: gets nothing"
    if is_silent:
        return "gets no mail from any campaign: it came back elsewhere, or its owner complained"
    return "can be reached"


def _mails(campaign_id: int) -> Mails:
    """How many mails of each kind, by addressee and state."""
    found: Mails = {}
    of_delivery = (
        select(Delivery.addressee_id, Message.state, Message.kind, func.count())
        .join(Delivery, Delivery.id == Message.about_id)
        .where(Message.campaign_id == campaign_id, Message.kind.in_((MILESTONE, DIGEST)))
        .group_by(Delivery.addressee_id, Message.state, Message.kind)
    )
    letters = (
        select(Message.about_id, Message.state, Message.kind, func.count())
        .where(Message.campaign_id == campaign_id, Message.kind == LETTER)
        .group_by(Message.about_id, Message.state, Message.kind)
    )
    for query in (of_delivery, letters):
        for addressee_id, state, kind, n in db.session.execute(query):
            found.setdefault((addressee_id or 0, state), []).append((kind, n))
    return found


def _waiting(campaign_id: int) -> dict[int, int]:
    """How many letters would point at one of few, by addressee."""
    letters = select(Message.about_id, func.count()).filter_by(campaign_id=campaign_id, kind=LETTER, state=DUE)
    rows = db.session.execute(letters.where(Message.last_code == FEW).group_by(Message.about_id))
    return {addressee_id or 0: n for addressee_id, n in rows}
