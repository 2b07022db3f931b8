"""Letters: one mail for each signer to those who stand for them.

Who has none yet is looked for in the order of signatures. Each minute that begins where the first may still be
confirmed; once a day, and whenever somebody else stands for people, it begins at the first of all. Where a
mailbox is full for some days it ends, and goes on the next day: so no more is planned than some days can take.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, or_, select, update

from ..campaigns.live import LiveCampaign
from ..delivery.models import Delivery
from ..extensions import Transaction, db, insert_if_new, this_minute, transaction
from ..outbox.models import LAST, Message
from ..outbox.service import Leased, NewMessage, put
from ..signatures.models import CONFIRMED, PENDING, Signature
from ..signatures.reading import belongs_to, in_order
from .districts import home_of, stand_for, stood_for
from .pace import LONG_AGO, Plan
from .service import LANE, LETTER, Reached, ended, in_office, local_now, reachable

PLAN = "letters"
PAGE = 200

SETTLED = timedelta(minutes=2)
"""A confirmation carries the minute in which it began; what is older than this is all on disk."""


def plan_letters(live: LiveCampaign) -> int:
    """Plan the letters of those who have none; how many letters."""
    today = local_now(live)
    if not in_office(live, today.date(), ("to",)):
        return 0
    until, stands = this_minute() - SETTLED, _who_stands(live, today.date())
    plan = Plan.from_json(db.session.scalar(_row(live)) or Plan().to_json())
    if plan.full == today.date().isoformat():
        return 0
    seen, after = plan.seen, plan.settled
    of_all = plan.stands != stands or plan.dawn.astimezone(today.tzinfo).date() != today.date()
    if of_all:
        seen, after = plan.dawn if plan.stands == stands else LONG_AGO, 0
    settled = _settled(live, until, plan.settled)
    written = _write_all(live, _unwritten(seen, until), after)
    with transaction() as session:
        plan = _taken(session, live)
        if plan.full == today.date().isoformat():
            return written  # those who wait are found by the same look tomorrow
        plan.seen, plan.settled = until, settled
        if of_all:
            plan.dawn, plan.stands = until, stands
        _keep(session, live, plan)
    return written


def _write_all(live: LiveCampaign, query: Select[int, bytes], after: int) -> int:
    written = 0
    for rows in in_order(query, live.id, page=PAGE, after=after):
        # a seal takes a while to open, so this comes before anything is held
        districts = {row.id: home_of(live, row.sealed) if live.campaign.districts else "" for row in rows}
        with transaction() as session:
            plan = _taken(session, live)
            written += _write(session, live, plan, districts)
            _keep(session, live, plan)
        if plan.full == local_now(live).date().isoformat():
            break
    return written


def _who_stands(live: LiveCampaign, day: date) -> str:
    """A mark of all on which it rests who stands for whom: for those for whom nobody stood somebody may stand now."""
    people = in_office(live, day, ("to",))
    standing = [(address, sorted(stood_for(live, them))) for address, them in people.items()]
    known = [live.edition_id, sorted(standing), sorted(ended(live, people))]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def new_place(live: LiveCampaign, leased: Leased, due_at: datetime, moment: datetime) -> datetime:
    """Another place for a letter that cannot leave when it is due, not before `moment`, as if it were written then."""
    with transaction() as session:
        plan = _taken(session, live)
        most = live.campaign.handing_over.letters_a_day
        at = plan.next_place(leased.about_id or 0, moment, most).astimezone(UTC)
        # what it waits for us is no part of the three days for which it is tried
        begun = leased.created_at + (at - due_at)
        session.execute(update(Message).where(Message.id == leased.id).values(created_at=begun))
        _keep(session, live, plan)
    return at


def _row(live: LiveCampaign) -> Select[str]:
    return select(Delivery.content).filter_by(campaign_id=live.id, kind=PLAN, name=PLAN)


def _taken(session: Transaction, live: LiveCampaign) -> Plan:
    """The campaign's plan, held until the transaction ends."""
    row = {"campaign_id": live.id, "kind": PLAN, "name": PLAN, "count": 0, "content": Plan().to_json()}
    session.execute(insert_if_new(Delivery).values(created_at=this_minute(), **row))
    return Plan.from_json(session.scalars(_row(live).with_for_update()).one())


def _keep(session: Transaction, live: LiveCampaign, plan: Plan) -> None:
    mine = update(Delivery).where(Delivery.campaign_id == live.id, Delivery.kind == PLAN, Delivery.name == PLAN)
    session.execute(mine.values(content=plan.to_json()))


def _has_none() -> ColumnElement[bool]:
    return ~exists().where(Message.signature_id == Signature.id, Message.kind == LETTER)


def _unwritten(seen: datetime, until: datetime) -> Select[int, bytes]:
    """Signatures confirmed in between that have no letter yet, so a look that was cut off can begin anew."""
    of = Signature
    query = select(of.id, of.sealed).where(of.state == CONFIRMED, of.confirmed_at > seen, of.confirmed_at <= until)
    return query.where(_has_none())


def _settled(live: LiveCampaign, until: datetime, settled: int) -> int:
    """The last signature before the first that may still be confirmed.

    Near one of the last minutes there may be others that are not on disk yet, with smaller numbers.
    """
    of = Signature
    mine = select(of.id).where(belongs_to(live.id), of.id > settled)
    open_ = or_(of.state == PENDING, of.signed_at > until, of.confirmed_at > until)
    first = db.session.scalar(mine.where(open_).order_by(of.id).limit(1))
    before = mine if first is None else mine.where(of.id < first)
    return db.session.scalar(before.order_by(of.id.desc()).limit(1)) or settled


def _write(session: Transaction, live: LiveCampaign, plan: Plan, districts: dict[int, str]) -> int:
    # who was erased or got a letter from another worker since they were read is left out
    there = select(Signature.id).where(Signature.id.in_(districts), Signature.state == CONFIRMED, _has_none())
    ids = session.scalars(there.order_by(Signature.id)).all()
    reached = reachable(session, live, ("to",)) if ids else []
    moment, most = local_now(live), live.campaign.handing_over.letters_a_day
    messages = []
    for id in ids:
        theirs = [one for one in reached if stand_for(live, one.recipients, districts[id])]
        if not all(plan.has_place(one.addressee_id, moment) for one in theirs):
            plan.full = moment.date().isoformat()
            break
        messages += [_letter(live, id, one, plan.next_place(one.addressee_id, moment, most)) for one in theirs]
    if messages:
        put(session.connection(), messages)
    return len(messages)


def _letter(live: LiveCampaign, signature_id: int, to: Reached, at: datetime) -> NewMessage:
    return NewMessage(
        LETTER,
        live.id,
        signature_id,
        f"{LETTER}:{signature_id}:{to.addressee_id}",
        channel=LANE,
        priority=LAST,
        about_id=to.addressee_id,
        due_at=at.astimezone(UTC),
    )
