"""What happened becomes what is to be told: one row for each signature and group, however often something happens."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update

from clarion.api import Event, insert_if_new, known_to, transaction

from .groups import Group
from .models import BACKFILL, CHANNELS, DUE, ENDS, NEWS, Signer

PAGE = 500

BEGINS, ENDING = ("signature.confirmed", "consent.given"), ("signature.withdrawn", "consent.withdrawn")


def take_in(groups: Mapping[str, Group], happened: Sequence[Event], moment: datetime) -> None:
    """Write down for each group what is to be told of these events; one that is told twice changes nothing more.

    Whether a person may be told of is asked again when it is done. A yes writes a row where there is none; a no never
    does: of whom nothing was told, nothing has to be taken back.
    """
    about = [event for event in happened if event.signature is not None and event.kind in BEGINS + ENDING]
    for name, group in groups.items():
        mine = [event for event in about if group.wants(event.campaign)]
        begun = {event.signature: event.campaign for event in mine if _is_news(event, group)}
        again = {event.signature: event.campaign for event in mine if event.kind == "signature.confirmed"}
        # who signed and said no to this organisation makes no row: most of those who are confirmed
        known = known_to(group.organisation, among=[n for n in again if n]) if again else {}
        begun |= {number: campaign for number, campaign in again.items() if number in known}
        ended = [(event, channels) for event in mine if (channels := _ends(event, group))]
        if not begun and not ended:
            continue
        with transaction() as session:
            if begun:
                rows = [_row(name, number, campaign, NEWS, moment) for number, campaign in begun.items() if number]
                session.execute(insert_if_new(Signer), rows)
                _wake(session, name, [row["signature"] for row in rows], NEWS, moment)
            for event, channels in ended:
                _wake(session, name, [event.signature], ENDS, moment, {f"{one}_ended": True for one in channels})


def backfill(name: str, group: Group, campaign: str, moment: datetime) -> Iterator[tuple[int, int]]:
    """Write down all who said yes already, a page at a time: how many were looked at, and how many of them were new.

    It can be broken off and begun again: who is known stays as they are.
    """
    for slug in (campaign,) if campaign else group.campaigns or ("",):
        reached = 0
        while found := known_to(group.organisation, after=reached, campaign=slug, most=PAGE):
            rows = [_row(name, number, of, BACKFILL, moment) for number, of in found.items()]
            with transaction() as session:
                new = session.execute(insert_if_new(Signer).returning(Signer.id), rows).all()
            yield len(found), len(new)
            reached = max(found)


def _is_news(event: Event, group: Group) -> bool:
    return event.kind == "consent.given" and event.organisation == group.organisation and event.channel in CHANNELS


def _ends(event: Event, group: Group) -> tuple[str, ...]:
    """The channels that an event ends for a group."""
    if event.kind == "consent.withdrawn" and event.organisation == group.organisation:
        return (event.channel,) if event.channel in CHANNELS else ()
    if event.kind == "signature.withdrawn" and group.organisation in event.detail.get("organisations", ()):
        return CHANNELS
    return ()


def _wake(
    session: Any,
    name: str,
    signatures: Collection[int | None],
    rank: int,
    moment: datetime,
    more: Mapping[str, bool] | None = None,
) -> None:
    """Make what is known of these signatures due; a try that is on its way will not settle it."""
    values = {"state": DUE, "rank": rank, "turn": Signer.turn + 1, "attempt": 0, "crashes": 0, "due_at": moment}
    mine = update(Signer).where(Signer.group_name == name, Signer.signature.in_(list(signatures)))
    session.execute(mine.values({**values, "waits_since": moment, "missing_since": None, **(more or {})}))


def _row(name: str, signature: int, campaign: str, rank: int, moment: datetime) -> dict[str, Any]:
    return {
        "group_name": name,
        "signature": signature,
        "campaign": campaign,
        "mark": secrets.token_hex(16),
        "person": "",
        "email": "",
        "sms": "",
        "email_ended": False,
        "sms_ended": False,
        "state": DUE,
        "rank": rank,
        "turn": 0,
        "surely": False,
        "trying": False,
        "attempt": 0,
        "crashes": 0,
        "due_at": moment,
        "lease_until": None,
        "told_at": None,
        "missing_since": None,
        "last_code": "",
        "waits_since": moment,
    }
