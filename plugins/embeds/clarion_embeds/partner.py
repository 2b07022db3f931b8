"""The page of a partner: choose how the form looks, copy the code, see who came, and test the own site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from clarion.api import (
    SMALL_AREA,
    Language,
    Petition,
    Place,
    access,
    allow_inline_script,
    allow_inline_style,
    allow_own_frames,
    body_limit,
    db,
    language_choices,
    petition,
    reads_on_paper,
    speak,
    staff_roles,
    uses_this_hour,
)

from . import invitations, loader, settings
from .codes import SANDBOX, Codes
from .frame import Here
from .look import PARTS, Look
from .pagehead import PageHead, read_pasted, read_status, says_something
from .verdict import WAYS, Offer, Verdict, judge
from .visiting import NotSeen, Seen, Visits, written

RULE, COUNT, PREVIEW = "/partners/<token>", "/partners/<token>/count", "/partners/<token>/preview"

TESTS_OF_NETWORK, TESTS_OF_PARTNER = 10, 30
"""Visits to other sites in an hour."""

PASTED_OF_NETWORK, PASTED_OF_PARTNER = 60, 180
"""Pasted texts in an hour, which cost nobody else anything."""

MOST_PASTED = 60_000
LONGEST_FORM = 4 * MOST_PASTED
"""Bytes: in a form most marks of HTML take three."""

STATIC = Path(__file__).parent / "static"
STYLE = (STATIC / "partner.css").read_text("utf-8")
SCRIPT = (STATIC / "partner.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a partner chose for its form."""

    look: Look
    accent: str = ""
    """The colour as it was typed."""
    refused: bool = False
    """Whether it cannot be read and is left out."""

    @classmethod
    def asked(cls, args: MultiDict[str, str]) -> Chosen:
        """What the address of the page says."""
        accent = args.get("accent", "").strip()[:40]
        look = Look.asked({**args.to_dict(), "accent": accent, "show": ",".join(args.getlist("show"))})
        return cls(look, accent, bool(accent) and not look.accent)

    @property
    def nearest(self) -> str:
        """The colour next to the one that was typed, as dark as it has to be."""
        digits = self.accent.removeprefix("#")
        for step in range(1, 21):
            try:
                channels = [int(digits[place : place + 2], 16) * (20 - step) // 20 for place in (0, 2, 4)]
            except ValueError:
                return ""
            darker = "#" + "".join(f"{channel:02x}" for channel in channels)
            if len(digits) == 6 and reads_on_paper(darker):
                return darker
        return ""


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test."""

    url: str = ""
    """The address as it was typed."""
    pasted: str = ""
    seen: Seen | None = None
    verdict: Verdict | None = None
    fault: str = ""
    """Why there is no verdict."""
    status: int = 200


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """The page for one petition and partner; where it stands is for the one who shows it to say."""

    place: Place
    shown: Petition
    partner: str
    path: str
    chosen: Chosen = field(default_factory=lambda: Chosen(Look()))
    tested: Tested = Tested()

    @property
    def codes(self) -> Codes:
        """What is pasted."""
        return Codes(self.place.base_url, self.shown, self.partner, self.chosen.look)

    @property
    def query(self) -> str:
        """What was chosen, for an address of ours."""
        said = {"language": self.shown.language.code, **self.chosen.look.said()}
        return urlencode(said, safe=",")

    def form_languages(self) -> list[Language]:
        """The languages that the form can have."""
        return [
            choice.language for choice in language_choices(str) if choice.language.code in self.shown.campaign.languages
        ]

    def offer(self) -> Offer:
        """What is to be put into the partner's page."""
        base, codes = self.place.base_url, self.codes
        script = str(codes.script()).partition("\n")[0]
        return Offer(
            home=base,
            origins=settings.of(self.shown.campaign).framed_by(self.partner),
            frame=codes.frame_url,
            script=base + loader.NEWEST,
            picture=f"{self.shown.url}/badge.svg",
            pinned=base + loader.PATH,
            integrity=loader.INTEGRITY,
            sandbox=SANDBOX,
            script_code=script.replace("<script async", '<script async nonce="…"', 1),
            pinned_code=str(codes.pinned_script()),
        )

    def html(self) -> str:
        """The page."""
        style = Markup(STYLE)  # noqa: S704 - our own
        allow_inline_style(STYLE)
        allow_inline_script(SCRIPT)
        allow_own_frames()
        organisation = self.shown.campaign.organisation(self.partner)
        return render_template(
            "embeds/partner.html",
            page=self,
            shown=self.shown,
            codes=self.codes,
            look=self.chosen.look,
            parts=PARTS,
            ways=WAYS,
            sites=settings.of(self.shown.campaign).framed_by(self.partner),
            name=organisation.name if organisation else self.partner,
            through=self.shown.through(self.partner),
            few=SMALL_AREA,
            languages=language_choices(lambda code: f"{self.path}?{self.query}&lang={code}"),
            theme=style,
            script=Markup(SCRIPT),  # noqa: S704 - our own
        )


def blueprint(place: Place) -> Blueprint:
    """The routes of partners' pages."""
    pages, visits = Blueprint("partner", __name__), Visits(place.hosts)

    def asked(token: str) -> PartnerPage:
        language = speak(request.args.get("lang", "")).code
        shown, partner = _opened(token, request.args.get("language") or language)
        return PartnerPage(place, shown, partner, f"/partners/{token}", Chosen.asked(request.args))

    @pages.get(RULE)
    @access("personal")
    def show(token: str) -> str:
        return asked(token).html()

    @pages.post(RULE)
    @access("personal")
    @body_limit(LONGEST_FORM)
    def test(token: str) -> tuple[str, int]:
        page = asked(token)
        came = tested(page, visits, request.form)
        return replace(page, tested=came).html(), came.status

    @pages.get(COUNT)
    @access("personal")
    def count(token: str) -> Response:
        shown, partner = _opened(token)
        return jsonify({"through": shown.through(partner), "through_from": SMALL_AREA, "signatures": shown.count})

    @pages.get(PREVIEW)
    @access("personal")
    def preview(token: str) -> Response:
        shown, partner = _opened(token, request.args.get("language", ""))
        return Here(shown, {**request.args.to_dict(), "partner": partner}).preview()

    return pages


def _opened(token: str, language: str = "") -> tuple[Petition, str]:
    found = invitations.opened(token, language)
    if found is None:
        abort(404)
    return found


def tested(page: PartnerPage, visits: Visits, sent: Mapping[str, str]) -> Tested:
    """What becomes of the form in a page that somebody names, or whose headers were pasted."""
    url, pasted = sent.get("url", "").strip()[:2000], sent.get("pasted", "")[:MOST_PASTED]
    if not url and not pasted.strip():
        return Tested(fault="nothing", status=422)
    try:
        address = written(url) if url else ""
        if pasted.strip():
            _count_test(page, "pasted test", PASTED_OF_NETWORK, PASTED_OF_PARTNER)
        else:
            _count_test(page, "site test", TESTS_OF_NETWORK, TESTS_OF_PARTNER)
        offer = page.offer()
        db.session.remove()  # nothing of the database is held while another server is waited for
        with visits.place():
            seen = _pasted(address, pasted) if pasted.strip() else visits.see(address)
            verdict = judge(seen.page, offer, seen.url, seen.status)
    except NotSeen as error:
        status = {"site test": 429, "pasted test": 429, "busy": 503}.get(error.code, 422)
        return Tested(url, pasted, fault=error.code, status=status)
    return Tested(url, pasted, seen, verdict)


def _pasted(address: str, text: str) -> Seen:
    headers, html = read_pasted(text)
    if not says_something(headers, html):
        raise NotSeen("no headers")
    return Seen(address, PageHead.read(headers, html), read_status(text))


def _count_test(page: PartnerPage, what: str, of_network: int, of_partner: int) -> None:
    """Nobody makes this site a scanner: so many tests an hour from one network, and so many of one partner.

    What is refused to a network is not counted to the partner, or one network would use up what all of them have.
    """
    whose = f"{what} {page.shown.live.slug} {page.partner}"
    if uses_this_hour(what) > of_network or uses_this_hour(whose, of_all=True) > of_partner:
        raise NotSeen(what)


def staff_blueprint() -> Blueprint:
    """The way there from the console: whoever leads the campaign finds every partner's page, a partner its own."""
    pages = Blueprint("partner", __name__)

    @pages.get("/<slug:slug>")
    @access("personal")
    def show(slug: str) -> str:
        shown = petition(slug, speak().code)
        if shown is None:
            abort(404)
        roles, said = staff_roles(), settings.of(shown.campaign)
        seen = [
            (one.name, invitations.path(shown, one.id))
            for one in shown.campaign.organisations
            if said.known_partner(shown.campaign, one.id) and (shown.campaign.lead.id in roles or one.id in roles)
        ]
        return render_template("embeds/staff.html", slug=slug, seen=seen)

    return pages
