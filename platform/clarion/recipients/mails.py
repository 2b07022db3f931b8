"""What mails to recipients say, in their own language; whether they may still be sent is asked again here."""

from __future__ import annotations

from datetime import UTC, datetime, time
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale, gettext
from sqlalchemy import func, select

from ..campaigns.live import LiveCampaign, live_campaigns
from ..delivery.channels import Mail
from ..delivery.composing import Composer, NothingToSay, NotYet
from ..delivery.feedback import message_name
from ..delivery.headers import feedback_id, unsubscribe_url
from ..delivery.mails import mail_channel
from ..delivery.mime import Words, as_email
from ..delivery.models import Addressee, Delivery
from ..delivery.moulds import LINE
from ..delivery.signers import Sealed, open_signer
from ..domain.campaign import Recipient
from ..domain.names import public_name
from ..extensions import db, now
from ..i18n import format_number
from ..outbox.models import SENT, Message
from ..outbox.service import Leased
from ..pages.render import language_named, links, to_html_alone, to_text
from ..signatures.models import APPROVED, CONFIRMED, Reason, Signature
from .figures import Figures, said
from .letters import another_day, in_hours
from .service import DIGEST, LETTER, MILESTONE, in_office, local_now


def compose_news(leased: Leased, _signature: Sealed | None) -> Mail:
    """A milestone or a digest. Raises `NothingToSay` where the recipient has left, bounced, or wants no more."""
    live = _live(leased)
    row = db.session.get(Delivery, leased.about_id)
    addressee = db.session.get(Addressee, row.addressee_id) if row else None
    if row is None or addressee is None or addressee.unsubscribed_at is not None:
        raise NothingToSay
    recipient = _recipient(live, addressee)
    figures = Figures.from_json(row.content)
    known = {
        "figures": figures,
        "reasons": said(figures.reasons),
        "unsubscribe_url": unsubscribe_url(addressee.id),
    }
    return _mail(leased, live, recipient, addressee.email, known)


def compose_letter(leased: Leased, signature: Sealed | None) -> Mail:
    """A signer's letter, with their name as they allowed it. Raises `NothingToSay` where it is not wanted any more."""
    live = _live(leased)
    addressee = db.session.get(Addressee, leased.about_id)
    if signature is None or signature.state != CONFIRMED or addressee is None or not live.campaign.handing_over.letters:
        raise NothingToSay
    recipient = _recipient(live, addressee)
    _keep_the_cap(live, addressee)
    query = select(Signature.show_name, Reason.words).outerjoin(
        Reason, (Reason.signature_id == Signature.id) & (Reason.state == APPROVED)
    )
    row = db.session.execute(query.where(Signature.id == leased.signature_id)).one_or_none()
    if row is None:
        raise NothingToSay
    shows_name, words = row
    person, _ = open_signer(live, signature)
    name = public_name(person.name) if shows_name else ""
    known = {"signer": name, "words": words or "", "unsubscribe_url": "", "figures": None}
    return _mail(leased, live, recipient, addressee.email, known)


COMPOSERS: dict[str, Composer] = {MILESTONE: compose_news, DIGEST: compose_news, LETTER: compose_letter}


def _live(leased: Leased) -> LiveCampaign:
    """The campaign of a message. Raises `NotYet` while it is paused or a draft: what was planned waits for the end."""
    live = live_campaigns().by_id(leased.campaign_id)
    if live is None:
        raise NothingToSay
    if (state := live.campaign.state(now())) not in ("live", "closed"):
        raise NotYet(state)
    return live


def _recipient(live: LiveCampaign, addressee: Addressee) -> Recipient:
    """Who holds the office today behind this address."""
    recipient = in_office(live, local_now(live).date()).get(addressee.email)
    if recipient is None or addressee.bounced_at is not None:
        raise NothingToSay
    return recipient


