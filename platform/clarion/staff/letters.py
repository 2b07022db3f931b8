"""Mails to staff: the link and code to log in, and invitations. They leave within a second or two, or not at all.

They are no messages of a campaign, so they stand in no lane: whoever waits for one asks again.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale, gettext
from sqlalchemy import delete, select, update

from ..campaigns.live import organisation_name
from ..delivery.channels import Mail, NotYet, Refused, Retry, Unsure
from ..delivery.mails import mail_channel
from ..delivery.mime import Words, as_email
from ..delivery.moulds import LINE
from ..extensions import db, now, transaction
from ..monitoring import log
from ..settings import Settings
from .marks import Marks
from .models import Invitation, Letter, Staff, Ticket

MOST_TRIES = 4
WAIT = timedelta(seconds=5)
"""After the first try; twice as long after each further one."""

AT_ONCE = 50


def send_due(marks: Marks) -> int:
    """Send the letters that are due; how many left. Each try is counted before it begins."""
    due = select(Letter).where(Letter.due_at <= now()).order_by(Letter.id).limit(AT_ONCE)
    return sum(_send(marks, letter) for letter in db.session.scalars(due).all())


def _send(marks: Marks, letter: Letter) -> bool:
    number, tries = letter.id, letter.tries
    with transaction() as session:
        mine = update(Letter).where(Letter.id == number, Letter.tries == tries)
        later = now() + WAIT * 2**tries
        if not session.execute(mine.values(tries=tries + 1, due_at=later)).rowcount:  # type: ignore[attr-defined]
            return False
    mail = _compose(marks, letter)
    sent = False
    if mail is not None:
        try:
            mail_channel().send(mail)
            sent = True
        except (Retry, NotYet) as error:
            if tries + 1 < MOST_TRIES:
                return False
            log.error("staff letter not sent", code=str(error))
        except (Refused, Unsure) as error:
            log.warning("staff letter not sent", code=error.code)
    with transaction() as session:
        session.execute(delete(Letter).where(Letter.id == number))
    return sent


def _compose(marks: Marks, letter: Letter) -> Mail | None:
    """What it says; nothing where it came too late."""
    if letter.invitation_id is not None:
        invitation = db.session.get(Invitation, letter.invitation_id)
        if invitation is None or invitation.used_at is not None or invitation.ends_at <= now():
            return None
        inviter = db.session.get(Staff, invitation.invited_by) if invitation.invited_by else None
        token = marks.token("invitation", invitation.id, invitation.nonce)
        known = {
            "url": f"{_site().base_url}/staff/invitation/{token}",
            "organisation": organisation_name(invitation.organisation),
            "inviter": inviter.email if inviter else "",
            "ends_at": invitation.ends_at,
        }
        return _mail(letter.id, "staff-invitation", invitation.email, invitation.language, known)
    ticket = db.session.get(Ticket, letter.ticket_id)
    staff = db.session.get(Staff, ticket.staff_id) if ticket and ticket.staff_id else None
    if ticket is None or staff is None or not ticket.mailed or ticket.used_at is not None or ticket.ends_at <= now():
        return None
    token = marks.token("login", ticket.id, ticket.nonce)
    known = {"url": f"{_site().base_url}/staff/login/{token}", "code": marks.code(ticket.nonce)}
    return _mail(letter.id, "staff-login", staff.email, staff.language or ticket.language, known)


def _mail(number: int, kind: str, recipient: str, language: str, known: dict[str, Any]) -> Mail:
    languages = current_app.extensions["clarion.languages"]
    code = language if language in languages else "en"
    sender = mail_channel().sender
    with force_locale(code):
        given = {"language": languages[code], "site_name": _site().name, **known}
        if "organisation" in known:
            given["invited_words"] = _invited(known["organisation"], known["inviter"])
        subjects = {
            "staff-login": gettext("Log in to %(site)s", site=_site().name),
            "staff-invitation": gettext("You are invited to %(site)s", site=_site().name),
        }
        words = Words(
            sender=sender,
            sender_name=_site().name,
            recipient=recipient,
            subject=str(subjects[kind]),
            text=render_template(f"mail/{kind}.txt", **given),
            html=render_template(f"mail/{kind}.html", **given),
            language=code,
            # from the secret link, so that nobody can tell our bounces of it apart from made-up ones
            message_id=f"staff.{hashlib.sha256(known['url'].encode()).hexdigest()[:24]}@{sender.rpartition('@')[2]}",
        )
        message = as_email(words)
    message["Date"] = format_datetime(now())
    content = message.as_bytes(policy=SMTP.clone(cte_type="8bit", max_line_length=LINE))
    # below all messages of campaigns, whose numbers count upwards from one
    return Mail(-number, f"{kind}-{code}", sender, recipient, content)


def _invited(organisation: str, inviter: str) -> str:
    if not inviter:
        return str(gettext("%(organisation)s would like you to work with them here.", organisation=organisation))
    words = gettext(
        "%(inviter)s would like you to work with %(organisation)s here.", inviter=inviter, organisation=organisation
    )
    return str(words)


def _site() -> Any:
    settings: Settings = current_app.extensions["clarion.settings"]
    return settings.site
