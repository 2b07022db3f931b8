"""The campaigns that somebody may see, and what is going on in each."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from ..campaigns import sources
from ..campaigns.live import LiveCampaign, live_campaigns
from ..extensions import now
from ..signatures import counting, reasons
from ..signatures.models import APPROVED, HIDDEN, WAITING
from .guard import allowed, rule, sees_campaign, show
from .words import state_words

bp = Blueprint("campaigns", __name__, url_prefix="/staff")

STATES = (WAITING, APPROVED, HIDDEN)


@bp.get("/")
@rule("oneself")
def listed() -> AnyResponse:
    """The campaigns, the newest first; those that were saved and never published before them."""
    published = [live for live in live_campaigns().all() if sees_campaign(live.slug)]
    there = {live.slug for live in published}
    drafts = [slug for slug in sources.slugs() if slug not in there and sees_campaign(slug)]
    counts = counting.all_counts()
    mine = [live for live in published if allowed("reasons.moderate", slug=live.slug)]
    waiting = {live.id: reasons.how_many_wait(live.id) for live in mine}
    return show(
        "campaigns.html",
        campaigns=published,
        drafts=[source for slug in drafts if (source := sources.latest(slug))],
        counts=counts,
        waiting=waiting,
        moment=now(),
        states=state_words(),
        panels=current_app.extensions["clarion.panels"] if g.staff.admin else [],
    )


@bp.get("/campaigns/<slug:slug>/reasons")
@rule("reasons.moderate")
def read(slug: str) -> AnyResponse:
    """The reasons that wait, the oldest first; or those that were decided on."""
    live = known(slug)
    state = request.args.get("state", WAITING)
    if state not in STATES:
        abort(404)
    page = max(1, request.args.get("page", 1, type=int))
    found = reasons.page(live.id, state, page)
    waiting = reasons.how_many_wait(live.id)
    return show("reasons.html", here="reasons", chosen=state, page=page, found=found, waiting=waiting, **about(live))


@bp.post("/campaigns/<slug:slug>/reasons")
@rule("reasons.moderate")
def decide(slug: str) -> AnyResponse:
    """Show or hide the ticked ones, or take such a decision back."""
    live = known(slug)
    back, state = request.form.get("back", WAITING), request.form.get("state", "")
    if state not in STATES or back not in STATES:
        abort(400)
    ids = {int(one) for one in request.form.getlist("reason") if one.isascii() and one.isdecimal() and len(one) < 16}
    decided = [one for one in sorted(ids)[: reasons.PAGE] if reasons.moderate(live.id, one, state)]
    undo = ",".join(map(str, decided))
    return redirect(url_for(".read", slug=slug, state=back, done=state, ids=undo), 303)


def known(slug: str) -> LiveCampaign:
    """The campaign; whoever comes here may see it."""
    live = live_campaigns().get(slug)
    if live is None:
        abort(404)
    return live


def about(live: LiveCampaign) -> dict[str, Any]:
    """What the frame of a campaign's pages shows."""
    campaign = live.campaign
    state = campaign.state(now())
    return {
        "live": live,
        "slug": live.slug,
        "campaign": campaign,
        "title": campaign.texts[campaign.languages[0]].title,
        "state": state,
        "state_word": state_words().get(state, state),
        "done_words": done_words(),
        "undo_ids": undo_ids,
    }


def done_words() -> str:
    """What was done a moment ago, with its number."""
    done, ids = request.args.get("done", ""), undo_ids()
    if done not in STATES or not ids:
        return ""
    n = len(ids)
    words = {
        APPROVED: ngettext("%(num)s reason is shown now.", "%(num)s reasons are shown now.", n),
        HIDDEN: ngettext("%(num)s reason is hidden now.", "%(num)s reasons are hidden now.", n),
        WAITING: ngettext("%(num)s reason waits again.", "%(num)s reasons wait again.", n),
    }
    return str(words[done])


def undo_ids() -> list[int]:
    """Which reasons that was."""
    parts = request.args.get("ids", "")[:2000].split(",")
    return [int(one) for one in parts if one.isascii() and one.isdecimal() and len(one) < 16]
