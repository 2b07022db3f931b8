"""What the worker does for handing over: mails at milestones, digests in their time, letters day by day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select

from ..campaigns.live import LiveCampaign, live_campaigns
from ..delivery.models import Delivery
from ..extensions import db, now, transaction
from ..monitoring import log, report
from ..signatures import counting
from .figures import Figures, figures
from .letters import plan_letters
from .service import DIGEST, MILESTONE, hand_out, local_now

MORNING = time(8)
"""When a digest is made, where the campaign is; a weekly one on Mondays."""

MONDAY = 0

OFF = "off"
"""How the row is named that tells since when there are no digests."""


def write_to_recipients() -> int:
    """Put into the outbox what recipients are due to get; how many mails."""
    counts = counting.all_counts()
    written = 0
    for live in live_campaigns().all():
        try:
            written += _write(live, counts.get(live.id, 0))
        except Exception as error:  # noqa: BLE001 - what is wrong with one campaign keeps no other waiting
            db.session.rollback()
            report(error, "chore failed", kind="write to recipients", campaign=live.slug)
    return written


def _write(live: LiveCampaign, count: int) -> int:
    state = live.campaign.state(now())
    if state not in ("live", "closed") or not live.campaign.recipients:
        return 0
    mails = reach_milestone(live, count) + send_digest(live, count, closed=state == "closed")
    mails += plan_letters(live) if live.campaign.letters_arrive else 0
    if mails:
        log.info("recipients written to", campaign=live.slug, count=mails)
    return mails


def reach_milestone(live: LiveCampaign, count: int) -> int:
    """Tell the recipients of the highest milestone that is passed, once, and of none below one that was told."""
    passed = max((step for step in live.campaign.handing_over.milestones if step <= count), default=0)
    if not passed or passed <= max((int(row.name) for row in _told(live, MILESTONE)), default=0):
        return 0
    content = figures(live, count).to_json()
    with transaction() as session:
        return hand_out(session, live, MILESTONE, str(passed), count, content)


def send_digest(live: LiveCampaign, count: int, *, closed: bool = False) -> int:
    """Make the digest whose time has come, if something is new; after the end a last one.

    A worker that was away makes the last that was due, not all that were missed. The first one is a beginning: it
    notes the count, and what is new is counted from there; so is the first after digests were switched off.
    """
    often = live.campaign.handing_over.digest
    if often == "no":
        return _note_off(live, count)
    if closed and live.closed_at is None:
        return 0  # in a moment it is known since when
    told = _told(live, DIGEST)
    day = live.closed_at if closed else _period(local_now(live), weekly=often == "weekly")
    name = f"{'end ' if closed else ''}{day:%Y-%m-%d}"
    if any(row.name == name for row in told):
        return 0
    last = max(told, key=lambda row: row.id, default=None)
    reasons = {id for row in told if row.content for id in Figures.from_json(row.content).reasons}
    content = ""
    if last is not None and not last.name.startswith(OFF):
        new = figures(live, count, before=last.count, told=reasons)
        content = new.to_json() if new.new > 0 or new.reasons else ""
    with transaction() as session:
        return hand_out(session, live, DIGEST, name, count, content)


def _note_off(live: LiveCampaign, count: int) -> int:
    """Note that digests have ended, after the last of them: what happens until they begin again is in none."""
    last = max(_told(live, DIGEST), key=lambda row: row.id, default=None)
    if last is None or last.name.startswith(OFF):
        return 0
    with transaction() as session:
        return hand_out(session, live, DIGEST, f"{OFF} {now():%Y-%m-%d %H:%M}", count, "")


def _told(live: LiveCampaign, kind: str) -> list[Delivery]:
    """What was handed out of a kind: the rows that are nobody's, one for each time."""
    query = select(Delivery).filter_by(campaign_id=live.id, kind=kind, addressee_id=None).order_by(Delivery.id)
    return list(db.session.scalars(query))


def _period(moment: datetime, *, weekly: bool) -> datetime:
    """The last morning, up to this moment, on which a digest was due."""
    morning = datetime.combine(moment.date(), MORNING, moment.tzinfo)
    if morning > moment:
        morning = datetime.combine(moment.date() - timedelta(days=1), MORNING, moment.tzinfo)
    back = (morning.weekday() - MONDAY) % 7 if weekly else 0
    return datetime.combine(morning.date() - timedelta(days=back), MORNING, moment.tzinfo)
