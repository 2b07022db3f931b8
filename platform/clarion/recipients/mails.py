"""What mails to recipients say, in their own language; whether they may still be sent is asked again here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import func, select

from ..campaigns.live import LiveCampaign, live_campaigns
from ..delivery.channels import Mail, NothingToSay, NotYet
from ..delivery.composing import Composer
from ..delivery.feedback import message_name
from ..delivery.headers import feedback_id, unsubscribe_url
from ..delivery.mails import mail_channel
from ..delivery.mime import Words, as_email
from ..delivery.models import Addressee, Delivery
from ..delivery.moulds import LINE
from ..delivery.signers import Sealed, open_signer
from ..domain.areas import SMALL_AREA
from ..domain.campaign import Recipient
from ..domain.names import public_name
from ..extensions import db, now
from ..i18n import format_number
from ..outbox.models import DUE, SENT, Message
from ..outbox.service import Leased
from ..pages.render import language_named, links, to_html_alone, to_text
from ..signatures.models import APPROVED, CONFIRMED, Reason, Signature
from .districts import stood_for
from .figures import Figures, said
from .letters import new_place
from .pace import LATE, in_hours
from .service import DIGEST, FEW, LETTER, MILESTONE, ended, in_office, local_now


def compose_news(leased: Leased, _signature: Sealed | None) -> Mail:
    """A milestone or a digest. Raises `NothingToSay` where the recipient has left, bounced, or wants no more."""
    live = _live(leased)
    row = db.session.get(Delivery, leased.about_id)
    addressee = db.session.get(Addressee, row.addressee_id) if row else None
    if row is None or addressee is None:
        raise NothingToSay
    recipient = _people(live, addressee)[0]
    figures = Figures.from_json(row.content)
    known = {
        "figures": figures,
        "reasons": said(figures.reasons),
        "unsubscribe_url": unsubscribe_url(addressee.id),
    }
    return _mail(leased, live, recipient, addressee.email, known)


def compose_letter(leased: Leased, signature: Sealed | None) -> Mail:
    """A signer's letter, with their name as they allowed it. Raises `NothingToSay` where it is not wanted any more."""
    live = live_campaigns().by_id(leased.campaign_id)
    addressee = db.session.get(Addressee, leased.about_id)
    if live is None or addressee is None or signature is None or signature.state != CONFIRMED:
        raise NothingToSay
    if not live.campaign.handing_over.letters:
        raise NothingToSay
    recipients = _people(live, addressee, ("to",))
    query = select(Signature.show_name, Reason.words, Reason.language).outerjoin(
        Reason, (Reason.signature_id == Signature.id) & (Reason.state == APPROVED)
    )
    row = db.session.execute(query.where(Signature.id == leased.signature_id)).one_or_none()
    if row is None:
        raise NothingToSay
    person, _ = open_signer(live, signature)
    name = public_name(person.name) if row.show_name else ""
    districts = stood_for(live, recipients)
    _mind_the_pace(live, leased, addressee.email, points_at_few=bool(districts) and not name)
    known = {
        "signer": name,
        "words": row.words or "",
        "written_in": row.language or "",
        "unsubscribe_url": unsubscribe_url(addressee.id),
        "figures": None,
    }
    if len(districts) != 1:
        known["district"] = ""
    return _mail(leased, live, recipients[0], addressee.email, known)


OPEN = ("live", "closed")
"""States in which mails leave; a campaign that is closed has letters on their way, and a last digest."""

COMPOSERS: dict[str, Composer] = {MILESTONE: compose_news, DIGEST: compose_news, LETTER: compose_letter}


def _live(leased: Leased) -> LiveCampaign:
    """The campaign of a message. Raises `NotYet` while it is paused or a draft: what was planned waits for the end."""
    live = live_campaigns().by_id(leased.campaign_id)
    if live is None:
        raise NothingToSay
    if (state := live.campaign.state(now())) not in OPEN:
        raise NotYet(state)
    return live


