"""Signing in a place that is not the campaign's own page: what plugins show it with, and take it with.

Each step is answered where it was asked for. None leads to another page, as those let nobody frame them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from flask import abort, current_app, g, render_template, request
from flask_babel import force_locale, get_translations, gettext
from markupsafe import Markup
from wtforms import HiddenField

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain import goals
from ..domain.areas import SMALL_AREA
from ..domain.arrivals import NOTHING, Arrival
from ..domain.campaign import Campaign, Status, Text
from ..domain.languages import Language
from ..extensions import now
from ..i18n import format_number
from ..monitoring import log
from ..signatures.desks import Overloaded
from ..signatures.forms import SignForm, build_form
from ..signatures.group import at_work
from ..signatures.models import LINK
from ..signatures.sharecodes import Shared, share_codes
from . import arriving, confirming
from .pulse import pulse
from .render import LanguageChoice, keeping, language_named, links, page_stamp, passing_on, settings, to_html
from .share import SharedPicture, shared_picture
from .signing import FORM_TYPES, REFUSED_STATUS, refusal, take, typed_fields
from .steps import CodeForm
from .venues import Venue, new_form_token

Kind = Literal["form", "moment", "mail", "counted", "gone", "ended"]


@dataclass(frozen=True, slots=True)
class Petition:
    """A campaign as its visitors see it at this moment, in one of its languages."""

    live: LiveCampaign = field(repr=False)
    language: Language
    at: datetime
    count: int

    @property
    def campaign(self) -> Campaign:
        """Its edition."""
        return self.live.campaign

    @property
    def text(self) -> Text:
        """Its words."""
        return self.campaign.text(self.language.code)

    @property
    def state(self) -> Status:
        """The state that counts now."""
        return self.campaign.state(self.at)

    @property
    def goal(self) -> int:
        """The goal that is shown at this count."""
        return goals.current_goal(self.count, self.campaign.goal)

    @property
    def percent(self) -> int:
        """How much of it is reached."""
        return goals.percent(self.count, self.goal)

    @property
    def ask(self) -> Markup:
        """What it asks for, as safe HTML."""
        return to_html(self.text.ask, self.live, self.language.code)

    @property
    def tally(self) -> str:
        """Its count in words."""
        with force_locale(self.language.code):
            if not self.count:
                return str(gettext("Be the first to sign"))
            words = get_translations().ngettext("%(num)s person has signed", "%(num)s people have signed", self.count)
            return str(words % {"num": format_number(self.count)})

    @property
    def figure(self) -> str:
        """Its count as its readers write it."""
        with force_locale(self.language.code):
            return format_number(self.count)

    @property
    def url(self) -> str:
        """The address of its page."""
        return links().page(self.live.slug, self.language.code)

    def link_of(self, organisation: str) -> str:
        """The same for an organisation to spread: who comes by it is counted to it. It stays the same."""
        code = share_codes().make(self.live, Shared(organisation, LINK))
        return Arrival(via=code).added_to(self.url)

    def linked_by(self, code: str) -> str:
        """The organisation whose own link has this code; empty for any other code."""
        shared = share_codes().read(code, self.live)
        return shared.brought_by if shared and shared.source == LINK else ""

    def through(self, organisation: str) -> int | None:
        """How many one of its organisations brought, by its places, its links, and those who passed them on.

        `None` with fewer than `SMALL_AREA`: who sent the link to one person could tell whether they signed (rule 15).
        """
        brought = pulse().brought(self.live.id).get(organisation, 0)
        return brought if brought >= SMALL_AREA else None

    @property
    def picture(self) -> SharedPicture:
        """The picture that goes with its address."""
        return shared_picture(self.live, self.language, settings().site)

    @property
    def stamp(self) -> tuple[object, ...]:
        """All that a page of it is made from: equal stamps, equal pages."""
        return (*page_stamp(self.live, self.at), self.language.code)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a sign form stands that is not on the campaign's own page."""

    source: str
    """What is written down as the source of signatures from there."""
    organisation: str
    """The member of the coalition whose place it is, or empty for the lead's."""
    address: Callable[[str], str]
    """Where its form in a language is shown and sent to."""
    origins: tuple[str, ...] = ()
    """Whose pages may show it, or `*` for all: the host of the one that does is written down with the signature."""

    @property
    def venue(self) -> Venue:
        """What its forms are bound to."""
        return Venue(self.source, self.organisation, self.origins)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of signing: what is shown, and what to answer with."""

    kind: Kind
    """`form`; `moment`, to be tried again; `mail`, to look for a message in mailbox or phone; `counted`, by the
    code from there; `gone`, where that came too late; `ended`, where the campaign takes no signatures."""
    html: Markup
    switch: Markup
    """The other languages. Where there is a form they keep what was typed."""
    status: int = 200


def petition(slug: str, language: str = "") -> Petition | None:
    """The campaign with this slug in this language or its main one, or `None`; a draft is nobody's business."""
    live, moment = live_campaigns().get(slug), now()
    if live is None or live.campaign.state(moment) == "draft":
        return None
    code = language if language in live.campaign.languages else live.campaign.languages[0]
    return Petition(live, language_named(code), moment, pulse().count(live.id))


def sign_form(shown: Petition, stand: Stand) -> Step:
    """The form of a campaign, empty, or why there is none."""
    if shown.state != "live":
        return _step(shown, stand, "ended")
    return _form(shown, stand, build_form(shown.campaign, shown.language.code))


