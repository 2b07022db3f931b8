"""Accounts, and what each person is for which organisation."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, func, select, update

from ..domain.roles import NEEDS_SECOND, Role
from ..extensions import Transaction, db, now, transaction
from . import sessions
from .marks import Marks, number_in, same
from .models import Invitation, Letter, Membership, Staff

INVITED_FOR = timedelta(days=7)
MOST_INVITED = 50
"""Invitations of one organisation that wait at a time."""

ORGANISATION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class LastOwner(Exception):
    """An organisation would be left without an owner, and nobody could let anybody in."""


class AlreadyThere(Exception):
    """Who is invited belongs to the organisation already."""


class TooMany(Exception):
    """Too many invitations wait."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in an organisation."""

    staff: Staff
    role: Role


def address_of(typed: str) -> str | None:
    """An address as accounts know it, or `None` if it is none."""
    try:
        found = validate_email(typed.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return found.ascii_email.lower() if found.ascii_email else None


def organisation_id(name: str) -> str:
    """The id of an organisation that is new, from its name; empty where nothing of the name can stand in one."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "-".join(re.findall("[a-z0-9]+", plain))[:60].strip("-")


def by_email(email: str) -> Staff | None:
    """The account of an address."""
    return db.session.scalar(select(Staff).filter_by(email=email))


def exist() -> bool:
    """Whether there is anybody at all."""
    return db.session.scalar(select(Staff.id).limit(1)) is not None


def add(session: Transaction, email: str, *, admin: bool = False, language: str = "") -> Staff:
    """The account of an address, made where it is missing."""
    staff = session.scalar(select(Staff).filter_by(email=email))
    if staff is None:
        handle = secrets.token_bytes(32)
        staff = Staff(email=email, language=language, admin=admin, passkey_handle=handle, created_at=now())
        session.add(staff)
        session.flush()
    elif admin:
        staff.admin = True
    return staff


def give_role(session: Transaction, staff_id: int, organisation: str, role: Role) -> None:
    """Make somebody this for an organisation; their sessions end, so that they hold nothing from before.

    Raises `LastOwner`.
    """
    mine = session.scalar(select(Membership).filter_by(staff_id=staff_id, organisation=organisation))
    if mine is not None and mine.role == role:
        return
    if mine is not None and mine.role == "owner":
        _keep_an_owner(session, organisation)
    if mine is None:
        session.add(Membership(staff_id=staff_id, organisation=organisation, role=role))
    else:
        mine.role = role
    sessions.end_all(session, staff_id)


def take_role(session: Transaction, staff_id: int, organisation: str) -> bool:
    """Take somebody out of an organisation; their sessions end. `False` if they were not in it. Raises `LastOwner`."""
    mine = session.scalar(select(Membership).filter_by(staff_id=staff_id, organisation=organisation))
    if mine is None:
        return False
    if mine.role == "owner":
        _keep_an_owner(session, organisation)
    session.delete(mine)
    sessions.end_all(session, staff_id)
    return True


def _keep_an_owner(session: Transaction, organisation: str) -> None:
    owners = select(Membership.id).filter_by(organisation=organisation, role="owner").with_for_update()
    if len(session.scalars(owners).all()) <= 1:
        raise LastOwner


def roles_of(staff_id: int) -> dict[str, Role]:
    """The role of somebody in each of their organisations."""
    rows = db.session.scalars(select(Membership).filter_by(staff_id=staff_id).order_by(Membership.organisation))
    return {row.organisation: row.role for row in rows}  # type: ignore[misc]  # only roles are written


def needs_second(staff: Staff) -> bool:
    """Whether somebody must not be let in without a second factor."""
    return staff.admin or not NEEDS_SECOND.isdisjoint(roles_of(staff.id).values())


def members(organisation: str) -> list[Member]:
    """Everybody in an organisation."""
    query = select(Staff, Membership.role).join(Membership, Membership.staff_id == Staff.id)
    rows = db.session.execute(query.where(Membership.organisation == organisation).order_by(Staff.email))
    return [Member(staff, cast(Role, role)) for staff, role in rows]


def invite(email: str, organisation: str, role: Role, *, by: int | None, language: str = "") -> Invitation:
    """Invite somebody; an earlier invitation to the same place is taken back. Raises `AlreadyThere` or `TooMany`."""
    moment = now()
    with transaction() as session:
        there = select(Membership.id).join(Staff, Staff.id == Membership.staff_id)
        if session.scalar(there.where(Staff.email == email, Membership.organisation == organisation)) is not None:
            raise AlreadyThere
        waits = (Invitation.organisation == organisation, Invitation.used_at.is_(None), Invitation.ends_at > moment)
        session.execute(update(Invitation).where(*waits, Invitation.email == email).values(used_at=moment))
        if (session.scalar(select(func.count()).select_from(Invitation).where(*waits)) or 0) >= MOST_INVITED:
            raise TooMany
        invitation = Invitation(
            nonce=secrets.token_bytes(16),
            email=email,
            organisation=organisation,
            role=role,
            invited_by=by,
            language=language,
            made_at=moment,
            ends_at=moment + INVITED_FOR,
        )
        session.add(invitation)
        session.flush()
        session.add(Letter(invitation_id=invitation.id, due_at=moment))
        return invitation


def invitations(organisation: str) -> list[Invitation]:
    """The invitations that wait, the latest first."""
    query = select(Invitation).filter_by(organisation=organisation).order_by(Invitation.id.desc())
    return list(db.session.scalars(query.where(Invitation.used_at.is_(None), Invitation.ends_at > now())))


def take_back(number: int, organisation: str) -> bool:
    """Take an invitation back."""
    with transaction() as session:
        mine = update(Invitation).where(
            Invitation.id == number, Invitation.organisation == organisation, Invitation.used_at.is_(None)
        )
        return bool(session.execute(mine.values(used_at=now())).rowcount)  # type: ignore[attr-defined]


def invitation_of(marks: Marks, token: str) -> Invitation | None:
    """The invitation that a link names, if it is real, in time and not taken."""
    number = number_in(token)
    found = db.session.get(Invitation, number, populate_existing=True) if number is not None else None
    if found is None or found.used_at is not None or found.ends_at <= now():
        return None
    return found if same(token, marks.token("invitation", found.id, found.nonce)) else None


def accept(session: Transaction, invitation: Invitation) -> Staff | None:
    """Take the place; the account, made where there was none. `None` if somebody else just did."""
    mine = update(Invitation).where(Invitation.id == invitation.id, Invitation.used_at.is_(None))
    if not session.execute(mine.values(used_at=now())).rowcount:  # type: ignore[attr-defined]
        return None
    staff = add(session, invitation.email, language=invitation.language)
    give_role(session, staff.id, invitation.organisation, invitation.role)  # type: ignore[arg-type]
    return staff


def forget_invitations() -> int:
    """Take out those that ended a week ago; how many."""
    with transaction() as session:
        old = delete(Invitation).where(Invitation.ends_at < now() - INVITED_FOR)
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]


def remove(session: Transaction, staff_id: int) -> None:
    """Take an account out, with all that hangs on it."""
    session.execute(delete(Staff).where(Staff.id == staff_id))
