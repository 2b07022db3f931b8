"""What mails say: made at the moment of sending from the sealed details, in the signer's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import select

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain import prose
from ..domain.person import Person
from ..extensions import db, now
from ..outbox.service import Leased
from ..pages.links import share_links
from ..pages.render import fill, keeping, language_named, links, settings, to_html
from ..sealing import Keyring, Link, open_sealed
from ..signatures.models import CONFIRMED, PENDING, Signature
from .channels import Mail, MailChannel
from .mime import Words, as_email
from .moulds import MouldShelf, mark, values


class NothingToSay(Exception):
    """The message has no purpose any more: the signature is gone, or confirmed meanwhile."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is needed of a signature to write to its owner."""

    state: str
    language: str
    sealed: bytes


def sealed_of(page: Sequence[Leased]) -> dict[int, Sealed]:
    """The signatures of a page of messages, in one question."""
    columns = (Signature.id, Signature.state, Signature.language, Signature.sealed)
    rows = db.session.execute(select(*columns).where(Signature.id.in_([leased.signature_id for leased in page]))).all()
    # after a rollback, which ends a question otherwise, psycopg would forget all statements it has prepared
    db.session.commit()
    return {id: Sealed(state, language, sealed) for id, state, language, sealed in rows}


def compose(leased: Leased, signature: Sealed | None) -> Mail:
    """The mail of a message. Raises `NothingToSay`, `KeyMissing` or `SealBroken`."""
    live = live_campaigns().by_id(leased.campaign_id)
    if signature is None or live is None or not _is_wanted(leased.kind, signature.state):
        raise NothingToSay
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    details = open_sealed(keyring.private_key(live.key_id), signature.sealed)
    person, link = Person.from_details(details), Link.from_text(details["link"])
    code = signature.language if signature.language in live.campaign.languages else live.campaign.languages[0]
    sender = mail_channel().sender
    shelf: MouldShelf = current_app.extensions["clarion.moulds"]
    key = (live.id, live.edition_id, leased.kind, code, signature.state)
    mould = shelf.get(key, lambda: as_email(_words(leased.kind, live, code, signature.state)))
    content = mould.cast(
        values(
            person.email,
            person.name,
            messageid=f"{leased.id}.{leased.kind}-{code}@{sender.rpartition('@')[2]}",
            date=format_datetime(now()),
            confirm=links().confirm(link.confirm_token),
            code=link.code,
            me=links().me(link.me_token),
        )
    )
    return Mail(leased.id, f"{leased.kind}-{code}", sender, person.email, content)


def mail_channel() -> MailChannel:
    """The channel that mails leave by."""
    channel: MailChannel = current_app.extensions["clarion.channels"]["email"]
    return channel


def _is_wanted(kind: str, state: str) -> bool:
    return {"confirm": state == PENDING, "thanks": state == CONFIRMED}.get(kind, True)


def _words(kind: str, live: LiveCampaign, code: str, state: str) -> Words:
    """The words of a kind of mail, with marks where each person's own are cast in."""
    campaign = live.campaign
    with force_locale(code):
        text = campaign.text(code)
        url = links().page(campaign.slug, code)
        share_text = fill(text.share or text.title, live, code)
        known = {
            "campaign": campaign,
            "text": text,
            "language": language_named(code),
            "direction": language_named(code).direction,
            "confirm_url": mark("confirm"),
            "code": mark("code"),
            "me_url": mark("me"),
            "page_url": url,
            "share": share_links(url, share_text, text.title),
            "share_text": share_text,
            "html": {"thanks": to_html(text.thanks, live, code)},
            "thanks_text": prose.plain(fill(text.thanks, live, code)),
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
            subject=" ".join(render_template(f"mail/{kind}.subject.txt", **known).split()),
            text=render_template(f"mail/{kind}.txt", **known, name=mark("name")),
            html=render_template(f"mail/{kind}.html", **known, name=mark("htmlname")),
            language=code,
            message_id=f"{mark('messageid')}@mould.example",
            reply_to=campaign.lead.email,
        )