def with_arrival(page: str, stand: Stand) -> str:
    """A page with `sign_form` in it, once it says how this visitor came; the page without it can be kept for all.

    What it says depends on the address and on the header `Referer`.
    """
    return arriving.fill(page, arriving.asked(stand.origins))


def take_signature(shown: Petition, stand: Stand) -> Step:
    """Take what was sent from a form that `sign_form` made, or from a step after it; gives the next step."""
    if request.mimetype not in FORM_TYPES:
        abort(415)
    sent, code = request.form, shown.language.code
    if "r" in sent:
        return _by_reference(shown, stand, sent["r"])
    if shown.state != "live":
        return _step(shown, stand, "ended", REFUSED_STATUS[shown.state], refused=refusal(shown.state, code))
    if sent.get("switch"):
        return _form(shown, stand, build_form(shown.campaign, code, sent), arrival=arriving.sent(stand.origins))
    try:
        with at_work(shown.live.id):
            return _taken(shown, stand)
    except Overloaded:
        log.warning("signing paused", campaign=shown.live.slug, code="overloaded")
        return _step(shown, stand, "moment", 503, typed=typed_fields())


def _taken(shown: Petition, stand: Stand) -> Step:
    taken = take(shown.live, shown.language.code, stand.venue)
    if taken.kind == "signed":
        return _mail(shown, stand, taken.reference, later=taken.later)
    if taken.kind == "away" or taken.form is None:
        return _step(shown, stand, "moment", 503, typed=typed_fields())
    return _form(shown, stand, taken.form, 422, refused=taken.refused, arrival=arriving.sent(stand.origins))


def _form(
    shown: Petition,
    stand: Stand,
    form: SignForm,
    status: int = 200,
    refused: str = "",
    arrival: Arrival = NOTHING,
) -> Step:
    # whoever is asked in an organisation's place is asked for that one first
    asks = sorted(form.asks, key=lambda ask: ask.organisation != stand.organisation)
    consents = [form[ask.field_name] for ask in asks]
    token = new_form_token(shown.live, stand.venue)
    step = _step(shown, stand, "form", status, form=form, form_token=token, consents=consents, refused=refused)
    return replace(step, html=Markup(arriving.fill(step.html, arrival)))  # noqa: S704 - our own template


class _CodeForm(CodeForm):
    r = HiddenField()
    arrival = HiddenField()


def _mail(shown: Petition, stand: Stand, reference: str, status: int = 200, typed: str = "", **details: Any) -> Step:
    arrival, here = arriving.sent(stand.origins), stand.address(shown.language.code)
    form = _CodeForm(data={"code": typed, "r": reference, arriving.FIELD: arrival.query})
    known = confirming.reference_in(reference)
    brought = arriving.brought(shown.live, stand.organisation, arrival)
    details |= {"own": Shared(brought) if known else None, "texted": bool(known and known.texted)}
    details |= {"boxes": confirming.boxes(known) if known else []}
    again = arrival.added_to(here)
    return _step(shown, stand, "mail", status, form=form, confirm_url=here, sign_again_url=again, **details)


def _by_reference(shown: Petition, stand: Stand, token: str) -> Step:
    reference = confirming.reference_in(token)
    if reference is None or reference.campaign_id != shown.live.id:
        return _step(shown, stand, "gone", 404)
    if request.form.get("resend"):
        confirming.send_again(reference)
        return _mail(shown, stand, token, resent=True)
    signature = confirming.proven(reference)
    if signature is None:
        wrong = confirming.wrong_code(reference, shown.language.code)
        return _mail(shown, stand, token, 422, confirming.typed_code(), code_error=wrong)
    own = Shared(signature.brought)
    counted = confirming.count(signature, confirming.ticked_here(signature, reference))
    if counted is None:
        return _step(shown, stand, "gone", 404)
    known = petition(shown.live.slug, shown.language.code) or shown
    return _step(known, stand, "counted", counted=counted, own=own)


def _step(
    shown: Petition, stand: Stand, kind: Kind, status: int = 200, own: Shared | None = None, **details: Any
) -> Step:
    code = g.language = shown.language.code
    with force_locale(code):
        details |= passing_on(shown.live, code, own) if own else {}
        html = render_template(
            "_step.html",
            kind=kind,
            framed=True,
            sign_url=stand.address(code),
            campaign=shown.campaign,
            text=shown.text,
            language=shown.language,
            state=shown.state,
            count=shown.count,
            goal=shown.goal,
            percent=shown.percent,
            keeping=keeping(shown.campaign, code),
            html={key: to_html(getattr(shown.text, key), shown.live, code) for key in ("thanks", "story")},
            **details,
        )
        switch = _switch(shown, stand, posts=kind == "form") if kind in ("form", "ended") else Markup("")
    return Step(kind, Markup(html), switch, status)  # noqa: S704 - our own template


def _switch(shown: Petition, stand: Stand, *, posts: bool) -> Markup:
    choices = [
        LanguageChoice(language_named(code), stand.address(code), stand.address(code), code == shown.language.code)
        for code in shown.campaign.languages
    ]
    macros: Any = current_app.jinja_env.get_template("_languages.html").make_module({"language": shown.language})
    return Markup(macros.header(choices, posts))  # noqa: S704 - the same