def _keep_the_cap(live: LiveCampaign, addressee: Addressee) -> None:
    """Put a letter off that would come at night, or be one too many today: some of the days before may be late."""
    today = local_now(live)
    if not in_hours(today):
        raise NotYet("letters leave by day", another_day(live))
    midnight = datetime.combine(today.date(), time(), today.tzinfo)
    sent = select(func.count()).where(
        Message.kind == LETTER,
        Message.about_id == addressee.id,
        Message.state == SENT,
        Message.sent_at >= midnight.astimezone(UTC),
    )
    if (db.session.scalar(sent) or 0) >= live.campaign.handing_over.letters_a_day:
        raise NotYet("letters of the day", another_day(live))


def _mail(leased: Leased, live: LiveCampaign, recipient: Recipient, address: str, known: dict[str, Any]) -> Mail:
    code, sender = language_of(recipient, live), mail_channel().sender
    name = f"{message_name(leased.id)}@{sender.rpartition('@')[2]}"
    message = as_email(words(leased.kind, live, recipient, address, known, name))
    message["Date"] = format_datetime(now())
    content = message.as_bytes(policy=SMTP.clone(cte_type="8bit", max_line_length=LINE))
    return Mail(leased.id, f"{leased.kind}-{code}", sender, address, content)


def language_of(recipient: Recipient, live: LiveCampaign) -> str:
    """The language a recipient is written to in."""
    campaign = live.campaign
    return recipient.language if recipient.language in campaign.languages else campaign.languages[0]


def words(
    kind: str, live: LiveCampaign, recipient: Recipient, address: str, known: dict[str, Any], message_id: str
) -> Words:
    """The words of a kind of mail to a recipient; `known` holds what is new in it."""
    campaign, code = live.campaign, language_of(recipient, live)
    with force_locale(code):
        given = known | _shared(live, recipient, code, letter=kind == LETTER)
        return Words(
            sender=mail_channel().sender,
            sender_name=campaign.lead.name,
            recipient=address,
            subject=" ".join(_subject(kind, given).split()),
            text=render_template(f"mail/{kind}.txt", **given),
            html=render_template(f"mail/{kind}.html", **given),
            language=code,
            message_id=message_id,
            reply_to=campaign.lead.email,
            unsubscribe=known["unsubscribe_url"],
            feedback_id=feedback_id(campaign.slug, kind),
        )


def _shared(live: LiveCampaign, recipient: Recipient, code: str, *, letter: bool) -> dict[str, Any]:
    campaign, text, main = live.campaign, live.campaign.text(code), live.campaign.languages[0]
    district = recipient.district.get(code) or recipient.district.get(main, "")
    office = recipient.office.get(code) or recipient.office.get(main, "")
    sent_by = gettext(
        "Sent by %(organisation)s with the petition site %(site)s.",
        organisation=campaign.lead.name,
        site=links().base_url,
    )
    return {
        "campaign": campaign,
        "text": text,
        "language": language_named(code),
        "direction": language_named(code).direction,
        "recipient": recipient,
        "office": office,
        "district": district,
        "ask_html": to_html_alone(text.ask, live, code),
        "ask_text": to_text(text.ask, live, code),
        "page_url": links().page(campaign.slug, code),
        "lead": campaign.lead,
        "keeping": sent_by,
        "number": format_number,
        "letter": letter,
        "base_url": links().base_url,
    }


def _subject(kind: str, known: dict[str, Any]) -> str:
    title = known["text"].title
    if kind == MILESTONE:
        found = gettext("%(count)s people ask you: %(title)s", count=format_number(known["figures"].count), title=title)
    elif kind == DIGEST:
        found = gettext("%(count)s signatures: %(title)s", count=format_number(known["figures"].count), title=title)
    elif known["signer"]:
        found = gettext("%(name)s asks you: %(title)s", name=known["signer"], title=title)
    elif known["district"]:
        found = gettext("A neighbor in %(district)s asks you: %(title)s", district=known["district"], title=title)
    else:
        found = gettext("A neighbor asks you: %(title)s", title=title)
    return str(found)
