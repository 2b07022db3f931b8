"""Logging in: by a mail or a passkey, then by a second factor. Nothing happens on GET: mail scanners follow links."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from ..campaigns.live import live_campaigns
from ..extensions import transaction
from ..limits import uses_this_hour
from ..staff import passkeys, people, seconds, sessions, tickets
from ..staff.marks import CODE_DIGITS
from ..staff.models import Ticket
from .guard import HOME, SESSION, drop_cookie, marks, next_place, rule, set_cookie, show
from .proofs import answered, passkeys_here

bp = Blueprint("login", __name__, url_prefix="/staff")

LONGEST_ADDRESS = 254

OF_NETWORK = 120
"""Mails and challenges that one network may ask for in an hour: each is a row. Links that were mailed go on working."""


@bp.get("/login")
@rule("anybody")
def ask() -> AnyResponse:
    """The form that asks for an address."""
    return _already_in() or show("login.html", email="", fault="", next=next_place())


@bp.post("/login")
@rule("anybody")
def send() -> AnyResponse:
    """Send a mail to who is known; everybody gets the same answer."""
    typed = request.form.get("email", "")[:LONGEST_ADDRESS]
    email = people.address_of(typed)
    if email is None:
        fault = gettext("This does not look like an email address. It is written like name@example.org.")
        return show("login.html", 422, email=typed, fault=fault, next=next_place())
    if uses_this_hour("staff log-in") > OF_NETWORK:
        fault = gettext(
            "Very many have asked for mails from your network. Use the link of a mail that you have, or wait."
        )
        return show("login.html", 429, email=typed, fault=fault, next=next_place())
    number = tickets.ask_by_mail(email, g.browser, g.language)
    return redirect(url_for("login.code", ticket=number, next=next_place()), 303)


@bp.get("/login/code")
@rule("anybody")
def code() -> AnyResponse:
    """Where the code of the mail is typed."""
    return _already_in() or _code_page(request.args.get("ticket", type=int) or 0)


@bp.post("/login/code")
@rule("anybody")
def check_code() -> AnyResponse:
    """Look at a code; right ones log in."""
    number = request.form.get("ticket", type=int) or 0
    typed = "".join(re.findall(r"[0-9]", request.form.get("code", "")[:40]))
    ticket = tickets.by_code(marks(), number, g.browser, typed)
    if ticket is None:
        fault = gettext("This code is not right, or it has ended. Look for the newest mail, or ask for another one.")
        return _code_page(number, fault, request.form.get("code", "")[:12], 422)
    return _enter_by(ticket)


def _code_page(number: int, fault: str = "", typed: str = "", status: int = 200) -> AnyResponse:
    return show("code.html", status, ticket=number, fault=fault, typed=typed, next=next_place())


@bp.get("/login/<token>")
@rule("anybody")
def link(token: str) -> AnyResponse:
    """Where the mail's link leads: a button."""
    ticket = tickets.by_token(marks(), "login", token)
    return show("link.html", 200 if ticket else 410, good=ticket is not None, token=token, next=next_place())


@bp.post("/login/<token>")
@rule("anybody")
def follow(token: str) -> AnyResponse:
    """Log in by the mail's link."""
    ticket = tickets.by_token(marks(), "login", token)
    return _enter_by(ticket) if ticket else show("link.html", 410, good=False, token=token, next=HOME)


@bp.post("/login/challenge")
@rule("anybody")
def challenge() -> Response:
    """What this browser's passkey is to sign, as JSON for the script of the page."""
    if uses_this_hour("staff log-in") > OF_NETWORK:
        abort(429)
    ticket = tickets.make("challenge", browser=g.browser)
    known = passkeys.listed(g.staff.id) if g.staff else ()
    options = passkeys_here().to_show(ticket, known)
    return Response(f'{{"ticket":{ticket.id},"options":{options}}}', content_type="application/json")


@bp.post("/login/passkey")
@rule("anybody")
def by_passkey() -> AnyResponse:
    """Log in by a passkey, which is both factors at once: the device asked for a finger, a face or its own code."""
    ticket, staff = answered()
    if ticket is None or staff is None or (g.staff is not None and g.staff.id != staff.id):
        fault = gettext("This passkey was not accepted. Log in by email, or try once more.")
        return show("login.html", 422, email="", fault=fault, next=next_place())
    return _enter(staff.id, ticket, second=True)


@bp.get("/second")
@rule("half")
def second() -> AnyResponse:
    """Where the second factor is asked for."""
    return redirect(next_place(), 303) if g.session.second_at else _second_page()


@bp.post("/second")
@rule("half")
def check_second() -> AnyResponse:
    """Look at a code of the app, or a recovery code."""
    typed = request.form.get("code", "")[:40]
    if not sessions.count_try(g.session):
        response = redirect(url_for("login.ask", next=next_place()), 303)
        drop_cookie(response, SESSION)
        return response
    digits = "".join(re.findall(r"[0-9]", typed))
    good = len(digits) == CODE_DIGITS and seconds.take_code(marks(), g.staff, digits)
    if not good and not seconds.take_recovery_code(marks(), g.staff.id, typed):
        return _second_page(gettext("This code is not right. Wait for the app to show the next one."), 422)
    with transaction() as session:
        cookie = sessions.raise_to_second(session, g.session)
    return _with_session(cookie)


