"""The figures that recipients are told: totals, and by district where small ones are put together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import select

from ..campaigns.live import LiveCampaign
from ..domain.areas import hide_small
from ..extensions import db
from ..signatures.models import APPROVED, CONFIRMED, Reason, Signature
from ..signatures.reading import in_order
from .districts import home_of

PAGE = 2000
REASONS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """What a milestone or a digest tells; JSON keeps it as it was then."""

    count: int
    new: int = 0
    """Since the digest before."""
    districts: tuple[tuple[str, int], ...] = ()
    elsewhere: int = 0
    """The signers of all other districts together, and of none that is known."""
    reasons: tuple[int, ...] = ()
    """The numbers of newly approved reasons. What they say is read when a mail leaves, and is nowhere else: who erases
    theirs takes it from here too."""

    def to_json(self) -> str:
        """The figures as a delivery keeps them."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, source: str) -> Figures:
        """The figures that a delivery kept."""
        raw = json.loads(source)
        pairs = tuple((str(name), int(n)) for name, n in raw.pop("districts"))
        return cls(districts=pairs, reasons=tuple(raw.pop("reasons")), **raw)


def figures(live: LiveCampaign, count: int, *, before: int = 0, told: Collection[int] = ()) -> Figures:
    """The figures of this moment; `before` is the last digest's count, `told` are reasons that earlier ones held."""
    by_district = Counter(_districts(live)) if live.campaign.districts else Counter[str]()
    unknown = by_district.pop("", 0)
    fit = hide_small(by_district)
    approved = (
        select(Reason.id)
        .join(Signature, Signature.id == Reason.signature_id)
        .where(Reason.campaign_id == live.id, Reason.state == APPROVED, Signature.state == CONFIRMED)
    )
    new = [id for id in db.session.scalars(approved.order_by(Reason.id.desc())) if id not in told]
    return Figures(
        count=count,
        new=count - before,
        districts=fit.shown,
        elsewhere=fit.hidden + unknown if fit.shown else 0,
        reasons=tuple(reversed(new[:REASONS])),
    )


def said(ids: Collection[int]) -> list[tuple[str, str, str]]:
    """The words of reasons, the name that was chosen to be shown and the language, as far as they may be shown now."""
    query = select(Reason.words, Reason.name, Reason.language).join(Signature, Signature.id == Reason.signature_id)
    shown = query.where(Reason.id.in_(ids), Reason.state == APPROVED, Signature.state == CONFIRMED)
    return [(words, name, code) for words, name, code in db.session.execute(shown.order_by(Reason.id))]


def _districts(live: LiveCampaign) -> Iterator[str]:
    """The district of each confirmed signer, empty where it is not known."""
    query = select(Signature.id, Signature.sealed).where(Signature.state == CONFIRMED)
    for rows in in_order(query, live.id, page=PAGE):
        yield from (home_of(live, row.sealed) for row in rows)
