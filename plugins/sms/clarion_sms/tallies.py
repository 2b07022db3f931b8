"""Caps: what is sent and spent on a day, by all and by one campaign, and how many texts go to numbers that begin alike.

What a text costs is put aside before it is handed over and given back where it surely was not taken: whatever dies in
between, no cap is ever passed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from clarion.api import Blocked, NotYet, Refused, Text, insert_if_new, log, number_index, transaction

from .models import Tally
from .numbers import prefix
from .settings import SmsSettings

MICROS = 1_000_000
ASKED_A_WEEK = 2
"""Questions to one phone whether a number typed on the web is its own, whoever types it however often."""

BY_STRANGERS = ("confirm", "again", "number")
"""Kinds of texts that somebody else than the phone's owner can cause, by typing a number."""


@dataclass(frozen=True, slots=True)
class Cap:
    """One limit, for one text."""

    scope: str
    ends_at: datetime
    texts: int = 0
    """At most; 0 for no limit."""
    micros: int = 0


def caps(settings: SmsSettings, text: Text, moment: datetime) -> list[Cap]:
    """The limits that a text comes under."""
    day, hour = f"{moment:%Y-%m-%d}", f"{moment:%Y-%m-%dT%H}"
    tomorrow = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found = [Cap(f"all {day}", tomorrow, settings.a_day, round(settings.dollars_a_day * MICROS))]
    if settings.dollars_a_day_campaign:
        micros = round(settings.dollars_a_day_campaign * MICROS)
        found.append(Cap(f"campaign:{text.campaign} {day}", tomorrow, 0, micros))
    if text.name.partition("-")[0] in BY_STRANGERS:
        next_hour = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        found.append(Cap(f"prefix:{prefix(text.recipient)} {hour}", next_hour, settings.prefix_an_hour))
    if text.name.partition("-")[0] == "number":
        week = f"{moment:%G-%V}"
        mark = hashlib.sha256(number_index(text.recipient)).hexdigest()[:24]
        found.append(Cap(f"asked:{mark} {week}", moment + timedelta(days=7), ASKED_A_WEEK))
    return found


def put_aside(limits: Sequence[Cap], micros: int, moment: datetime) -> None:
    """Count a text against all of its limits, or against none.

    Raises `NotYet` where the campaign's texts wait or too many begin alike, `Refused` where a phone was asked often
    enough, `Blocked` where all stops.
    """
    with transaction() as session:
        full = next((cap for cap in limits if not _add(session, cap, micros)), None)
        if full is not None:
            session.rollback()
    if full is not None:
        _refuse(full, moment)


def give_back(limits: Sequence[Cap], micros: int) -> None:
    """Count it no longer: it surely was not taken."""
    with transaction() as session:
        for cap in limits:
            mine = update(Tally).where(Tally.scope == cap.scope)
            session.execute(mine.values(texts=Tally.texts - 1, micros=Tally.micros - micros))


def forget(moment: datetime) -> None:
    """Delete the tallies of days and hours that are over."""
    with transaction() as session:
        session.execute(delete(Tally).where(Tally.ends_at < moment))


def _add(session: Any, cap: Cap, micros: int) -> bool:
    session.execute(insert_if_new(Tally).values(scope=cap.scope, texts=0, micros=0, told=False, ends_at=cap.ends_at))
    within = [Tally.scope == cap.scope]
    if cap.texts:
        within.append(Tally.texts < cap.texts)
    if cap.micros:
        within.append(Tally.micros + micros <= cap.micros)
    counted = update(Tally).where(*within).values(texts=Tally.texts + 1, micros=Tally.micros + micros)
    return bool(session.execute(counted).rowcount)


def _refuse(cap: Cap, moment: datetime) -> None:
    kind = cap.scope.partition(":")[0].partition(" ")[0]
    if kind == "prefix":
        raise NotYet("too many to one prefix", cap.ends_at)
    if kind == "asked":
        raise Refused("asked before")
    if _is_news(cap):
        log.error("text cap reached", kind=kind, detail=cap.scope.partition(" ")[0])
    if kind == "campaign":
        # its texts wait as long as that takes, and leave soon after somebody has raised the cap
        raise NotYet("campaign cap")
    raise Blocked("day cap", cap.ends_at - moment)


def _is_news(cap: Cap) -> bool:
    """Whether nobody was told yet that it is reached."""
    with transaction() as session:
        untold = update(Tally).where(Tally.scope == cap.scope, Tally.told.is_(False))
        return bool(session.execute(untold.values(told=True)).rowcount)  # type: ignore[attr-defined]
