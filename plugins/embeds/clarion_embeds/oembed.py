"""oEmbed 1.0: other systems turn the pasted address of a petition into its form, or into a card."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree

from flask import Blueprint, Response, jsonify, request
from markupsafe import Markup

from clarion.api import Campaign, Petition, Place, access, petition

from . import settings
from .codes import HEIGHT, Codes
from .look import Look

RULE = "/oembed"
WIDTH = 640
USUAL = {"compact": "1"}
"""The look unless the address asks for another: most systems let the frame grow little or not at all, and the post
around it says what it is about."""

FORMATS = {"json": "application/json+oembed", "xml": "text/xml+oembed"}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Refused(Exception):
    """What is asked for is not to be had: the status to answer with, and why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def discovery(base_url: str, campaign: Campaign, language: str) -> Markup:
    """The links in a petition's page by which other systems find this."""
    address = quote(f"{base_url}/{campaign.slug}/{language}", safe="")
    title = campaign.text(language).title
    return Markup("").join(
        Markup('<link rel="alternate" type="{}" href="{}" title="{}">').format(
            kind, f"{base_url}{RULE}?url={address}&format={name}", title
        )
        for name, kind in FORMATS.items()
    )


def blueprint(place: Place) -> Blueprint:
    """The route."""
    pages = Blueprint("oembed", __name__)

    @pages.get(RULE)
    @access("public")
    def oembed() -> Response:
        try:
            response = _answer(place)
        except _Refused as refused:
            response = Response(f"{refused}\n", refused.status, content_type="text/plain; charset=utf-8")
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    return pages


def _answer(place: Place) -> Response:
    wanted = request.args.get("format", "json")
    if wanted not in FORMATS:
        raise _Refused(501, "The formats are json and xml.")
    if not (url := request.args.get("url", "")):
        raise _Refused(400, "Name the address of a petition: ?url=")
    most_wide, most_high = _most("maxwidth"), _most("maxheight")
    shown, asked = _petition(url, place.hosts)
    named = asked.get("partner", "") or shown.linked_by(asked.get("via", ""))
    partner = settings.of(shown.campaign).known_partner(shown.campaign, named)
    codes = Codes(place.base_url, shown, partner, Look.asked(USUAL | asked))
    told = _told(codes, min(WIDTH, most_wide), min(HEIGHT, most_high))
    picture = shown.picture
    if picture.width <= most_wide and picture.height <= most_high:
        told |= {"thumbnail_url": picture.url, "thumbnail_width": picture.width, "thumbnail_height": picture.height}
    return jsonify(told) if wanted == "json" else Response(_xml(told), content_type="text/xml; charset=utf-8")


def _most(name: str) -> int:
    given = request.args.get(name, "")
    if not given:
        return 10_000
    if not (given.isascii() and given.isdecimal() and len(given) < 7 and int(given)):
        raise _Refused(400, f"{name} is a number of pixels.")
    return int(given)


def _petition(url: str, hosts: Collection[str]) -> tuple[Petition, dict[str, str]]:
    """The petition at an address, and what the address asks for."""
    nothing = _Refused(404, "No petition has this address here.")
    try:
        parts = urlsplit(url)
        ours = parts.scheme in ("http", "https") and parts.hostname in hosts
    except ValueError as error:
        raise nothing from error
    path = [part for part in parts.path.split("/") if part]
    if path[2:] == ["embed"]:
        path = path[:2]
    shown = petition(*path) if ours and 1 <= len(path) <= 2 else None
    if shown is None or (len(path) == 2 and shown.language.code != path[1]):
        raise nothing
    return shown, _asked(parts.query)


def _asked(query: str) -> dict[str, str]:
    try:
        return dict(reversed(parse_qsl(query, max_num_fields=20)))
    except ValueError:
        return {}


def _told(codes: Codes, width: int, height: int) -> dict[str, str | int]:
    shown, base_url = codes.shown, codes.base_url
    lead = shown.campaign.lead
    told: dict[str, str | int] = {
        "version": "1.0",
        "title": shown.text.title,
        "author_name": lead.name,
        "provider_name": urlsplit(base_url).hostname or "Clarion",
        "provider_url": base_url,
        "cache_age": 300,
    }
    if lead.website:
        told["author_url"] = lead.website
    if shown.state != "live" or not settings.of(shown.campaign).framed_by(codes.partner):
        return {"type": "link", **told, "url": codes.address}
    return {"type": "rich", **told, "html": str(codes.pasted(height)), "width": width, "height": height}


def _xml(told: dict[str, str | int]) -> bytes:
    root = ElementTree.Element("oembed")
    for name, value in told.items():
        ElementTree.SubElement(root, name).text = _NOT_IN_XML.sub("", str(value))
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
