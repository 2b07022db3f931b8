"""What happened, written in the transaction that made it happen, for plugins that want to know.

One row for each plugin that listens, so that one that fails keeps nobody else waiting. Where nobody listens nothing
is written. A row names ids only: who may learn more is asked when it is passed on (rule 15).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from flask import current_app
from sqlalchemy import Connection, ForeignKey, Index, String, Text, delete, insert, text
from sqlalchemy.orm import Mapped, mapped_column

from .extensions import NEVER_REUSED, BigId, Moment, Transaction, db, now, transaction

KINDS = (
    "signature.confirmed",
    "signature.withdrawn",
    "consent.given",
    "consent.withdrawn",
    "campaign.published",
    "campaign.closed",
    "delivery.sent",
)


class EventRow(db.Model):  # type: ignore[name-defined,misc]
    """Something that happened and that one plugin has not taken in yet; it goes when it has."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_next", "plugin", "due_at", "id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plugin: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(40))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id", ondelete="CASCADE"), index=True)
    organisation: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    channel: Mapped[str] = mapped_column(String(20), default="", server_default=text("''"))
    detail: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """JSON; figures and names of things, never of a person. What ended (`signature.withdrawn`, `consent.withdrawn`) has
    the number of the signature here instead: whoever learnt of a person must hear of the end even if it was erased."""
    happened_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    """When it is passed on, or tried again after the plugin failed."""
    failures: Mapped[int] = mapped_column(default=0, server_default="0")


Detail = dict[str, str | int | list[str]]


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened."""

    kind: str
    campaign_id: int
    signature_id: int | None = None
    organisation: str = ""
    channel: str = ""
    detail: str = ""

    @classmethod
    def ended(cls, kind: str, campaign_id: int, signature_id: int, **more: str | list[str]) -> Self:
        """Something of a signature that is over; told even if the signature is erased before it is passed on."""
        organisation, channel = str(more.pop("organisation", "")), str(more.pop("channel", ""))
        detail: Detail = {"signature": signature_id, **more}
        return cls(kind, campaign_id, None, organisation, channel, json.dumps(detail))


UNHEARD = timedelta(days=30)
"""How long what happened is kept for a plugin that is not on: it may be back tomorrow."""


def forget_unheard() -> int:
    """Delete what plugins would have been told that are not on any more; how much."""
    with transaction() as session:
        unheard = delete(EventRow).where(EventRow.plugin.not_in(listening()), EventRow.happened_at < now() - UNHEARD)
        return int(session.execute(unheard).rowcount)  # type: ignore[attr-defined]


def listening() -> tuple[str, ...]:
    """The plugins that want to know; where there is none, nobody need find out what to tell."""
    listeners: tuple[str, ...] = current_app.extensions.get("clarion.listeners", ())
    return listeners


def tell(session: Transaction | Connection, happened: Sequence[Happened]) -> None:
    """Write down what happened, in the caller's transaction, once for each plugin that listens."""
    listeners = listening()
    if not listeners or not happened:
        return
    moment = now()
    rows = [
        {
            "plugin": plugin,
            "kind": one.kind,
            "campaign_id": one.campaign_id,
            "signature_id": one.signature_id,
            "organisation": one.organisation,
            "channel": one.channel,
            "detail": one.detail,
            "happened_at": moment,
            "due_at": moment,
            "failures": 0,
        }
        for one in happened
        for plugin in listeners
    ]
    session.execute(insert(EventRow.__table__), rows)
