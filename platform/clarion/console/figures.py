"""One campaign at a glance, and its figures: over time, and what its count is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask import Blueprint, redirect, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response as AnyResponse

from ..campaigns.live import LiveCampaign, live_campaigns, organisation_name
from ..domain.areas import SMALL_AREA
from ..extensions import now
from ..i18n import format_number
from ..signatures import counting, reasons
from .campaigns import about, known
from .charts import Chart, bars, shares
from .guard import allowed, rule, show
from .words import language_called, source_words

bp = Blueprint("figures", __name__, url_prefix="/staff/campaigns/<slug:slug>")

HOURS = 48
DAYS, WEEKS = 60, 7
"""Days that are shown one by one; a longer campaign is shown by weeks."""


@bp.get("")
@rule("campaigns.see")
def overview(slug: str) -> AnyResponse:
    """One campaign at a glance."""
    live = live_campaigns().get(slug)
    if live is None:
        return redirect(url_for("texts.edit", slug=slug), 303)
    steps, zone = counting.by_hour(live.id), ZoneInfo(live.campaign.time_zone)
    return show(
        "campaign.html",
        here="overview",
        total=counting.all_counts().get(live.id, 0),
        this_hour=dict(steps).get(counting.this_hour(), 0),
        lately=_lately(steps, zone),
        waiting=reasons.how_many_wait(live.id) if allowed("reasons.moderate", slug=slug) else 0,
        **about(live),
    )


@bp.get("/figures")
@rule("figures.see")
def figures(slug: str) -> AnyResponse:
    """All figures of a campaign on one page."""
    live = known(slug)
    steps, breakdown = counting.by_hour(live.id), counting.breakdown(live.id)
    zone = ZoneInfo(live.campaign.time_zone)
    areas = [*breakdown.by_area]
    for words, n in (
        (gettext("Smaller areas, together"), breakdown.small_areas),
        (gettext("No postal code"), breakdown.area_unknown),
    ):
        if n:
            areas.append((words, n))
    groups = [
        (gettext("By language"), [(language_called(code), n) for code, n in breakdown.by_language]),
        (gettext("Where they came from"), [(source_words(name), n) for name, n in breakdown.by_source]),
        (gettext("By organization"), [(organisation_name(one), n) for one, n in breakdown.by_organisation]),
        (gettext("Who brought them, with all who came by their links"), _named(breakdown.by_brought)),
        (gettext("Of these by a share link"), _named(breakdown.by_share)),
        (gettext("By area"), areas),
    ]
    return show(
        "figures.html",
        here="figures",
        breakdown=breakdown,
        lately=_lately(steps, zone),
        over_time=_over_time(live, steps, zone),
        groups=[(words, rows, shares(rows, format_number)) for words, rows in groups if rows],
        small=SMALL_AREA,
        waiting=0,
        **about(live),
    )


def _named(rows: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(organisation_name(one), n) for one, n in rows]


def _lately(steps: Sequence[tuple[int, int]], zone: ZoneInfo) -> Chart:
    last, numbers = counting.this_hour(), dict(steps)
    points = [(_hour_words(hour, zone), numbers.get(hour, 0)) for hour in range(last - HOURS + 1, last + 1)]
    return bars(points, gettext("Signatures an hour, the last two days"), format_number)


def _hour_words(hour: int, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(hour * 3600, UTC).astimezone(zone)
    day = format_date(moment.date(), "EEE", locale=get_locale())
    return f"{day} {format_time(moment.time(), 'short', locale=get_locale())}"


def _over_time(live: LiveCampaign, steps: Sequence[tuple[int, int]], zone: ZoneInfo) -> Chart:
    """By day; by week where there would be very many bars."""
    today = now().astimezone(zone).date()
    numbers: Counter[int] = Counter()
    for hour, n in steps:
        numbers[datetime.fromtimestamp(hour * 3600, UTC).astimezone(zone).date().toordinal()] += n
    first = min([*numbers, today.toordinal()])
    if today.toordinal() - first < DAYS:
        days = range(first, today.toordinal() + 1)
        points = [(_day_words(day), numbers[day]) for day in days]
        return bars(points, gettext("Signatures a day"), format_number)
    weeks: Counter[int] = Counter()
    for day, n in numbers.items():
        weeks[day - (day - 1) % WEEKS] += n
    mondays = range(first - (first - 1) % WEEKS, today.toordinal() + 1, WEEKS)
    return bars([(_day_words(day), weeks[day]) for day in mondays], gettext("Signatures a week"), format_number)


def _day_words(day: int) -> str:
    return str(format_date(date.fromordinal(day), "MMM d", locale=get_locale()))
