"""Reading the signatures of a campaign from the first to the last, however many there are, and holding nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from ..extensions import db
from .models import Signature

STRETCH = 20_000
"""Numbers that one question looks at: where few of them are wanted it takes no longer than where many are."""


def belongs_to(campaign_id: int) -> ColumnElement[bool]:
    """Whether a signature is one of a campaign's, for questions that go by its number.

    A sum is in no index: left to choose, SQLite finds the campaign by its own and sorts all of it for each page.
    """
    return Signature.campaign_id + 0 == campaign_id


def in_order(
    query: Select[*tuple[Any, ...]], campaign_id: int, *, page: int, after: int = 0
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """What a question about signatures finds beyond a number, page by page in the order of their numbers.

    The question names `Signature.id` among its columns. No transaction is open while a page is in the caller's hands.
    """
    newest = db.session.scalar(select(func.max(Signature.id))) or 0
    query = query.where(belongs_to(campaign_id)).order_by(Signature.id).limit(page)
    while after < newest:
        end = min(after + STRETCH, newest)
        rows = db.session.execute(query.where(Signature.id > after, Signature.id <= end)).all()
        db.session.commit()
        after = rows[-1].id if len(rows) == page else end
        if rows:
            yield rows
