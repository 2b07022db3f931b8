"""Whom of the recipients a mail may reach, and how a mail to each of them is put into the outbox, once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import insert, or_, select

from ..campaigns.live import LiveCampaign
from ..delivery.mailboxes import silent
from ..delivery.models import Addressee, Delivery
from ..domain.campaign import Recipient
from ..events import Happened, tell
from ..extensions import Transaction, db, insert_if_new, now, this_minute
from ..outbox.models import LAST
from ..outbox.service import NewMessage, put

LANE = "email:recipients"
MILESTONE, DIGEST, LETTER = "milestone", "digest", "letter"

FEW = "few letters"
"""The code of a letter without a name that waits until its district has as many as may be told of."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A mailbox that can be written to."""

    addressee_id: int
    recipients: list[Recipient]
    """Whose it is. Most often it is one; where some share it they get one mail, and it is written to the first."""


def local_now(live: LiveCampaign) -> datetime:
    """This moment where the campaign is."""
    return now().astimezone(ZoneInfo(live.campaign.time_zone))


def in_office(live: LiveCampaign, day: date, roles: Sequence[str] = ("to", "cc")) -> dict[str, list[Recipient]]:
    """The recipients who hold their office on a day, by their address in small letters; who is copied comes last."""
    found: dict[str, list[Recipient]] = {}
    for one in sorted(live.campaign.recipients, key=lambda one: one.role == "cc"):
        if one.email and one.role in roles and one.in_office(day):
            found.setdefault(one.email.lower(), []).append(one)
    return found


def ended(live: LiveCampaign, addresses: Collection[str]) -> set[str]:
    """Which of some addresses, in small letters, get no mail of a campaign.

    Their owner has ended its mails, or mails come back, or the mailbox gets none from any campaign.
    """
    marked = or_(Addressee.unsubscribed_at.is_not(None), Addressee.bounced_at.is_not(None))
    mine = select(Addressee.email).where(Addressee.campaign_id == live.id, Addressee.email.in_(addresses), marked)
    return {*db.session.scalars(mine), *silent(db.session.connection(), addresses)}


def reachable(session: Transaction, live: LiveCampaign, roles: Sequence[str] = ("to", "cc")) -> list[Reached]:
    """Who can be written to today."""
    known = in_office(live, local_now(live).date(), roles)
    if not known:
        return []
    rows = [{"campaign_id": live.id, "email": email} for email in known]
    session.execute(insert_if_new(Addressee).values(rows))
    mine = select(Addressee).where(Addressee.campaign_id == live.id, Addressee.email.in_(known)).order_by(Addressee.id)
    spared = ended(live, known)
    return [Reached(row.id, known[row.email]) for row in session.scalars(mine) if row.email not in spared]


def hand_out(session: Transaction, live: LiveCampaign, kind: str, name: str, count: int, content: str) -> int:
    """Write one mail for each recipient who can be reached, in the caller's transaction; how many.

    The row of this name is the guard: of two workers at once, or of two runs, one writes.
    """
    row = {
        "campaign_id": live.id,
        "kind": kind,
        "name": name,
        "count": count,
        "content": content,
        "created_at": this_minute(),
    }
    if session.scalar(insert_if_new(Delivery).values(row).returning(Delivery.id)) is None:
        return 0
    messages = []
    for reached in reachable(session, live) if content else ():
        mine = {**row, "name": f"{name}:{reached.addressee_id}", "addressee_id": reached.addressee_id}
        id = cast(int, session.scalar(insert(Delivery).values(mine).returning(Delivery.id)))
        messages.append(NewMessage(kind, live.id, None, f"{kind}:{id}", channel=LANE, priority=LAST, about_id=id))
    if messages:
        put(session.connection(), messages)
        tell(session, [Happened("delivery.sent", live.id, detail=content)])
    return len(messages)
