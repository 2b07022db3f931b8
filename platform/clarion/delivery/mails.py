"""What mails to a signer say: made at the moment of sending from the sealed details, in the signer's language."""

from __future__ import annotations

from email.utils import format_datetime

from flask import current_app, render_template
from flask_babel import force_locale

from ..campaigns.live import LiveCampaign, live_campaigns
from ..campaigns.schema import PERSONAL
from ..domain import placeholders
from ..domain.arrivals import Arrival
from ..domain.campaign import Wording
from ..extensions import db, now
from ..outbox.service import Leased
from ..pages.links import share_links
from ..pages.render import fill, keeping, language_named, links, settings, to_html_alone, to_text
from ..signatures import consents
from ..signatures.models import CONFIRMED, PENDING, VOID
from ..signatures.sharecodes import Shared, share_codes
from .channels import Mail, MailChannel, NothingToSay
from .composing import Composer
from .feedback import message_name
from .headers import feedback_id, unsubscribe_url
from .mime import Words, as_email, short_lines
from .moulds import MouldShelf, mark, values
from .signers import Sealed, open_signer

ENDED_WITH_NEWS = ("again", "thanks")
"""Kinds whose foot ends the news of the lead; a confirmation answers what was done just now, and has none."""


def compose(leased: Leased, signature: Sealed | None) -> Mail:
    """The mail of a message. Raises `NothingToSay`, `KeyMissing` or `SealBroken`."""
    live = live_campaigns().by_id(leased.campaign_id)
    if signature is None or live is None or not _is_wanted(leased.kind, signature.state):
        raise NothingToSay
    person, link = open_signer(live, signature)
    if not person.email:
        raise NothingToSay
    lead = live.campaign.lead.id
    # who signs again is told so each time: the page says that a mail is on its way, and its cap bounds how many
    if leased.kind == "thanks" and _has_ended(leased.signature_id, lead):
        raise NothingToSay
    code = signature.language if signature.language in live.campaign.languages else live.campaign.languages[0]
    sender, shares = mail_channel().sender, leased.kind == "thanks"
    shelf: MouldShelf = current_app.extensions["clarion.moulds"]
    key = (live.id, live.edition_id, leased.kind, code, signature.state)
    mould = shelf.get(key, lambda: as_email(words(leased.kind, live, code, signature.state)))
    content = mould.cast(
        values(
            person.email,
            person.name,
            messageid=f"{message_name(leased.id)}@{sender.rpartition('@')[2]}",
            date=format_datetime(now()),
            confirm=links().confirm(link.confirm_token),
            code=link.code,
            me=links().me(link.me_token),
            share=share_codes().make(live, Shared(signature.brought)) if shares else "",
            unsubscribe=unsubscribe_url(leased.signature_id or 0, lead) if leased.kind in ENDED_WITH_NEWS else "",
        )
    )
    return Mail(leased.id, f"{leased.kind}-{code}", sender, person.email, content)


def mail_channel() -> MailChannel:
    """The channel that mails leave by."""
    channel: MailChannel = current_app.extensions["clarion.channels"]["email"]
    return channel


def _is_wanted(kind: str, state: str) -> bool:
    return {"confirm": state == PENDING, "thanks": state == CONFIRMED}.get(kind, state != VOID)


def _has_ended(signature_id: int | None, organisation: str) -> bool:
    """Whether a signer ended the mails of an organisation."""
    known = consents.one_of(signature_id or 0, organisation, "email")
    # after a rollback psycopg would forget all statements it has prepared
    db.session.commit()
    return known is not None and known.withdrawn_at is not None


def words(kind: str, live: LiveCampaign, code: str, state: str) -> Words:
    """The words of a kind of mail, with marks where each person's own are cast in."""
    campaign = live.campaign
    with force_locale(code):
        text = campaign.text(code)
        url = links().page(campaign.slug, code)
        # only this one goes to a mailbox that has said yes, so only it shows a link of its owner's own
        share_url = Arrival(via=mark("share")).added_to(url) if kind == "thanks" else url
        share_text = fill(text.share or text.title, live, code, share_url)
        own = campaign.mail.get(kind, {}).get(code)
        known = {
            "campaign": campaign,
            "text": text,
            "language": language_named(code),
            "direction": language_named(code).direction,
            "confirm_url": mark("confirm"),
            "code": mark("code"),
            "me_url": mark("me"),
            "unsubscribe_url": mark("unsubscribe"),
            "page_url": url,
            "share_url": share_url,
            "share": share_links(share_url, share_text, text.title),
            "share_text": share_text,
            "own_html": short_lines(to_html_alone(_personal(own, kind, "htmlname"), live, code)) if own else "",
            "own_text": to_text(_personal(own, kind, "name"), live, code) if own else "",
            "html": {"thanks": to_html_alone(text.thanks, live, code)},
            "thanks_text": to_text(text.thanks, live, code),
            "lead": campaign.lead,
            "keeping": keeping(campaign, code),
            "state": state,
            "site_name": settings().site.name,
            "base_url": links().base_url,
        }
        return Words(
            sender=mail_channel().sender,
            sender_name=campaign.lead.name,
            recipient=f"{mark('recipient')}@mould.example",
            subject=" ".join((own.subject if own else render_template(f"mail/{kind}.subject.txt", **known)).split()),
            text=render_template(f"mail/{kind}.txt", **known, name=mark("name")),
            html=render_template(f"mail/{kind}.html", **known, name=mark("htmlname")),
            language=code,
            message_id=f"{mark('messageid')}@mould.example",
            reply_to=campaign.lead.email,
            unsubscribe=mark("unsubscribe") if kind in ENDED_WITH_NEWS else "",
            feedback_id=feedback_id(campaign.slug, kind),
        )


def _personal(own: Wording, kind: str, name: str) -> str:
    """The campaign's words with marks for what is each person's own: it never passes through Markdown."""
    slots = {"confirm_link": "confirm", "code": "code", "name": name}
    return placeholders.fill(own.body, {word: mark(slots[word]) for word in PERSONAL.get(kind, {})})


COMPOSERS: dict[str, Composer] = dict.fromkeys(("confirm", "again", "thanks"), compose)
