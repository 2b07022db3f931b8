"""One's own account: language, passkeys, the app for codes, recovery codes, and the browsers that are logged in."""

from __future__ import annotations

import io
import re

import segno
from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for
from flask_babel import gettext
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup
from sqlalchemy import update
from werkzeug.wrappers import Response as AnyResponse

from ..domain.faults import printable
from ..extensions import transaction
from ..settings import Settings
from ..staff import passkeys, people, seconds, sessions, tickets
from ..staff.models import Staff
from ..staff.passkeys import PasskeyRefused
from .guard import LANGUAGE, SESSION, marks, next_place, rule, set_cookie, show
from .proofs import LONGEST_ANSWER, passkeys_here

bp = Blueprint("account", __name__, url_prefix="/staff")

SECRET_LASTS = 1800
"""Seconds in which an app is to be set up."""


@bp.post("/language")
@rule("anybody")
def language() -> AnyResponse:
    """Take another language, here and in later mails."""
    wanted = request.form.get("language", "")
    if wanted not in current_app.extensions["clarion.languages"]:
        abort(404)
    if g.staff:
        with transaction() as session:
            session.execute(update(Staff).where(Staff.id == g.staff.id).values(language=wanted))
    response = redirect(next_place(), 303)
    set_cookie(response, LANGUAGE, wanted, 365 * 24 * 3600)
    return response


@bp.get("/account")
@rule("oneself")
def own() -> AnyResponse:
    """The page of one's account."""
    return _page()


def _page(status: int = 200, **known: object) -> AnyResponse:
    shown = {
        "passkeys": passkeys.listed(g.staff.id),
        "app": g.staff.totp_sealed is not None,
        "codes_left": seconds.recovery_codes_left(g.staff.id),
        "sessions": sessions.listed(g.staff.id),
        "codes": [],
        "fault": "",
    }
    return show("account.html", status, **{**shown, **known})


@bp.get("/account/second")
@rule("half")
def second_factor() -> AnyResponse:
    """Set up a second factor: a passkey, or an app for codes."""
    _only_with_all_factors()
    return _setup_page()


def _only_with_all_factors() -> None:
    """Who has a second factor shows it before another is added: else a mailbox alone would be enough."""
    if g.session.second_at is None and seconds.has_second(g.staff):
        abort(403)


def _setup_page(fault: str = "", secret: str = "", status: int = 200) -> AnyResponse:
    secret = secret or seconds.new_secret()
    site = _settings().site
    drawing = io.BytesIO()
    address = seconds.app_address(secret, g.staff.email, site.name)
    segno.make(address, micro=False).save(drawing, kind="svg", border=4, xmldecl=False, omitsize=True, light="#fff")
    return show(
        "second_factor.html",
        status,
        fault=fault,
        picture=Markup(drawing.getvalue().decode()),  # noqa: S704 - drawn here, from a secret in base 32
        secret=" ".join(re.findall("....", secret)),
        sealed=_serializer().dumps([g.staff.id, secret]),
        later=not (site.production and people.needs_second(g.staff)),
        next=next_place(),
    )


@bp.post("/account/app")
@rule("half")
def keep_app() -> AnyResponse:
    """Take an app in, once it shows the right code."""
    _only_with_all_factors()
    try:
        number, secret = _serializer().loads(request.form.get("sealed", ""), max_age=SECRET_LASTS)
    except (BadSignature, ValueError, TypeError):
        return _setup_page(gettext("This took too long. Please scan the new picture."), status=422)
    typed = "".join(re.findall(r"[0-9]", request.form.get("code", "")[:40]))
    if number != g.staff.id or not seconds.keep_app(marks(), g.staff.id, secret, typed):
        fault = gettext("This code is not right. Is the clock of your phone set to automatic?")
        return _setup_page(fault, secret if number == g.staff.id else "", 422)
    return _with_new_factor()


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(marks().key("app being set up"), salt="app")


def _with_new_factor() -> AnyResponse:
    """Show recovery codes, once; other sessions end, as they were begun with less."""
    with transaction() as session:
        cookie = sessions.raise_to_second(session, g.session)
        sessions.end_all(session, g.staff.id, but=g.session.id)
    g.session.digest = sessions.digest_of(cookie)
    codes = seconds.new_recovery_codes(marks(), g.staff.id)
    response = show("codes.html", codes=codes, next=next_place())
    set_cookie(response, SESSION, cookie)
    return response


@bp.post("/account/app/remove")
@rule("oneself")
def drop_app() -> AnyResponse:
    """Take the app out."""
    if _is_last(app=True):
        return _page(422, fault=_last())
    seconds.drop_app(g.staff.id)
    return redirect(url_for("account.own"), 303)


@bp.post("/account/codes")
@rule("oneself")
def codes() -> AnyResponse:
    """Make new recovery codes in place of the old ones."""
    return show("codes.html", codes=seconds.new_recovery_codes(marks(), g.staff.id), next=url_for("account.own"))


@bp.post("/account/passkeys/challenge")
@rule("half")
def passkey_challenge() -> Response:
    """What the browser makes a passkey from, as JSON for the script of the page."""
    _only_with_all_factors()
    ticket = tickets.make("challenge", g.staff.id, g.browser)
    options = passkeys_here().to_make(g.staff, ticket)
    return Response(f'{{"ticket":{ticket.id},"options":{options}}}', content_type="application/json")


@bp.post("/account/passkeys")
@rule("half")
def keep_passkey() -> AnyResponse:
    """Take a passkey in."""
    _only_with_all_factors()
    first = not seconds.has_second(g.staff)
    name = printable(" ".join(request.form.get("name", "").split()))[: passkeys.LONGEST_NAME]
    ticket = tickets.challenge(request.form.get("ticket", type=int), g.browser)
    answer = request.form.get("answer", "")
    try:
        if ticket is None or ticket.staff_id != g.staff.id or len(answer) > LONGEST_ANSWER:
            raise PasskeyRefused
        passkeys_here().keep(g.staff, ticket, answer, name or gettext("Passkey"))
    except PasskeyRefused:
        return _setup_page(gettext("This passkey could not be added. Please try once more."), status=422)
    with transaction() as session:
        tickets.use(session, ticket)
    return _with_new_factor() if first else redirect(url_for("account.own"), 303)


@bp.post("/account/passkeys/<int:number>/remove")
@rule("oneself")
def drop_passkey(number: int) -> AnyResponse:
    """Take a passkey out."""
    if _is_last(app=False):
        return _page(422, fault=_last())
    passkeys.remove(g.staff.id, number)
    return redirect(url_for("account.own"), 303)


def _is_last(*, app: bool) -> bool:
    """Whether who needs a second factor would be left without one."""
    keys = len(passkeys.listed(g.staff.id))
    left = keys if app else keys - 1 + (g.staff.totp_sealed is not None)
    return left < 1 and _settings().site.production and people.needs_second(g.staff)


def _last() -> str:
    return str(gettext("This is your last second factor, and your role needs one. Add another one first."))


@bp.post("/account/sessions/<int:number>/end")
@rule("oneself")
def end_session(number: int) -> AnyResponse:
    """Log another browser out."""
    sessions.end(number, g.staff.id)
    return redirect(url_for("account.own"), 303)


def _settings() -> Settings:
    found: Settings = current_app.extensions["clarion.settings"]
    return found
