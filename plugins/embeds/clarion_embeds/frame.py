"""The frame: the sign form for a page of somebody else's."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from clarion.api import (
    Petition,
    Stand,
    Step,
    access,
    allow_framing,
    allow_inline_script,
    allow_inline_style,
    page_style,
    petition,
    sign_form,
    speak,
    take_signature,
    with_arrival,
)

from . import settings
from .look import Look

RULE = "/<slug:slug>/<language>/embed"
CACHE = "public, max-age=1, stale-while-revalidate=30, stale-if-error=86400"
"""As long as the petition's own page is kept."""

KEPT = 512
"""Frames that are kept as they were made; a campaign has one for each language, partner and look."""

PLAIN = "#1d4e89"
"""The colour of what belongs to no campaign."""

STATIC = Path(__file__).parent / "static"
SCRIPT = (STATIC / "frame.js").read_text("utf-8")


class Frames:
    """The frames of one application. The first view is made once: only the site around it is filled in for each."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made: OrderedDict[tuple[int, str, str, Look], tuple[object, str]] = OrderedDict()

    def show(self, slug: str, language: str) -> BaseResponse:
        """The form."""
        shown = petition_or_404(slug, language)
        if shown.language.code != language:
            return to_a_language(shown, language, "embed", settings.of(shown.campaign).framed_by(""))
        here = Here(shown, request.args, request.headers.get("Referer", ""))
        response = here.answer(with_arrival(self._page(here), here.stand))
        response.headers["Cache-Control"] = CACHE
        response.headers["Vary"] = "Referer"
        response.add_etag()
        return response.make_conditional(request)

    def _page(self, here: Here) -> str:
        """The page, as it was made unless something has changed since."""
        key, stamp = (here.shown.live.id, here.shown.language.code, here.partner, here.look), here.shown.stamp
        with self._guard:
            known = self._made.get(key)
        page = known[1] if known and known[0] == stamp else here.page(sign_form(here.shown, here.stand))
        with self._guard:
            self._made[key] = stamp, page
            self._made.move_to_end(key)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return page

    def take(self, slug: str, language: str) -> BaseResponse:
        """What was sent from it."""
        shown = petition_or_404(slug, language)
        here = Here(shown, request.args)
        step = take_signature(shown, here.stand)
        response = here.answer(here.page(step))
        response.status_code = step.status
        if step.kind == "moment":
            response.headers["Retry-After"] = "5"
        if request.headers.get("Origin") == "null":
            # from a sandbox that takes no forms a script sends it, and shows what it gets
            response.headers["Access-Control-Allow-Origin"] = "null"
            response.headers["Vary"] = "Origin"
        return response


class Here:
    """The frame that is asked for: of which campaign, in whose place, with which look."""

    def __init__(self, shown: Petition, asked: Mapping[str, str], around: str = "") -> None:
        said, campaign = settings.of(shown.campaign), shown.campaign
        self.shown = shown
        # the form's own address names whom the page around told: what is sent from it comes without that
        self.partner = said.known_partner(campaign, asked.get("partner", "")) or said.of_site(campaign, around)
        self.look = Look.asked(asked)
        self.framed_by = said.framed_by(self.partner)
        self.style = _style(self.look.accent or said.accent_of(campaign, self.partner), self.look)
        self.script = SCRIPT
        self.stand = Stand("embed", self.partner, self._address, self.framed_by)

    def _address(self, language: str) -> str:
        return f"/{self.shown.live.slug}/{language}/embed{self.look.query(self.partner)}"

    def page(self, step: Step) -> str:
        """The page that shows a step."""
        return render_template(
            "embeds/frame.html",
            shown=self.shown,
            campaign=self.shown.campaign,
            language=self.shown.language,
            step=step,
            look=self.look,
            origins=" ".join(self.framed_by),
            event={"form": "loaded", "ended": "loaded", "mail": "signed"}.get(step.kind, "")
            if step.status < 400
            else "",
            whole=self.shown.link_of(self.partner) if self.partner else self.shown.url,
            style=Markup(self.style),  # noqa: S704 - our own sheet and a checked colour
            script=Markup(self.script),  # noqa: S704 - our own
        )

    def preview(self) -> Response:
        """The form for a page of our own, to be looked at: it runs nothing."""
        self.framed_by, self.script = ("'self'",), ""
        return self.answer(with_arrival(self.page(sign_form(self.shown, self.stand)), self.stand))

    def answer(self, page: str) -> Response:
        """The answer that holds a page."""
        allow_framing(self.framed_by)
        allow_inline_style(self.style)
        allow_inline_script(self.script)
        response = make_response(page)
        response.headers["Content-Language"] = self.shown.language.code
        return response


@lru_cache(maxsize=256)
def _style(accent: str, look: Look) -> str:
    return page_style(accent, look.theme, (STATIC / "frame.css").read_text("utf-8"))


def petition_or_404(slug: str, language: str) -> Petition:
    """The campaign; that there is none may be seen in any frame, so that whoever set it up finds out."""
    found = petition(slug, language)
    if found is None:
        style = _style(PLAIN, Look())
        allow_framing("*")
        allow_inline_style(style)
        shown = {"slug": slug, "language": speak(language), "style": Markup(style)}  # noqa: S704 - our own
        abort(make_response(render_template("embeds/none.html", **shown), 404))
    return found


def to_a_language(shown: Petition, asked: str, path: str, framed_by: Iterable[str]) -> BaseResponse:
    """Lead on to a language that the campaign has: `es` for `es-MX`, else the one that the visitor reads best."""
    offered = shown.campaign.languages
    near = asked.partition("-")[0]
    code = near if near in offered else request.accept_languages.best_match(offered, default=offered[0])
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    response = redirect(f"/{shown.live.slug}/{code}/{path}{query}", 303)
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = "public, max-age=60"
    # what a browser says of the page around is told to the next address too
    response.headers["Referrer-Policy"] = "strict-origin"
    allow_framing(framed_by)
    return response


def blueprint() -> Blueprint:
    """The routes of the frame."""
    pages, frames = Blueprint("frame", __name__), Frames()

    @pages.get(RULE)
    @access("public")
    def show(slug: str, language: str) -> BaseResponse:
        return frames.show(slug, language)

    @pages.post(RULE)
    @access("personal")
    def take(slug: str, language: str) -> BaseResponse:
        return frames.take(slug, language)

    return pages
