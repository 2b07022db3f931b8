"""Who is asking: the session behind a cookie, and the one place that lets a request to the console through.

Every route of the console says by `rule` what it takes: one of the actions of `domain.roles`, or one of the words here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from .. import errors
from ..campaigns import sources
from ..campaigns.live import live_campaigns
from ..domain.roles import Action, Relation, Role, may
from ..i18n import best_language
from ..security import refuse_cross_site
from ..settings import Settings
from ..staff import people, seconds, sessions
from ..staff.marks import Marks, same

Open = Literal["anybody", "half", "oneself"]
"""`anybody`: before the log-in. `half`: between the first factor and the second. `oneself`: whoever is logged in."""

HOME = "/staff/"
BROWSER, SESSION, LANGUAGE = "clarion_browser", "clarion_staff", "clarion_language"

View = TypeVar("View", bound=Callable[..., Any])


def rule(word: Open | Action) -> Callable[[View], View]:
    """Declare who may call a view of the console."""

    def declare(view: View) -> View:
        view.rule = word  # type: ignore[attr-defined]
        view.access = "personal"  # type: ignore[attr-defined]
        return view

    return declare


def rule_of(app: Flask, endpoint: str | None) -> Open | Action | None:
    """What the view behind an endpoint declared. A plugin's asks for somebody who is logged in, unless it is public."""
    view = app.view_functions.get(endpoint or "")
    declared: Open | Action | None = getattr(view, "rule", None)
    if declared is None and (endpoint or "").startswith("hooks_") and getattr(view, "access", None) == "personal":
        return "campaigns.see" if request.view_args and "slug" in request.view_args else "oneself"
    return declared


def init_guard(app: Flask) -> None:
    """Ask for every request, before its view runs."""
    app.extensions["clarion.marks"] = Marks(app.extensions["clarion.keyring"])
    app.before_request(_let_through)
    app.after_request(_keep_browser)
    app.register_error_handler(Forbidden, refused)
    app.jinja_env.globals.update(may=allowed, form_token=form_token)


def marks() -> Marks:
    """What tokens and codes are made with."""
    found: Marks = current_app.extensions["clarion.marks"]
    return found


def _let_through() -> AnyResponse | None:
    if not request.path.startswith(HOME) or request.endpoint is None:
        return None
    _recognise()
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        _refuse_forgery()
    word = rule_of(current_app, request.endpoint)
    waits = g.session is not None and g.session.second_at is None
    g.inside = g.staff is not None and not (waits and (seconds.has_second(g.staff) or _must_have_second()))
    if word == "anybody" or word is None:
        # what declares nothing is a plugin's public page: the tests hold that for all others
        return None
    if g.staff is None:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else HOME
        return redirect(url_for("login.ask", next=wanted), 303)
    if word == "half":
        return None
    if not g.inside:
        where = "login.second" if seconds.has_second(g.staff) else "account.second_factor"
        return redirect(url_for(where, next=request.path if request.method == "GET" else HOME), 303)
    if word != "oneself":
        _check(word)
    return None


def _recognise() -> None:
    g.browser = request.cookies.get(cookie_name(BROWSER), "")
    g.fresh_browser = not 20 <= len(g.browser) <= 80
    if g.fresh_browser:
        g.browser = secrets.token_urlsafe(32)
    found = sessions.find(request.cookies[cookie_name(SESSION)]) if cookie_name(SESSION) in request.cookies else None
    g.session, g.staff = found if found else (None, None)
    g.roles = people.roles_of(g.staff.id) if g.staff else {}
    offered = list(current_app.extensions["clarion.languages"])
    own = (g.staff.language if g.staff else "") or request.cookies.get(cookie_name(LANGUAGE), "")
    g.language = own if own in offered else best_language(offered)


def _must_have_second() -> bool:
    """Whether somebody is not let in without a second factor; at home, where a site is tried out, everybody is."""
    return _settings().site.production and people.needs_second(g.staff)


def _check(action: Action) -> None:
    """Let through who may. What somebody may not even see is not there for them."""
    around = standings(request.view_args or {})
    if around is None or (not _sees(around, action)):
        abort(404)
    if not may(action, around, admin=g.staff.admin):
        raise Forbidden(description=gettext("Your role does not include this. An owner of the organization can do it."))


