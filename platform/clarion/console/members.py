"""The people of an organisation: who is in it, who is invited, and what each of them is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from ..domain.roles import ROLES, Role
from ..extensions import transaction
from ..staff import people
from .guard import rule, show
from .login import LONGEST_ADDRESS
from .words import role_words

bp = Blueprint("members", __name__, url_prefix="/staff/organisations/<organisation>/people")


@bp.get("")
@rule("people.see")
def listed(organisation: str) -> AnyResponse:
    """Who is in the organisation."""
    return _page(organisation)


def _page(organisation: str, status: int = 200, **known: Any) -> AnyResponse:
    shown = {"email": "", "role": "editor", "fault": "", "about": ""}
    return show(
        "members.html",
        status,
        organisation=organisation,
        members=people.members(organisation),
        invitations=people.invitations(organisation),
        roles=role_words(),
        **{**shown, **known},
    )


@bp.post("/invite")
@rule("people.manage")
def invite(organisation: str) -> AnyResponse:
    """Invite somebody by mail."""
    typed, role = request.form.get("email", "")[:LONGEST_ADDRESS], _role()
    email, fault = people.address_of(typed), ""
    if not people.ORGANISATION.fullmatch(organisation) or len(organisation) > 60:
        abort(404)
    if email is None:
        fault = gettext("This does not look like an email address. It is written like name@example.org.")
    else:
        try:
            people.invite(email, organisation, role, by=g.staff.id, language=g.language)
        except people.AlreadyThere:
            fault = gettext("%(email)s is in this organization already. Change the role in the list.", email=email)
        except people.TooMany:
            fault = gettext("Very many invitations wait already. Take some of them back first.")
    if fault:
        return _page(organisation, 422, email=typed, role=role, fault=fault, about="email")
    return redirect(url_for("members.listed", organisation=organisation), 303)


@bp.post("/<int:number>/role")
@rule("people.manage")
def change(organisation: str, number: int) -> AnyResponse:
    """Give somebody another role; their sessions end at once."""
    _member(organisation, number)
    try:
        with transaction() as session:
            people.give_role(session, number, organisation, _role())
    except people.LastOwner:
        return _page(organisation, 422, fault=_last_owner())
    return redirect(url_for("members.listed", organisation=organisation), 303)


@bp.post("/<int:number>/remove")
@rule("people.manage")
def remove(organisation: str, number: int) -> AnyResponse:
    """Take somebody out of the organisation; their sessions end at once."""
    _member(organisation, number)
    try:
        with transaction() as session:
            people.take_role(session, number, organisation)
    except people.LastOwner:
        return _page(organisation, 422, fault=_last_owner())
    return redirect(url_for("members.listed", organisation=organisation), 303)


@bp.post("/invitations/<int:number>/take-back")
@rule("people.manage")
def take_back(organisation: str, number: int) -> AnyResponse:
    """Take an invitation back."""
    people.take_back(number, organisation)
    return redirect(url_for("members.listed", organisation=organisation), 303)


def _member(organisation: str, number: int) -> None:
    if number not in {one.staff.id for one in people.members(organisation)}:
        abort(404)


def _role() -> Role:
    role = request.form.get("role", "")
    if role not in ROLES:
        abort(400)
    return role


def _last_owner() -> str:
    return str(gettext("Every organization needs an owner. Make somebody else an owner first."))
