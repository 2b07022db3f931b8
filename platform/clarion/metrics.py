"""Figures for machines and people: how many signed, what waits to leave, how old it is, whether counts are exact.

All of them are read from the database when somebody asks, so every process of every machine tells the
same, and none costs a signer anything.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flask import Blueprint, Flask, Response, abort, current_app, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.pool import QueuePool

from .campaigns.live import live_campaigns
from .delivery import feedback, mailboxes
from .delivery.models import BOUNCED, COMPLAINED
from .events import EventRow, listening
from .extensions import db, now
from .outbox.models import CAPPED, DUE, NEEDLESS, SENT, Message
from .outbox.service import BLOCKED, LONGEST_WAIT
from .security import access
from .signatures import counting
from .signatures.models import CountDelta, Signature

bp = Blueprint("metrics", __name__)


class BroughtByPlugins(Protocol):
    """The plugins, as far as this module knows them."""

    def figures(self) -> Sequence[Any]:
        """What they count: name, meaning and value."""

    def failures(self) -> Mapping[tuple[str, str], int]:
        """How often each hook failed."""

    def switched_off(self) -> Mapping[tuple[str, str], bool]:
        """Whether each hook is switched off for a while."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at the database."""

    signatures: dict[str, int]
    """Confirmed, by campaign."""
    states: dict[str, int]
    """Signatures by state."""
    messages: dict[tuple[str, str], int]
    """By channel and state; those that are due only later, and were not put off, are `planned`."""
    blocked: dict[str, int]
    """Messages that the other side refused because of us, by lane."""
    oldest_due_seconds: float
    oldest_lease_seconds: float
    suppressed: dict[str, int]
    """Mailboxes that get no mail any more, by reason."""
    feedback_waiting: int
    unfolded: int
    drift: int
    connections: int


def read_figures() -> Figures:
    """Read all figures. Needs an app context."""
    return _read(_whole())


@dataclass(frozen=True, slots=True)
class _Whole:
    """Figures for which every row must be looked at."""

    states: dict[str, int]
    done: dict[tuple[str, str], int]
    drift: int


WHOLE_SECONDS = 600.0
"""How often a scraper makes the database look at every row; the rest is read from indexes each time."""

_DONE = (SENT, NEEDLESS, CAPPED)


def _whole() -> _Whole:
    states = db.session.execute(select(Signature.state, func.count()).group_by(Signature.state)).all()
    return _Whole(
        states={state: n for state, n in states},  # noqa: C416 - rows are no pairs to the type checker
        done=_messages(Message.state.in_(_DONE)),
        drift=sum(abs(n) for n in counting.total_drift().values()),
    )


def _messages(which: ColumnElement[bool]) -> dict[tuple[str, str], int]:
    moment = now()
    # what a mail server put off waits too, but it should have left
    untried = or_(Message.attempt == 0, Message.due_at > moment + 2 * LONGEST_WAIT)
    later = and_(Message.state == DUE, Message.due_at > moment, untried)
    state = case((later, "planned"), else_=Message.state).label("stands")
    rows = db.session.execute(
        select(Message.channel, state, func.count()).where(which).group_by(Message.channel, state)
    )
    return {(channel, state): n for channel, state, n in rows}


def _read(whole: _Whole) -> Figures:
    moment = now()
    counts = counting.all_counts()
    late = select(func.min(Message.due_at)).where(Message.state == DUE, Message.due_at <= moment)
    refused = _messages(and_(Message.state == DUE, Message.last_code.startswith(BLOCKED)))
    oldest_lease = db.session.scalar(select(func.min(Message.lease_until)).where(Message.state == DUE))
    pool = db.engine.pool
    return Figures(
        signatures={live.slug: counts.get(live.id, 0) for live in live_campaigns().all()},
        states=whole.states,
        messages={**whole.done, **_messages(Message.state.not_in(_DONE))},
        blocked={lane: n for (lane, _), n in refused.items()},
        oldest_due_seconds=_age(db.session.scalar(late), moment),
        oldest_lease_seconds=_age(oldest_lease, moment),
        suppressed=dict.fromkeys((BOUNCED, COMPLAINED), 0) | mailboxes.suppressed(),
        feedback_waiting=feedback.waiting(),
        unfolded=db.session.scalar(select(func.count()).select_from(CountDelta)) or 0,
        drift=whole.drift,
        connections=pool.checkedout() if isinstance(pool, QueuePool) else 0,
    )


