"""The small pages around signing: the list of campaigns, and the steps from the form to the count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, render_template, url_for
from flask_babel import force_locale
from markupsafe import Markup
from wtforms import Form, StringField

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain.arrivals import NOTHING, Arrival
from ..extensions import now
from ..security import allow_inline_style
from ..signatures.sharecodes import Shared
from .arriving import brought
from .confirming import boxes, reference_in
from .pulse import pulse
from .render import campaign_context, language_choices, language_named, links
from .theme import theme_css


class CodeForm(Form):
    """Six digits from the mail or text."""

    code = StringField()


def index_page(language: str) -> str:
    """The campaigns that are open, each in the reader's language where it has it."""
    listed = []
    for live in live_campaigns().all():
        if live.campaign.state(now()) != "live":
            continue
        text = live.campaign.text(language)
        listed.append(
            {
                "title": text.title,
                "summary": text.summary,
                "url": url_for("pages.campaign", slug=live.slug, language=text.language),
                "count": pulse().count(live.id),
                "lead": live.campaign.lead.name,
                "language": language_named(text.language),
            }
        )
    return render_template(
        "index.html",
        campaigns=listed,
        languages=language_choices(lambda code: url_for("pages.index", lang=code)),
        language=language_named(language),
        page_url=links().base_url,
    )


def thanks_page(
    live: LiveCampaign,
    language: str,
    reference: str,
    *,
    resent: bool = False,
    later: bool = False,
    code_error: str = "",
    typed: str = "",
    arrival: Arrival = NOTHING,
) -> str:
    """The page after signing. With a `reference` it takes the code from the mail or text, which the reference tells;
    `later` says it will take longer."""
    g.language = language
    known = reference_in(reference)
    own = Shared(brought(live, "", arrival)) if known else None
    with force_locale(language):
        return render_template(
            "thanks.html",
            **campaign_context(live, language, own),
            form=CodeForm(data={"code": typed}),
            confirm_url=arrival.added_to(url_for("confirmation.act", token=reference)) if reference else "",
            sign_again_url=arrival.added_to(url_for("pages.campaign", slug=live.slug, language=language)),
            texted=bool(known and known.texted),
            boxes=boxes(known) if known else [],
            resent=resent,
            later=later,
            code_error=code_error,
        )


def paused_page(live: LiveCampaign, language: str, typed: Sequence[tuple[str, str]]) -> str:
    """The page for a moment in which nothing can be written: it brings back what was typed, and a button to try again.

    It is small on purpose. It is made when the machine has no time left, and must cost far less than a signature.
    """
    g.language = language
    theme = theme_css(live.campaign.accent)
    allow_inline_style(theme)
    with force_locale(language):
        return render_template(
            "paused.html",
            campaign=live.campaign,
            text=live.campaign.text(language),
            language=language_named(language),
            theme=Markup(theme),  # noqa: S704 - made from a checked colour
            typed=typed,
        )


def confirm_page(live: LiveCampaign | None, language: str, mode: str, own: Shared | None = None, **details: Any) -> str:
    """The page of a confirmation link in one of its modes: ask, done, already, denied, gone."""
    g.language = language
    with force_locale(language):
        shared = (
            campaign_context(live, language, own) if live else {"campaign": None, "language": language_named(language)}
        )
        values = {"consents": [], "confirm_url": "", "code_error": "", "form": CodeForm(), "texted": False, **details}
        return render_template("confirm.html", **shared, mode=mode, **values)
