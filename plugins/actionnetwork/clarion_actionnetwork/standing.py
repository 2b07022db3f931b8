"""How far each group is: for the command, and in all for `/metrics`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from clarion.api import Figure, db, transaction

from . import pace
from .groups import Group
from .models import DUE, FAILED, THERE, TOLD, KeyRow, Signer


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one group stands."""

    there: int
    waiting: int
    told: int
    failed: dict[str, int]
    """How many, by the reason."""
    oldest: float
    """Seconds since when the oldest waits."""
    stopped: bool
    last_code: str
    last_at: datetime | None


def standings(groups: Mapping[str, Group], moment: datetime) -> dict[str, Standing]:
    """Where the groups stand."""
    grouped = select(Signer.group_name, Signer.state, func.count()).group_by(Signer.group_name, Signer.state)
    counts = {(name, state): n for name, state, n in db.session.execute(grouped)}
    waiting = select(Signer.group_name, func.min(Signer.waits_since).label("first")).where(Signer.state == DUE)
    since = {row.group_name: row.first for row in db.session.execute(waiting.group_by(Signer.group_name))}
    reasons = select(Signer.group_name, Signer.last_code, func.count()).where(Signer.state == FAILED)
    failed: dict[str, dict[str, int]] = {}
    for name, code, n in db.session.execute(reasons.group_by(Signer.group_name, Signer.last_code)):
        failed.setdefault(name, {})[code] = n
    keys = {row.mark: row for row in db.session.scalars(select(KeyRow))}
    return {
        name: Standing(
            there=counts.get((name, THERE), 0),
            waiting=counts.get((name, DUE), 0),
            told=counts.get((name, TOLD), 0),
            failed=failed.get(name, {}),
            oldest=max(0.0, (moment - since[name]).total_seconds()) if name in since else 0.0,
            stopped=(key := keys.get(group.mark)) is not None and key.stopped_at is not None,
            last_code=key.last_code if key else "",
            last_at=key.last_at if key else None,
        )
        for name, group in groups.items()
    }


def figures(groups: Mapping[str, Group], moment: datetime) -> list[Figure]:
    """The same of all groups together."""
    all_of_them = list(standings(groups, moment).values())
    return [
        Figure("waiting", "Signers that wait to be told of.", sum(one.waiting for one in all_of_them)),
        Figure("oldest_seconds", "How long the oldest of them waits.", max((o.oldest for o in all_of_them), default=0)),
        Figure("told", "Signers told of in the background, not seen there yet.", sum(o.told for o in all_of_them)),
        Figure("failed", "Signers that were given up.", sum(sum(one.failed.values()) for one in all_of_them)),
        Figure("stopped", "Groups whose key is refused.", sum(one.stopped for one in all_of_them)),
    ]


def retry(name: str, group: Group, moment: datetime) -> int:
    """Make all that failed due again and let a key go on that was refused; how many are due again."""
    fresh = {"state": DUE, "attempt": 0, "crashes": 0, "trying": False, "due_at": moment}
    failed = update(Signer).where(Signer.group_name == name, Signer.state == FAILED)
    with transaction() as session:
        pace.start_again(session, group, moment)
        done = session.execute(failed.values({**fresh, "turn": Signer.turn + 1, "waits_since": moment}))
        return int(done.rowcount)  # type: ignore[attr-defined]