class _Recent:
    """The figures for which every row must be looked at, as they were a few minutes ago at most."""

    def __init__(self) -> None:
        self._until = 0.0
        self._whole: _Whole | None = None

    def get(self) -> _Whole:
        """Look again if it is time."""
        if self._whole is None or time.monotonic() >= self._until:
            self._whole = _whole()
            self._until = time.monotonic() + WHOLE_SECONDS
        return self._whole


def _age(moment: datetime | None, at: datetime) -> float:
    return max(0.0, (at - moment).total_seconds()) if moment else 0.0


class _FromDatabase(Collector):
    """Turns the figures into Prometheus' form."""

    def __init__(self, recent: _Recent) -> None:
        self._recent = recent

    def collect(self) -> Iterator[Metric]:
        """Read and name them."""
        figures = _read(self._recent.get())
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
        blocked = GaugeMetricFamily("clarion_lane_blocked", "Messages refused because of us.", labels=["channel"])
        for channel, n in figures.blocked.items():
            blocked.add_metric([channel], n)
        yield blocked
        suppressed = GaugeMetricFamily(
            "clarion_suppressed_mailboxes", "Mailboxes that get no mail any more.", labels=["reason"]
        )
        for reason, n in figures.suppressed.items():
            suppressed.add_metric([reason], n)
        yield suppressed
        for name, words, value in (
            (
                "clarion_oldest_due_seconds",
                "For how long the oldest message could have left.",
                figures.oldest_due_seconds,
            ),
            ("clarion_oldest_lease_seconds", "How long ago the oldest lease ran out.", figures.oldest_lease_seconds),
            ("clarion_feedback_waiting", "Bounces and complaints not acted on yet.", figures.feedback_waiting),
            ("clarion_count_steps_unfolded", "Count steps that wait to be folded.", figures.unfolded),
            ("clarion_count_drift", "How far counts are from the signatures; must be 0.", figures.drift),
            ("clarion_database_connections", "Connections in use by the process that answers.", figures.connections),
        ):
            yield GaugeMetricFamily(name, words, value=value)
        yield from _events()
        yield from _from_plugins()


def _events() -> Iterator[Metric]:
    """What happened and a plugin has not taken in yet: a hook that is switched off in a worker shows here."""
    waiting = GaugeMetricFamily("clarion_events", "Events that wait for a plugin.", labels=["plugin"])
    oldest = GaugeMetricFamily(
        "clarion_oldest_event_seconds", "How old the oldest event is that waits for a plugin.", labels=["plugin"]
    )
    moment = now()
    known: dict[str, tuple[int, datetime | None]] = dict.fromkeys(listening(), (0, None))
    here = select(EventRow.plugin, func.count(), func.min(EventRow.happened_at)).where(EventRow.plugin.in_(known))
    grouped = here.group_by(EventRow.plugin)
    known |= {plugin: (n, since) for plugin, n, since in db.session.execute(grouped)}
    for plugin, (n, since) in known.items():
        waiting.add_metric([plugin], n)
        oldest.add_metric([plugin], _age(since, moment))
    yield from (waiting, oldest)


def _from_plugins() -> Iterator[Metric]:
    """What plugins count, and how often each of their hooks failed in the process that answers."""
    plugins: BroughtByPlugins = current_app.extensions["clarion.plugins"]
    for figure in plugins.figures():
        yield GaugeMetricFamily(f"clarion_{figure.name}", figure.meaning, value=figure.value)
    failed = CounterMetricFamily("clarion_plugin_failures", "Times that a hook failed.", labels=["plugin", "hook"])
    for (plugin, hook), n in plugins.failures().items():
        failed.add_metric([plugin, hook], n)
    yield failed
    words = "Whether a hook is switched off for a while."
    off = GaugeMetricFamily("clarion_plugin_off", words, labels=["plugin", "hook"])
    for (plugin, hook), is_off in plugins.switched_off().items():
        off.add_metric([plugin, hook], is_off)
    yield off


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
    registry.register(_FromDatabase(current_app.extensions["clarion.recent_figures"]))
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def init_metrics(app: Flask) -> None:
    """Add the route."""
    app.extensions["clarion.recent_figures"] = _Recent()
    app.register_blueprint(bp)
