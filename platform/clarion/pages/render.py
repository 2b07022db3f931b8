"""What templates are given: one function for each page, and the campaign page kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urljoin

from flask import current_app, g, has_request_context, render_template, url_for
from flask_babel import force_locale, gettext
from markupsafe import Markup

from ..campaigns.live import LiveCampaign
from ..domain import goals, placeholders, prose
from ..domain.arrivals import NOTHING, Arrival
from ..domain.campaign import Campaign, Recipient, Text
from ..domain.languages import Language
from ..extensions import now
from ..i18n import format_number
from ..security import allow_inline_style
from ..settings import Settings
from ..signatures.forms import SignForm, build_form
from ..signatures.sharecodes import Shared, share_codes
from .arriving import fill as fill_arrival
from .headings import listed
from .links import Links, feed_path, qr_code, share_links
from .pulse import pulse
from .share import shared_picture
from .theme import theme_css
from .venues import new_form_token

SHOWN = 3
"""Recipients named in the line above the title; the rest opens below it."""


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """One entry of the language switch."""

    language: Language
    url: str
    sign_url: str
    current: bool


@dataclass(frozen=True, slots=True)
class ShownRecipient:
    """A recipient in the page's language."""

    name: str
    office: str
    district: str


def settings() -> Settings:
    """The settings of the current app."""
    found: Settings = current_app.extensions["clarion.settings"]
    return found


def links() -> Links:
    """Addresses under the configured base URL."""
    return Links(settings().site.base_url)


def language_named(code: str) -> Language:
    """The language with this code."""
    languages: dict[str, Language] = current_app.extensions["clarion.languages"]
    return languages[code]


def language_choices(address: Callable[[str], str]) -> list[LanguageChoice]:
    """The language switch of a page that is there in every language: `address("es")` is where it is in Spanish."""
    languages: dict[str, Language] = current_app.extensions["clarion.languages"]
    return [LanguageChoice(entry, address(code), "", code == g.language) for code, entry in languages.items()]


def keeping(campaign: Campaign, language: str) -> str:
    """What is kept of a signer and for how long, and what the campaign adds to it."""
    words = gettext(
        "Your details are sealed and deleted %(days)s days after the petition ends. We keep no IP address.",
        days=campaign.keep_days,
    )
    return f"{words} {campaign.text(language).privacy}".strip()


def fill(words: str, live: LiveCampaign, language: str, link: str = "") -> str:
    """Campaign words with their placeholders replaced; the link is the page's, or another that leads there."""
    campaign, count = live.campaign, pulse().count(live.id)
    return placeholders.fill(
        words,
        {
            "count": format_number(count),
            "goal": format_number(goals.current_goal(count, campaign.goal)),
            "title": campaign.text(language).title,
            "link": link or links().page(campaign.slug, language),
            "lead": campaign.lead.name,
        },
    )


def to_html(words: str, live: LiveCampaign, language: str) -> Markup:
    """Safe HTML of a campaign's Markdown, images served from their digest."""
    # a page may be seen under another of the site's names; a mail has no page around it
    base = "" if has_request_context() else links().base_url
    images = tuple((media.name, f"{base}/media/{media.digest}") for media in live.campaign.media)
    return _rendered(fill(words, live, language), images)


def to_html_alone(words: str, live: LiveCampaign, language: str) -> Markup:
    """The same for a mail or a feed, around which is no page: links are whole, and there are no pictures.

    A picture is fetched from this site when the mail is opened, which would tell who opens it, and when.
    """
    return _rendered_alone(fill(words, live, language), links().page(live.slug, language))


def to_text(words: str, live: LiveCampaign, language: str) -> str:
    """The same as plain text."""
    page = links().page(live.slug, language)
    return prose.plain(fill(words, live, language), lambda href: _whole(href, page))


def _whole(href: str, page: str) -> str:
    """Where a link leads from the campaign's page; a mark stands for a whole address that is cast in later."""
    if href.startswith(placeholders.RESERVED):
        return href
    with suppress(ValueError):
        return urljoin(page, href)
    return href


@lru_cache(maxsize=256)
def _rendered_alone(words: str, page: str) -> Markup:
    html = prose.render(words, link_url=lambda href: _whole(href, page))
    return Markup(html)  # noqa: S704 - cleaned by an allow-list


@lru_cache(maxsize=256)
def _rendered(words: str, images: tuple[tuple[str, str], ...]) -> Markup:
    """The same words give the same HTML; a page that brings a form back is made while somebody waits."""
    urls = dict(images)
    return Markup(prose.render(words, lambda source: urls.get(source, "")))  # noqa: S704 - cleaned by an allow-list


