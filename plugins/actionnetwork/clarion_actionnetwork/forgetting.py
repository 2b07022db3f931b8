"""Forgets, without a word to Action Network, whose signature is not here any more, as after a campaign's end.

Who takes their yes back is told of at once, by what happened. Where nothing happened and nobody is shared any more, the
petition's time is over: the organisation keeps its people by their yes to it, and nothing here leads to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from clarion.api import db, known_to, transaction

from .groups import Group
from .models import THERE, Signer

PAGE = 500

MISSING = timedelta(days=7)
"""How long a signature is missing before it is forgotten: what happened to it may still be on its way."""


def forget(groups: Mapping[str, Group], moment: datetime) -> None:
    """Look at all that is there, a page at a time."""
    for name, group in groups.items():
        reached = 0
        while page := _page(name, reached):
            reached = max(page)
            numbers = set(page.values())
            known = known_to(group.organisation, among=numbers, most=PAGE)
            here = [id for id, number in page.items() if number in known]
            missing = [id for id, number in page.items() if number not in known]
            with transaction() as session:
                still = Signer.state == THERE
                back = update(Signer).where(Signer.id.in_(here), Signer.missing_since.is_not(None), still)
                session.execute(back.values(missing_since=None))
                gone = delete(Signer).where(Signer.id.in_(missing), Signer.missing_since < moment - MISSING, still)
                session.execute(gone)
                new = update(Signer).where(Signer.id.in_(missing), Signer.missing_since.is_(None), still)
                session.execute(new.values(missing_since=moment))


def _page(name: str, reached: int) -> dict[int, int]:
    """Rows and their signatures."""
    query = select(Signer.id, Signer.signature).where(
        Signer.group_name == name, Signer.state == THERE, Signer.id > reached
    )
    return {row.id: row.signature for row in db.session.execute(query.order_by(Signer.id).limit(PAGE))}
