"""Letters: one mail for each signer to those who stand for them, paced so that an office can read them.

The plan gives each letter its moment. A recipient has a number of places on each working day, spread over the hours in
which people write; a day that is full passes the rest on to the next. So the cap of a day holds by construction.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from flask import current_app
from sqlalchemy import exists, select, update

from ..campaigns.live import LiveCampaign
from ..delivery.models import Delivery
from ..domain.person import Person
from ..extensions import Transaction, insert_if_new, this_minute, transaction
from ..outbox.models import LAST, Message
from ..outbox.service import NewMessage, put
from ..sealing import Keyring, SealBroken, open_sealed
from ..signatures.models import CONFIRMED, Signature
from .service import LANE, LETTER, Reached, local_now, reachable

PLAN = "letters"
PAGE = 200
OPENING = time(9)
CLOSING = time(18)
"""Letters whose moment came just before five are still on their way then."""

HOURS = (1, 2, 3, 2, 2, 3, 2, 1)
"""How the letters of a day are shared out among its hours from nine to five."""

SETTLED = timedelta(minutes=2)
"""A confirmation carries the minute in which it began; what is older than this is all on disk."""


@dataclass(slots=True)
class Plan:
    """How far the letters of a campaign are planned."""

    seen: datetime
    """Signatures confirmed up to then have their letters."""
    places: dict[int, tuple[date, int]] = field(default_factory=dict)
    """By addressee: the day in use, and the next place on it."""

    def to_json(self) -> str:
        """The plan as its row keeps it."""
        places = {str(id): [day.isoformat(), place] for id, (day, place) in self.places.items()}
        return json.dumps({"seen": self.seen.isoformat(), "places": places})

    @classmethod
    def from_json(cls, source: str) -> Plan:
        """The plan that a row kept."""
        raw = json.loads(source)
        places = {int(id): (date.fromisoformat(day), int(place)) for id, (day, place) in raw["places"].items()}
        return cls(datetime.fromisoformat(raw["seen"]), places)

    def next_place(self, addressee_id: int, moment: datetime, most: int) -> datetime:
        """The next free moment in which this addressee can get a letter, not before `moment`."""
        day, place = self.places.get(addressee_id, (moment.date(), 0))
        if day < moment.date():
            day, place = moment.date(), 0
        while True:
            if day.weekday() < 5:
                while place < most:
                    at = _moment(day, (place + random.random()) / most, moment)  # noqa: S311 - jitter is no secret
                    place += 1
                    if at >= moment:
                        self.places[addressee_id] = (day, place)
                        return at
            day, place = day + timedelta(days=1), 0


def plan_letters(live: LiveCampaign) -> int:
    """Plan the letters of those who were confirmed since the last look; how many letters."""
    until = this_minute() - SETTLED
    written = after = 0
    while True:
        with transaction() as session:
            plan = _taken(session, live)
            rows = _unwritten(session, live, plan.seen, until, after)
            written += _write(session, live, plan, rows)
            if len(rows) < PAGE:
                plan.seen = until
            mine = update(Delivery).where(Delivery.campaign_id == live.id, Delivery.kind == PLAN, Delivery.name == PLAN)
            session.execute(mine.values(content=plan.to_json()))
        if len(rows) < PAGE:
            return written
        after = rows[-1].id


def _taken(session: Transaction, live: LiveCampaign) -> Plan:
    """The campaign's plan, held until the transaction ends; one that begins now looks back to its first signature."""
    begun = Plan(datetime(2000, 1, 1, tzinfo=UTC)).to_json()
    row = {"campaign_id": live.id, "kind": PLAN, "name": PLAN, "count": 0, "content": begun}
    session.execute(insert_if_new(Delivery).values(created_at=this_minute(), **row))
    mine = select(Delivery.content).filter_by(campaign_id=live.id, kind=PLAN, name=PLAN).with_for_update()
    return Plan.from_json(session.scalars(mine).one())


def _unwritten(
    session: Transaction, live: LiveCampaign, seen: datetime, until: datetime, after: int
) -> Sequence[Signature]:
    """Signatures confirmed in between that have no letter yet: a run that was cut off goes on where it was."""
    of = Signature
    letter = exists().where(Message.signature_id == of.id, Message.kind == LETTER)
    query = select(of).where(of.campaign_id == live.id, of.state == CONFIRMED, of.confirmed_at > seen)
    return session.scalars(
        query.where(of.id > after, of.confirmed_at <= until, ~letter).order_by(of.id).limit(PAGE)
    ).all()


def _write(session: Transaction, live: LiveCampaign, plan: Plan, rows: Sequence[Signature]) -> int:
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    reached = reachable(session, live, news=False, roles=("to",)) if rows else []
    moment, most = local_now(live), live.campaign.handing_over.letters_a_day
    messages = []
    for row in rows:
        district = _district(live, keyring, row.sealed) if live.campaign.districts else ""
        for one in reached:
            if stands_for(live, one, district):
                due = plan.next_place(one.addressee_id, moment, most).astimezone(UTC)
                key = f"{LETTER}:{row.id}:{one.addressee_id}"
                messages.append(
                    NewMessage(
                        LETTER,
                        live.id,
                        row.id,
                        key,
                        channel=LANE,
                        priority=LAST,
                        about_id=one.addressee_id,
                        due_at=due,
                    )
                )
    if messages:
        put(session.connection(), messages)
    return len(messages)


def in_hours(moment: datetime) -> bool:
    """Whether letters may leave at a moment of the campaign's own time, or a little after the last of a day."""
    return moment.weekday() < 5 and OPENING <= moment.time() < CLOSING


def another_day(live: LiveCampaign) -> datetime:
    """A moment for a letter that must not leave today: on the next working day, anywhere in its hours."""
    moment = local_now(live)
    day = moment.date() + timedelta(days=0 if moment.time() < OPENING else 1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return _moment(day, random.random(), moment).astimezone(UTC)  # noqa: S311 - jitter is no secret


def stands_for(live: LiveCampaign, one: Reached, district: str) -> bool:
    """Whether a recipient is written to by those who live in a district: their own, or all where they stand for all."""
    own = one.recipient.district.get(live.campaign.languages[0], "")
    return not own or own == district


def _district(live: LiveCampaign, keyring: Keyring, sealed: bytes) -> str:
    try:
        person = Person.from_details(open_sealed(keyring.private_key(live.key_id), sealed))
    except SealBroken:
        return ""
    return live.campaign.district_of(person.postal_code)


def _moment(day: date, share: float, like: datetime) -> datetime:
    """The moment of a day at which this share of its letters has left."""
    left = share * sum(HOURS)
    for hour, weight in enumerate(HOURS):
        if left < weight:
            opening = datetime.combine(day, OPENING, like.tzinfo)
            return opening + timedelta(hours=hour + left / weight)
        left -= weight
    return datetime.combine(day, OPENING, like.tzinfo) + timedelta(hours=len(HOURS))