def passing_on(live: LiveCampaign, language: str, own: Shared | None = None) -> dict[str, Any]:
    """What a share box shows: links to the page, or the one that a signer passes on."""
    text, url = live.campaign.text(language), links().page(live.slug, language)
    if own is not None:
        url = Arrival(via=share_codes().make(live, own)).added_to(url)
    words = fill(text.share or text.title, live, language, url)
    return {
        "share": share_links(url, words, text.title),
        "share_text": words,
        "share_url": url,
        "own_link": own is not None,
        "qr": qr_code(url),
    }


def campaign_context(live: LiveCampaign, language: str, own: Shared | None = None) -> dict[str, Any]:
    """What every page of a campaign shows, personal or not; what a signer passes on is their `own` link."""
    campaign, text = live.campaign, live.campaign.text(language)
    url = links().page(campaign.slug, language)
    count = pulse().count(live.id)
    goal = goals.current_goal(count, campaign.goal)
    theme = theme_css(campaign.accent)
    allow_inline_style(theme)
    return {
        "campaign": campaign,
        "text": text,
        "language": language_named(language),
        "html": _prose(live, text),
        "theme": Markup(theme),  # noqa: S704 - made from a checked colour
        "count": count,
        "goal": goal,
        "percent": goals.percent(count, goal),
        "keeping": keeping(campaign, language),
        **passing_on(live, language, own),
        "page_url": url,
        "shared_picture": partial(shared_picture, live, language_named(language), settings().site),
        "languages": [_choice(campaign, code, language) for code in campaign.languages],
        "slot": partial(current_app.extensions["clarion.slots"], live, language),
        "alternates": [{"code": code, "url": links().page(campaign.slug, code)} for code in campaign.languages],
    }


class _Lazy(dict[str, Markup]):
    """Prose rendered when a template asks for it, so that no page pays for what it does not show."""

    def __init__(self, make: dict[str, Callable[[], Markup]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> Markup:
        self[key] = self._make[key]()
        return self[key]


def _prose(live: LiveCampaign, text: Text) -> _Lazy:
    def maker(words: str) -> Callable[[], Markup]:
        return lambda: to_html(words, live, text.language)

    return _Lazy({key: maker(getattr(text, key)) for key in ("ask", "why", "story", "thanks")})


def _choice(campaign: Campaign, code: str, current: str) -> LanguageChoice:
    return LanguageChoice(
        language_named(code),
        url_for("pages.campaign", slug=campaign.slug, language=code),
        url_for("pages.sign", slug=campaign.slug, language=code),
        code == current,
    )


def _recipients(campaign: Campaign, language: str) -> dict[str, Any]:
    def shown(recipient: Recipient) -> ShownRecipient:
        main = campaign.languages[0]
        office = recipient.office.get(language) or recipient.office.get(main, "")
        district = recipient.district.get(language) or recipient.district.get(main, "")
        return ShownRecipient(recipient.name, office, district)

    to = [shown(r) for r in campaign.recipients if r.role == "to"]
    cc = [shown(r) for r in campaign.recipients if r.role == "cc"]
    shown_to = to[:SHOWN]
    shown_cc = cc[: max(0, SHOWN - len(shown_to))]
    more = len(to) + len(cc) - len(shown_to) - len(shown_cc)
    return {"to": to, "cc": cc, "shown_to": shown_to, "shown_cc": shown_cc, "more": more}


def campaign_page(
    live: LiveCampaign,
    language: str,
    form: SignForm | None = None,
    refused: str = "",
    arrival: Arrival = NOTHING,
) -> str:
    """The campaign page. A `form` brings what was typed and its errors; `refused` says why it was not taken."""
    g.language = language
    with force_locale(language):
        state = live.campaign.state(now())
        if state != "live":
            form = None
        elif form is None:
            form = build_form(live.campaign, language)
        page = render_template(
            "campaign.html",
            **campaign_context(live, language),
            state=state,
            form=form,
            form_token=new_form_token(live) if form else "",
            consents=form.consents if form else [],
            reasons=pulse().reasons(live.id),
            updates=listed(live, language),
            feed_url=links().base_url + feed_path(live.slug, language),
            recipients=_recipients(live.campaign, language),
            errors=bool(form and form.errors),
            refused=refused,
        )
        return fill_arrival(page, arrival)


def page_stamp(live: LiveCampaign, at: datetime) -> tuple[object, ...]:
    """All that a campaign's pages are made from: equal stamps, equal pages.

    The hour is part of it because the form token in the page ages.
    """
    return (
        live.edition_id,
        pulse().count(live.id),
        live.campaign.state(at),
        at.strftime("%Y%m%d%H"),
        pulse().reasons(live.id),
        pulse().updates(live.id),
    )


def news_stamp(live: LiveCampaign, at: datetime) -> tuple[object, ...]:
    """The same for the pages and feeds of its news, which show no count: they are not made anew for each signature."""
    return (live.edition_id, live.campaign.state(at), at.strftime("%Y%m%d%H"), pulse().updates(live.id))
