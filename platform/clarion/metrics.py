"""Figures for machines and people: how many signed, what waits to leave, how old it is, whether counts are exact.

All of them are read from the database when somebody asks, so every process of every machine tells the
same, and none costs a signer anything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Flask, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.pool import QueuePool

from .campaigns.live import live_campaigns
from .extensions import db, now
from .outbox.models import DUE, Message
from .security import access
from .signatures import counting
from .signatures.models import CountDelta, Signature

bp = Blueprint("metrics", __name__)


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at the database."""

    signatures: dict[str, int]
    """Confirmed, by campaign."""
    states: dict[str, int]
    """Signatures by state."""
    messages: dict[tuple[str, str], int]
    """By channel and state."""
    oldest_due_seconds: float
    oldest_lease_seconds: float
    unfolded: int
    drift: int
    connections: int


def read_figures() -> Figures:
    """Read all figures. Needs an app context."""
    moment = now()
    counts = counting.all_counts()
    states = db.session.execute(select(Signature.state, func.count()).group_by(Signature.state)).all()
    by_state = select(Message.channel, Message.state, func.count()).group_by(Message.channel, Message.state)
    oldest_due = db.session.scalar(select(func.min(Message.due_at)).where(Message.state == DUE))
    oldest_lease = db.session.scalar(select(func.min(Message.lease_until)).where(Message.state == DUE))
    pool = db.engine.pool
    return Figures(
        signatures={live.slug: counts.get(live.id, 0) for live in live_campaigns().all()},
        states={state: n for state, n in states},  # noqa: C416 - rows are no pairs to the type checker
        messages={(channel, state): n for channel, state, n in db.session.execute(by_state)},
        oldest_due_seconds=_age(oldest_due, moment),
        oldest_lease_seconds=_age(oldest_lease, moment),
        unfolded=db.session.scalar(select(func.count()).select_from(CountDelta)) or 0,
        drift=sum(abs(n) for n in counting.drift().values()),
        connections=pool.checkedout() if isinstance(pool, QueuePool) else 0,
    )


def _age(moment: datetime | None, at: datetime) -> float:
    return max(0.0, (at - moment).total_seconds()) if moment else 0.0


class _FromDatabase(Collector):
    """Turns the figures into Prometheus' form."""

    def collect(self) -> Iterator[Metric]:
        """Read and name them."""
        figures = read_figures()
        signatures = GaugeMetricFamily("clarion_signatures", "Confirmed signatures.", labels=["campaign"])
        for slug, n in figures.signatures.items():
            signatures.add_metric([slug], n)
        yield signatures
        states = GaugeMetricFamily("clarion_signatures_by_state", "Signatures by state.", labels=["state"])
        for state, n in figures.states.items():
            states.add_metric([state], n)
        yield states
        messages = GaugeMetricFamily("clarion_messages", "Messages in the outbox.", labels=["channel", "state"])
        for (channel, state), n in figures.messages.items():
            messages.add_metric([channel, state], n)
        yield messages
        for name, words, value in (
            ("clarion_oldest_due_seconds", "How long the oldest message has waited.", figures.oldest_due_seconds),
            ("clarion_oldest_lease_seconds", "How long ago the oldest lease ran out.", figures.oldest_lease_seconds),
            ("clarion_count_steps_unfolded", "Count steps that wait to be folded.", figures.unfolded),
            ("clarion_count_drift", "How far counts are from the signatures; must be 0.", figures.drift),
            ("clarion_database_connections", "Connections in use by the process that answers.", figures.connections),
        ):
            yield GaugeMetricFamily(name, words, value=value)


@bp.get("/metrics")
@access("machine")
def metrics() -> Response:
    """The figures for Prometheus; for callers in the own network only."""
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        near = False
    if not near:
        abort(404)
    registry = CollectorRegistry()
    registry.register(_FromDatabase())
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def init_metrics(app: Flask) -> None:
    """Add the route."""
    app.register_blueprint(bp)