def _second_page(fault: str = "", status: int = 200) -> AnyResponse:
    known = {"app": g.staff.totp_sealed is not None, "has_passkey": seconds.has_passkey(g.staff.id)}
    return show("second.html", status, fault=fault, next=next_place(), **known)


@bp.post("/logout")
@rule("half")
def logout() -> AnyResponse:
    """End this session, here and for whoever may hold a copy of its cookie."""
    sessions.end(g.session.id, g.staff.id)
    response = redirect(url_for("login.ask"), 303)
    drop_cookie(response, SESSION)
    return response


# -- The first one, and those who are invited


@bp.get("/setup/<token>")
@rule("anybody")
def setup(token: str) -> AnyResponse:
    """The page of the link that a new site prints: who runs it?"""
    good = _setup_ticket(token) is not None
    return show("setup.html", 200 if good else 410, good=good, token=token, email="", fault="", **_known())


@bp.post("/setup/<token>")
@rule("anybody")
def set_up(token: str) -> AnyResponse:
    """Make the first account, and log it in."""
    ticket = _setup_ticket(token)
    if ticket is None:
        return show("setup.html", 410, good=False, token=token, email="", fault="", **_known())
    typed = request.form.get("email", "")[:LONGEST_ADDRESS]
    email = people.address_of(typed)
    organisations = [one for one in request.form.getlist("organisation") if people.ORGANISATION.fullmatch(one)]
    named = request.form.get("named", "")[:LONGEST_ADDRESS]
    if own := people.organisation_id(named):
        organisations.append(own)
    if email is None:
        fault = gettext("This does not look like an email address. It is written like name@example.org.")
        known = _known(organisations)
        return show("setup.html", 422, good=True, token=token, email=typed, fault=fault, **{**known, "named": named})
    with transaction() as session:
        if not tickets.use(session, ticket):
            abort(410)
        staff = people.add(session, email, admin=True, language=g.language)
        for organisation in organisations[:50]:
            people.give_role(session, staff.id, organisation[:60], "owner")
        cookie = sessions.begin(session, staff.id, device(), second=False)
    return _with_session(cookie)


def _setup_ticket(token: str) -> Ticket | None:
    """It is good until there is somebody: a second one could make themselves master of the site."""
    return None if people.exist() else tickets.by_token(marks(), "setup", token)


def _known(ticked: list[str] | None = None) -> dict[str, object]:
    found = {one.id: one.name for live in live_campaigns().all() for one in live.campaign.organisations}
    leads = [live.campaign.lead.id for live in live_campaigns().all()]
    return {"organisations": sorted(found.items()), "ticked": leads if ticked is None else ticked, "named": ""}


@bp.get("/invitation/<token>")
@rule("anybody")
def invitation(token: str) -> AnyResponse:
    """Where the mail of an invitation leads: a button."""
    found = people.invitation_of(marks(), token)
    return show("invitation.html", 200 if found else 410, invitation=found, token=token)


@bp.post("/invitation/<token>")
@rule("anybody")
def accept(token: str) -> AnyResponse:
    """Take the place. The link was in their mailbox, so it logs in as that of a log-in does."""
    found = people.invitation_of(marks(), token)
    if found is None:
        return show("invitation.html", 410, invitation=None, token=token)
    with transaction() as session:
        staff = people.accept(session, found)
        if staff is None:
            abort(410)
        cookie = sessions.begin(session, staff.id, device(), second=False)
    return _with_session(cookie)


# -- Entering


def _already_in() -> AnyResponse | None:
    return redirect(next_place(), 303) if g.staff else None


def _enter_by(ticket: Ticket) -> AnyResponse:
    if ticket.staff_id is None:
        abort(410)
    return _enter(ticket.staff_id, ticket, second=False)


def _enter(staff_id: int, ticket: Ticket, *, second: bool) -> AnyResponse:
    before = g.session
    with transaction() as session:
        if not tickets.use(session, ticket):
            abort(410)
        cookie = sessions.begin(session, staff_id, device(), second=second)
    if before is not None:
        sessions.end(before.id, before.staff_id)
    return _with_session(cookie)


def _with_session(cookie: str) -> AnyResponse:
    response = redirect(next_place(), 303)
    set_cookie(response, SESSION, cookie)
    return response


def device() -> str:
    """What the browser calls itself, in a word or two."""
    said = request.headers.get("User-Agent", "")
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
    )
    browser = next((name for mark, name in browsers if mark in said), "")
    system = next((name for mark, name in (*systems, ("Linux", "Linux")) if mark in said), "")
    return ", ".join(filter(None, (browser, system)))
