"""Makes a poster or a sheet of handbills as PDF: what is asked, in one language or two, and a code that leads there."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

import segno
from flask_babel import force_locale, gettext

from ..campaigns.live import LiveCampaign
from ..domain import prose
from ..domain.arrivals import Arrival
from ..pages.render import fill, language_named, links
from ..typesetting.pictures import Drawing, draw

Kind = Literal["poster", "handbill"]
Paper = Literal["letter", "a4"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PAPERS: tuple[Paper, ...] = get_args(Paper)

MOST_LANGUAGES = 2


def poster(live: LiveCampaign, languages: Sequence[str], kind: Kind, paper: Paper) -> bytes:
    """The PDF, of one page. Raises `ValueError` where there is no such language, or there are more than two."""
    known = live.campaign.languages
    if not 1 <= len(languages) <= MOST_LANGUAGES or any(code not in known for code in languages):
        raise ValueError(f"one or two of {', '.join(known)}")
    return draw(drawing(live, languages, kind, paper))


def drawing(live: LiveCampaign, languages: Sequence[str], kind: Kind, paper: Paper) -> Drawing:
    """What it is made from."""
    url = _address(live, languages)
    # signs of its own come for each scan: who came from paper is counted, and nobody is told apart
    counted = Arrival(utm_source=kind).added_to(url)
    main = language_named(languages[0])
    given: dict[str, Any] = {
        "kind": kind,
        "paper": paper,
        "title": live.campaign.text(languages[0]).title,
        "by": ", ".join(one.name for one in live.campaign.organisations),
        "parts": [_part(live, code, short=kind == "handbill" or len(languages) > 1) for code in languages],
        "qr": _code(counted),
        "shown": url.partition("://")[2],
        "accent": live.campaign.accent,
        "language": main.code.partition("-")[0],
        "rtl": main.direction == "rtl",
    }
    return Drawing(_source(), given, form="pdf")


def _address(live: LiveCampaign, languages: Sequence[str]) -> str:
    """The address that is printed: with two languages each reader is led to their own."""
    if len(languages) == 1:
        return links().page(live.slug, languages[0])
    return f"{links().base_url}/{live.slug}"


def _part(live: LiveCampaign, code: str, *, short: bool) -> dict[str, Any]:
    text, language = live.campaign.text(code), language_named(code)
    ask = prose.plain(fill(text.ask, live, code))
    with force_locale(code):
        call = gettext("Sign here")
    return {
        "title": text.title,
        "ask": " ".join((text.summary or ask).split()) if short else ask,
        "call": call,
        "language": language.code.partition("-")[0],
        "rtl": language.direction == "rtl",
    }


def _code(url: str) -> str:
    """The QR code as a drawing; it can be read with a sixth of it gone (ISO/IEC 18004, level M)."""
    drawn = io.BytesIO()
    segno.make(url, error="m", boost_error=False, micro=False).save(drawn, kind="svg", border=4, light="#ffffff")
    return drawn.getvalue().decode()


@cache
def _source() -> str:
    return resources.files("clarion.posters").joinpath("poster.typ").read_text("utf-8")
