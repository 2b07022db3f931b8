"""Finds out what became of what was sent to be done in the background, where no answer tells.

Pages of what was changed there lately show most of it, 25 at a time. Who is not among them is looked for by themselves,
and after some hours told of once more, in the foreground, where the answer says whether it worked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import func, select, update

from clarion.api import db, transaction

from . import pace, settling
from .calls import Answer, Line, NotSent
from .desk import Desk
from .models import CHANNELS, DUE, SEEN, SENT, THERE, TOLD, TRYING, Signer
from .outcomes import Outcome, embedded, identifiers, outcome, person_of
from .plans import Find, identifier, looking_for

PER_PAGE = 25
PAGES = 200
"""Pages in one round; the next one goes on behind them."""

EARLIER = timedelta(minutes=5)
"""By how much we look further back, as clocks differ."""

LATE = timedelta(minutes=10)
"""How much later than it was told something may be done there and still be found in pages; what is not, by itself."""

EVERY = timedelta(minutes=1)
"""From one look through a collection to the next: each costs calls that could bring people."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What is looked through: the signatures of a petition there, or the people of a group."""

    path: str
    rel: str
    campaigns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a collection was looked through that is longer than a round."""

    since: datetime
    begun: datetime
    page: int = 1
    """The next one."""


class Reconciler:
    """Of one application."""

    after = timedelta(minutes=2)
    """How long the background is left alone at first."""
    patience = settling.BACKGROUND

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._looked: dict[tuple[str, str], datetime] = {}
        """When a collection of a group was last looked through to its end."""
        self._walks: dict[tuple[str, str], Walk] = {}

    def work(self, name: str, line: Line, ends: float) -> None:
        """Look for all that a group was told of, as far as the time goes."""
        for collection in self._collections(name):
            self._look_through(name, collection, line, ends)
        while time.monotonic() < ends and (row := self._overdue(name)):
            if not self._look_for(name, row, line, ends):
                return

    def _collections(self, name: str) -> list[Collection]:
        old = self.desk.clock() - self.after
        told = select(Signer.campaign).where(Signer.group_name == name, Signer.state == TOLD, Signer.told_at <= old)
        campaigns, petitions = set(db.session.scalars(told.distinct())), self.desk.groups[name].petitions
        found = [
            Collection(f"/petitions/{petitions[one]}/signatures", "osdi:signatures", (one,))
            for one in sorted(campaigns & petitions.keys())
        ]
        people = tuple(sorted(campaigns - petitions.keys()))
        return [*found, Collection("/people", "osdi:people", people)] if people else found

    def _look_through(self, name: str, collection: Collection, line: Line, ends: float) -> None:
        mine = (Signer.group_name == name, Signer.state == TOLD, Signer.campaign.in_(collection.campaigns))
        since = db.session.scalar(select(func.min(Signer.told_at)).where(*mine))
        begun, place = self.desk.clock(), (name, collection.path)
        looked = self._looked.get(place)
        if since is None or (looked is not None and begun - looked < EVERY):
            return
        if looked is not None:
            since = max(since, looked - LATE)
        # begun anew each time, a round would never come behind those whom it knows, where they are more than it holds
        walk = self._walks.pop(place, None) or Walk(since - EARLIER, begun)
        stamp = walk.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        path = collection.path + "?filter=" + quote(f"modified_date gt '{stamp}'")
        for page in range(walk.page, walk.page + PAGES):
            answer = self._ask(name, f"{path}&per_page={PER_PAGE}&page={page}", line, ends)
            if answer is None:
                self._walks[place] = replace(walk, page=page)
                return
            listed = embedded(answer, collection.rel)
            self._seen(name, dict(_marks(listed)))
            if len(listed) < PER_PAGE:
                self._looked[place] = walk.begun
                return
        self._walks[place] = replace(walk, page=walk.page + PAGES)

    def _seen(self, name: str, found: Mapping[str, str]) -> None:
        """Write down that these are there, with the ids that they have there."""
        if not found:
            return
        with transaction() as session:
            mine = select(Signer).where(Signer.group_name == name, Signer.state == TOLD, Signer.mark.in_(list(found)))
            for row in session.scalars(mine.with_for_update()):
                row.person = found[row.mark] or row.person
                row.state, row.last_code = THERE, "200"
                for channel in CHANNELS:
                    if getattr(row, channel) == SENT:
                        setattr(row, channel, SEEN)

    def _overdue(self, name: str) -> Signer | None:
        query = select(Signer).where(
            Signer.group_name == name, Signer.state == TOLD, Signer.due_at <= self.desk.clock()
        )
        row: Signer | None = db.session.scalar(query.order_by(Signer.due_at).limit(1))
        return row

    def _look_for(self, name: str, row: Signer, line: Line, ends: float) -> bool:
        """Look for one signer; `False` where that could not be done now."""
        mark, told_at = row.mark, row.told_at
        again = {channel: TRYING for channel in CHANNELS if getattr(row, channel) == SENT}
        answer = self._ask(name, looking_for(mark), line, ends)
        if answer is None:
            return False
        people = embedded(answer, "osdi:people")
        if people:
            self._seen(name, {mark: person_of(people[0])})
            return True
        moment = self.desk.clock()
        mine = update(Signer).where(Signer.mark == mark, Signer.state == TOLD)
        given_up = told_at is None or told_at + self.patience <= moment
        with transaction() as session:
            if not given_up:
                session.execute(mine.values(due_at=moment + settling.LOOK))
                return True
            fresh = {"state": DUE, "surely": True, "due_at": moment, "waits_since": moment}
            session.execute(mine.values({**fresh, **again}))
        return True

    def _ask(self, name: str, path: str, line: Line, ends: float) -> Any:
        """What is there, as soon as a call may be made; `None` where it cannot be asked."""
        got: list[Any] = []

        def make() -> Outcome:
            db.session.rollback()
            try:
                answer: Answer | NotSent = line.call("GET", path)
            except NotSent as error:
                answer = error
            if isinstance(answer, Answer) and answer.status == 200:
                got.append(answer.body)
            return outcome(Find(), answer)

        while time.monotonic() < ends:
            came = self.desk.call(name, make)
            if not isinstance(came, pace.Wait):
                return got[0] if got and came is not None and came.kind == "done" else None
            self.desk.sleep(min(came.seconds, max(0.0, ends - time.monotonic())))
        return None


def _marks(listed: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Our marks in a page, and the person that each belongs to."""
    start = identifier("")
    for resource in listed:
        for one in identifiers(resource):
            if one.startswith(start):
                yield one.removeprefix(start).removesuffix("-s"), person_of(resource)