def _sees(around: list[tuple[Relation, Role]], action: Action) -> bool:
    seen: Action = {"people": "people.see"}.get(action.partition(".")[0], "campaigns.see")  # type: ignore[assignment]
    if "slug" not in (request.view_args or {}) and seen == "campaigns.see":
        return True  # it is about nothing that could be hidden
    return may(seen, around, admin=g.staff.admin)


def standings(about: dict[str, Any]) -> list[tuple[Relation, Role]] | None:
    """The roles of whoever asks, by what their organisations are to a thing; `None` where there is no such thing."""
    if "slug" in about:
        return in_campaign(str(about["slug"]))
    if "organisation" in about:
        role = g.roles.get(str(about["organisation"]))
        return [("own", role)] if role else []
    return [("any", role) for role in g.roles.values()]


def in_campaign(slug: str) -> list[tuple[Relation, Role]] | None:
    """The roles of whoever asks in a campaign that is published, or was saved here; `None` where there is none."""
    live = live_campaigns().get(slug)
    if live is not None:
        lead, there = live.campaign.lead.id, {one.id for one in live.campaign.organisations}
    elif (source := sources.latest(slug)) is not None:
        lead, there = source.lead, set(source.organisations)
    else:
        return None
    return [("lead" if name == lead else "partner", role) for name, role in g.roles.items() if name in there]


def allowed(action: Action, **about: Any) -> bool:
    """Whether whoever asks may do a thing: `may("reasons.moderate", slug=…)` in templates."""
    around = standings(about)
    return g.staff is not None and around is not None and may(action, around, admin=g.staff.admin)


def sees_campaign(slug: str) -> bool:
    """Whether whoever asks sees that a campaign is there."""
    return allowed("campaigns.see", slug=slug)


# -- Cookies and forms


def _settings() -> Settings:
    found: Settings = current_app.extensions["clarion.settings"]
    return found


def _secure() -> bool:
    return _settings().site.base_url.startswith("https://")


def cookie_name(name: str) -> str:
    """The name of a cookie; where all is encrypted its prefix keeps others from setting it over plain HTTP."""
    return f"__Secure-{name}" if _secure() else name


def set_cookie(response: AnyResponse, name: str, value: str, seconds: int | None = None) -> None:
    """Set one that goes to the console only, and to no script."""
    response.set_cookie(
        cookie_name(name), value, max_age=seconds, path=HOME, secure=_secure(), httponly=True, samesite="Lax"
    )


def drop_cookie(response: AnyResponse, name: str) -> None:
    """Take one back."""
    response.delete_cookie(cookie_name(name), path=HOME, secure=_secure(), httponly=True, samesite="Lax")


def _keep_browser(response: Response) -> Response:
    if g.get("fresh_browser"):
        set_cookie(response, BROWSER, g.browser, 90 * 24 * 3600)
    return response


def csrf() -> str:
    """What a form of this browser and session carries, so that no other site can send it."""
    session = g.session.digest if g.get("session") else b""
    return marks().digest("form", g.browser.encode(), session).hex()[:40]


def form_token() -> Markup:
    """The field that a form carries it in."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf())


def _refuse_forgery() -> None:
    refuse_cross_site()
    if not same(request.form.get("csrf", ""), csrf()):
        words = gettext("This page was open for too long. Please go back, load it again, and try once more.")
        raise Forbidden(description=words)


def next_place() -> str:
    """Where to go on to: a page of the console, whatever the address says (open redirects)."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted.replace("\\", "/"))
    good = wanted.startswith(HOME) and not wanted.startswith("//") and not parts.netloc and wanted.isprintable()
    return wanted if good else HOME


def show(template: str, status: int = 200, **known: Any) -> AnyResponse:
    """A page of the console."""
    return current_app.make_response((render_template(f"console/{template}", **known), status))


def refused(error: Forbidden) -> AnyResponse:
    """The page for who may not."""
    if not request.path.startswith(HOME) or g.get("browser") is None:
        return errors.show(error)
    return show("refused.html", 403, message=error.description)
