"""Work that is done again and again by one of all workers: whoever moves its next date does it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from ..extensions import insert_if_new, now, transaction
from .models import Chore


def take(name: str, every: float) -> bool:
    """Whether this worker does the chore now. The date moves first, so a worker that dies costs one turn."""
    moment = now()
    with transaction() as session:
        session.execute(insert_if_new(Chore).values(name=name, due_at=moment))
        due = update(Chore).where(Chore.name == name, Chore.due_at <= moment)
        return bool(session.execute(due.values(due_at=moment + timedelta(seconds=every))).rowcount)  # type: ignore[attr-defined]