def _people(live: LiveCampaign, addressee: Addressee, roles: Sequence[str] = ("to", "cc")) -> list[Recipient]:
    """Those behind an address who hold an office today and may still be written to."""
    recipients = in_office(live, local_now(live).date(), roles).get(addressee.email)
    if recipients is None or ended(live, [addressee.email]):
        raise NothingToSay
    return recipients


def _mind_the_pace(live: LiveCampaign, leased: Leased, address: str, *, points_at_few: bool) -> None:
    """Give a letter another place that must not leave now; those that are late would else leave all together."""
    moment, state = local_now(live), live.campaign.state(now())
    due_at = db.session.scalars(select(Message.due_at).filter_by(id=leased.id)).one()
    midnight = datetime.combine(moment.date(), time(), moment.tzinfo)
    after = moment
    if state not in OPEN:
        why: str = state
    elif points_at_few and _few(leased.about_id):
        # more than one look a day would bring nobody's letter sooner
        why, after = FEW, midnight + timedelta(days=1)
    elif not in_hours(moment) or moment - due_at > LATE:
        why = "late letter"
    elif _sent_since(address, midnight) >= live.campaign.handing_over.letters_a_day:
        why, after = "letters of the day", midnight + timedelta(days=1)
    else:
        return
    raise NotYet(why, new_place(live, leased, due_at, after))


def _few(addressee_id: int | None) -> bool:
    """Whether fewer people have a letter to this mailbox than may be told of: then one more tells who they are."""
    signers = select(Message.signature_id).join(Signature, Signature.id == Message.signature_id)
    theirs = signers.where(Message.kind == LETTER, Message.about_id == addressee_id, Message.state.in_((DUE, SENT)))
    some = theirs.where(Signature.state == CONFIRMED).limit(SMALL_AREA).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) < SMALL_AREA


def _sent_since(address: str, moment: datetime) -> int:
    """How many letters have left to a mailbox since then, from all campaigns: some may have been late."""
    # with the campaigns named, an index leads to the mailbox
    campaigns = [live.id for live in live_campaigns().all()]
    mailbox = select(Addressee.id).where(Addressee.campaign_id.in_(campaigns), Addressee.email == address)
    sent = select(func.count()).where(
        Message.kind == LETTER,
        Message.about_id.in_(mailbox),
        Message.state == SENT,
        Message.sent_at >= moment.astimezone(UTC),
    )
    return db.session.scalar(sent) or 0


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
        given = _shared(live, recipient, code) | known
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


def _shared(live: LiveCampaign, recipient: Recipient, code: str) -> dict[str, Any]:
    campaign, text = live.campaign, live.campaign.text(code)
    own = recipient.district.get(campaign.languages[0], "")
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
        "copied": recipient.role == "cc",
        "own_district": own,
        "district": recipient.district.get(code) or own,
        "ask_html": to_html_alone(text.ask, live, code),
        "ask_text": to_text(text.ask, live, code),
        "page_url": links().page(campaign.slug, code),
        "lead": campaign.lead,
        "keeping": sent_by,
        "number": format_number,
    }


def _subject(kind: str, known: dict[str, Any]) -> str:
    title = known["text"].title
    if kind in (MILESTONE, DIGEST):
        n = known["figures"].count
        told = {"count": format_number(n), "title": title}
        if kind == DIGEST:
            found = ngettext("%(count)s signature: %(title)s", "%(count)s signatures: %(title)s", n, **told)
        elif known["copied"]:
            found = ngettext(
                "%(count)s person has signed: %(title)s", "%(count)s people have signed: %(title)s", n, **told
            )
        else:
            found = ngettext("%(count)s person asks you: %(title)s", "%(count)s people ask you: %(title)s", n, **told)
    elif known["signer"]:
        found = gettext("%(name)s asks you: %(title)s", name=known["signer"], title=title)
    elif known["district"]:
        found = gettext("A neighbor in %(district)s asks you: %(title)s", district=known["district"], title=title)
    else:
        found = gettext("A neighbor asks you: %(title)s", title=title)
    return str(found)
