"""All that a pack rests on, read at one moment: the same signatures give the count, the figures and the names.

They are read in one transaction that sees the database as it was when it began, page by page. Only the names whose
owners allowed it are opened; they go to a file beside the pack, a line each, and are never all in memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from nacl.public import PrivateKey
from sqlalchemy import Connection, Row, func, select

from ..campaigns.live import LiveCampaign
from ..delivery.models import Delivery
from ..domain.names import clean_text, public_name
from ..domain.person import Person
from ..extensions import db, now
from ..sealing import SealBroken, open_sealed
from ..signatures.models import APPROVED, CONFIRMED, Reason, Signature
from .progress import Progress

PAGE = 2000
SHARE = 250
"""Records that one thread opens at a time."""

PACK = "pack"
NO_PLACE = ""


@dataclass(frozen=True, slots=True)
class Since:
    """Where the last pack ended: what it held, a later one may leave out."""

    up_to: int
    unconfirmed: frozenset[int]
    """Signatures up to there that were not confirmed then; they are new if they are now."""
    moment: datetime

    def holds(self, id: int) -> bool:
        """Whether a confirmed signature was in that pack, or in one before it."""
        return id <= self.up_to and id not in self.unconfirmed


class Line(NamedTuple):
    """One name of the list, with what is told beside it."""

    name: str
    language: str
    place: str
    day: str


@dataclass(frozen=True, slots=True)
class Words:
    """An approved reason, with the name its owner chose to show."""

    words: str
    name: str
    language: str


@dataclass(slots=True)
class Snapshot:
    """The figures of one moment, and where the names lie."""

    moment: datetime
    up_to: int
    spool: Path
    total: int = 0
    """All confirmed signatures."""
    new: int = 0
    """Those of them that this pack is about: all, or those since the last one."""
    named: int = 0
    broken: int = 0
    """Records that could not be opened: counted, and listed as nobody."""
    by_language: Counter[str] = field(default_factory=Counter)
    by_place: Counter[str] = field(default_factory=Counter)
    """By district where the campaign has them, else by area; empty for those of whom it is not known."""
    letters: set[str] = field(default_factory=set)
    """Every character of the names and reasons, for which a font must be there."""
    reasons: list[Words] = field(default_factory=list)
    unconfirmed: list[int] = field(default_factory=list)

    @property
    def nameless(self) -> int:
        """Those of the pack who did not allow their name to be shown."""
        return self.new - self.named

    def lines(self) -> Iterator[Line]:
        """The names, in the order in which they signed."""
        with self.spool.open(encoding="utf-8") as file:
            for line in file:
                yield Line(*json.loads(line))


class Forecast(NamedTuple):
    """What a pack would hold, told without opening anything."""

    total: int
    new: int
    named: int


@contextmanager
def one_moment() -> Iterator[Connection]:
    """A connection on which every question sees the database as it was at the first one."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def last_pack(campaign_id: int) -> Since | None:
    """Where the last pack of a campaign ended, if there was one."""
    query = select(Delivery).filter_by(campaign_id=campaign_id, kind=PACK).order_by(Delivery.id.desc()).limit(1)
    row = db.session.scalars(query).first()
    if row is None:
        return None
    told = json.loads(row.content or "{}")
    return Since(row.up_to, frozenset(told.get("unconfirmed", ())), row.created_at)


def forecast(live: LiveCampaign, since: Since | None) -> Forecast:
    """How many signatures and names a pack would hold now."""
    found = Forecast(0, 0, 0)
    with one_moment() as connection:
        query = select(Signature.id, Signature.show_name)
        for page in _pages(connection, query, live.id, _span(connection, live.id)):
            fresh = [row for row in page if since is None or not since.holds(row.id)]
            found = Forecast(
                found.total + len(page), found.new + len(fresh), found.named + sum(row.show_name for row in fresh)
            )
    return found


def take(live: LiveCampaign, key: PrivateKey, since: Since | None, spool: Path, progress: Progress) -> Snapshot:
    """Read all there is to hand over. Raises nothing for a single record that is broken: it counts, without a name."""
    with one_moment() as connection:
        of, span = Signature, _span(connection, live.id)
        snapshot = Snapshot(moment=now(), up_to=span[1], spool=spool)
        query = select(of.id, of.language, of.area, of.show_name, of.signed_at, of.sealed)
        confirmed = select(func.count()).where(of.campaign_id == live.id, of.state == CONFIRMED)
        length = connection.scalar(confirmed) or 0
        reader = _Reader(live, key, since, snapshot)
        with (
            spool.open("w", encoding="utf-8") as file,
            ThreadPoolExecutor() as pool,
            progress("reading signatures", length) as step,
        ):
            for page in _pages(connection, query, live.id, span):
                file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in reader.read(page, pool))
                step(len(page))
        snapshot.unconfirmed = _unconfirmed(connection, live.id, snapshot.up_to)
        snapshot.reasons = _reasons(connection, live.id, snapshot.up_to)
    for one in snapshot.reasons:
        snapshot.letters.update(one.words, one.name)
    return snapshot


