"""A campaign's news in a reader's language: the list on its page, the page of each, and the feed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from flask import g, render_template
from flask_babel import force_locale, gettext

from ..campaigns.live import LiveCampaign
from ..domain import prose
from ..extensions import now
from ..updates.shown import ShownUpdate
from .headings import heading, listed
from .links import feed_path, update_path
from .pulse import pulse
from .render import LanguageChoice, campaign_context, fill, language_named, links, to_html, to_html_alone

MORE = 10
FED = 20
"""Updates in a feed, which readers ask for again and again."""

ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 has no place for."""


def named(live: LiveCampaign, name: str) -> ShownUpdate | None:
    """The update of this name, if everybody may read it."""
    return next((one for one in pulse().updates(live.id) if one.name == name), None)


def _url(live: LiveCampaign, update: ShownUpdate, language: str) -> str:
    return links().base_url + update_path(live.slug, language, update.name)


def update_page(live: LiveCampaign, language: str, update: ShownUpdate) -> str:
    """The page of one update."""
    g.language = language
    campaign = live.campaign
    with force_locale(language):
        read = heading(live, update, language)
        body = update.texts.text(language, campaign.languages[0]).body
        context = campaign_context(live, language)
        context["alternates"] = [{"code": code, "url": _url(live, update, code)} for code in campaign.languages]
        context["languages"] = [
            LanguageChoice(language_named(code), heading(live, update, code).path, "", code == language)
            for code in campaign.languages
        ]
        return render_template(
            "update.html",
            **context,
            url=_url(live, update, language),
            update=replace(
                read,
                summary=_first_words(prose.plain(fill(body, live, read.language))),
                html=to_html(body, live, read.language),
            ),
            organisation=_sender(live, update),
            state=campaign.state(now()),
            others=listed(live, language, MORE, update.id),
            feed_path=feed_path(live.slug, language),
            feed_url=links().base_url + feed_path(live.slug, language),
        )


def _sender(live: LiveCampaign, update: ShownUpdate) -> str:
    """Its name today, or the one it had then: it may have left the campaign, and the lead did not write this."""
    found = live.campaign.organisation(update.organisation)
    return found.name if found else update.texts.sender or update.organisation


def _first_words(text: str, most: int = 200) -> str:
    """The beginning of a text on one line, for previews of links."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"


def feed(live: LiveCampaign, language: str, begun: datetime) -> bytes:
    """The latest updates as an Atom feed (RFC 4287). `begun` dates a feed in which nothing is yet."""
    ElementTree.register_namespace("", ATOM)
    text, updates = live.campaign.text(language), pulse().updates(live.id)[:FED]
    here = links().base_url + feed_path(live.slug, language)
    root = ElementTree.Element(f"{{{ATOM}}}feed", {f"{{{XML}}}lang": language})
    with force_locale(language):
        _add(root, "title", gettext("News: %(title)s", title=text.title))
    _add(root, "id", here)
    _add(root, "updated", _moment(updates[0].at if updates else begun))
    _link(root, "self", here, "application/atom+xml")
    _link(root, "alternate", links().page(live.slug, language), "text/html")
    _add_author(root, live.campaign.lead.name)
    for update in updates:
        _add_entry(root, live, update, language)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add_entry(root: ElementTree.Element, live: LiveCampaign, update: ShownUpdate, language: str) -> None:
    read = heading(live, update, language)
    body = update.texts.text(language, live.campaign.languages[0]).body
    entry = ElementTree.SubElement(root, f"{{{ATOM}}}entry", {f"{{{XML}}}lang": read.language})
    _add(entry, "title", read.title)
    # a name of its own that stays when the site moves from http to https or to another path (RFC 4151)
    host = urlsplit(links().base_url).hostname or "localhost"
    _add(entry, "id", f"tag:{host},{update.at:%Y-%m-%d}:{live.slug}/{language}/updates/{update.name}")
    _add(entry, "updated", _moment(update.at))
    _add(entry, "published", _moment(update.at))
    _link(entry, "alternate", links().base_url + read.path, "text/html")
    _add_author(entry, _sender(live, update))
    _add(entry, "content", str(to_html_alone(body, live, read.language))).set("type", "html")


def _add(parent: ElementTree.Element, name: str, words: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = _NOT_XML.sub("", words)
    return element


def _add_author(parent: ElementTree.Element, name: str) -> None:
    _add(ElementTree.SubElement(parent, f"{{{ATOM}}}author"), "name", name)


def _link(parent: ElementTree.Element, relation: str, href: str, kind: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}link", {"rel": relation, "href": href, "type": kind})


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def facts(live: LiveCampaign) -> list[dict[str, object]]:
    """The latest updates for `/<slug>.json`."""
    return [
        {
            "name": one.name,
            "published": _moment(one.at),
            "titles": {code: words.title for code, words in one.texts.by_language.items()},
            "urls": {code: _url(live, one, code) for code in live.campaign.languages},
        }
        for one in pulse().updates(live.id)[:FED]
    ]