def _span(connection: Connection, campaign_id: int) -> tuple[int, int]:
    """The first and the last number of a campaign's signatures."""
    query = select(func.min(Signature.id), func.max(Signature.id)).where(Signature.campaign_id == campaign_id)
    first, last = connection.execute(query).one()
    return first or 1, last or 0


def _pages(connection: Connection, query: Any, campaign_id: int, span: tuple[int, int]) -> Iterator[Sequence[Row[Any]]]:
    """The confirmed signatures of a campaign, a stretch of numbers at a time."""
    of, (first, last) = Signature, span
    # a sum is in no index: left to choose, SQLite finds the campaign by its own and sorts all of it for each page
    query = query.where(of.campaign_id + 0 == campaign_id, of.state == CONFIRMED).order_by(of.id)
    for start in range(first, last + 1, PAGE):
        rows = connection.execute(query.where(of.id >= start, of.id < min(start + PAGE, last + 1))).all()
        if rows:
            yield rows


class _Reader:
    """Turns rows into lines and figures; opens a record only where something of it is needed."""

    def __init__(self, live: LiveCampaign, key: PrivateKey, since: Since | None, snapshot: Snapshot) -> None:
        self.campaign = live.campaign
        self.zone = ZoneInfo(live.campaign.time_zone)
        self.key, self.since, self.snapshot = key, since, snapshot

    def read(self, page: Sequence[Row[Any]], pool: Executor) -> Iterator[Line]:
        """Count a page of signatures; the lines of those that are new and whose owners show their names."""
        shares = [page[at : at + SHARE] for at in range(0, len(page), SHARE)]
        # the seal is opened outside of Python's lock, so each core takes its share
        for share, people in zip(shares, pool.map(self._people, shares), strict=True):
            for row, person in zip(share, people, strict=True):
                if line := self._line(row, person):
                    yield line

    def _people(self, rows: Sequence[Row[Any]]) -> list[Person | None]:
        return [self._open(row.sealed) if self.campaign.districts or self._is_listed(row) else None for row in rows]

    def _open(self, sealed: bytes) -> Person | None:
        try:
            return Person.from_details(open_sealed(self.key, sealed))
        except SealBroken:
            return None

    def _is_fresh(self, row: Row[Any]) -> bool:
        return self.since is None or not self.since.holds(row.id)

    def _is_listed(self, row: Row[Any]) -> bool:
        return bool(row.show_name) and self._is_fresh(row)

    def _line(self, row: Row[Any], person: Person | None) -> Line | None:
        found, listed = self.snapshot, self._is_listed(row)
        place = self._district(person) if self.campaign.districts else row.area
        found.total += 1
        found.new += self._is_fresh(row)
        found.broken += person is None and (listed or bool(self.campaign.districts))
        found.by_language[row.language] += 1
        found.by_place[place] += 1
        name = " ".join(clean_text(public_name(person.name)).split()) if listed and person and person.name else ""
        if not name:
            return None
        found.named += 1
        found.letters.update(name)
        return Line(name, row.language, place, row.signed_at.astimezone(self.zone).date().isoformat())

    def _district(self, person: Person | None) -> str:
        return self.campaign.district_of(person.postal_code) if person else NO_PLACE


def _unconfirmed(connection: Connection, campaign_id: int, up_to: int) -> list[int]:
    of = Signature
    query = select(of.id).where(of.campaign_id == campaign_id, of.state != CONFIRMED, of.id <= up_to)
    return list(connection.scalars(query.order_by(of.id)))


def _reasons(connection: Connection, campaign_id: int, up_to: int) -> list[Words]:
    """The approved reasons of those who are counted."""
    query = (
        select(Reason.words, Reason.name, Reason.language)
        .join(Signature, Signature.id == Reason.signature_id)
        .where(Reason.campaign_id == campaign_id, Reason.state == APPROVED)
        .where(Signature.state == CONFIRMED, Signature.id <= up_to)
        .order_by(Reason.id)
    )
    return [Words(clean_text(words), clean_text(name), language) for words, name, language in connection.execute(query)]
