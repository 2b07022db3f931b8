"""What mails say: made at the moment of sending from the sealed details, in the signer's language."""

from __future__ import annotations

from flask import current_app, render_template
from flask_babel import force_locale

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain import prose
from ..domain.person import Person
from ..extensions import db
from ..outbox.service import Leased
from ..pages.links import share_links
from ..pages.render import fill, keeping, language_named, links, settings, to_html
from ..sealing import Keyring, Link, open_sealed
from ..signatures.models import CONFIRMED, PENDING, Signature
from .channels import Mail


class NothingToSay(Exception):
    """The message has no purpose any more: the signature is gone, or confirmed meanwhile."""


def compose(leased: Leased) -> Mail:
    """The mail of a message. Raises `NothingToSay`, `KeyMissing` or `SealBroken`."""
    signature = db.session.get(Signature, leased.signature_id)
    live = live_campaigns().by_id(leased.campaign_id)
    if signature is None or live is None or not _is_wanted(leased.kind, signature.state):
        raise NothingToSay
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    details = open_sealed(keyring.private_key(live.key_id), signature.sealed)
    language = signature.language if signature.language in live.campaign.languages else live.campaign.languages[0]
    return _render(
        leased, live, language, signature.state, Person.from_details(details), Link.from_text(details["link"])
    )


def _is_wanted(kind: str, state: str) -> bool:
    return {"confirm": state == PENDING, "thanks": state == CONFIRMED}.get(kind, True)


def _render(leased: Leased, live: LiveCampaign, code: str, state: str, person: Person, link: Link) -> Mail:
    campaign = live.campaign
    with force_locale(code):
        text = campaign.text(code)
        url = links().page(campaign.slug, code)
        values = {
            "campaign": campaign,
            "text": text,
            "language": language_named(code),
            "direction": language_named(code).direction,
            "confirm_url": links().confirm(link.confirm_token),
            "code": link.code,
            "me_url": links().me(link.me_token),
            "page_url": url,
            "share": share_links(url, fill(text.share or text.title, live, code), text.title),
            "share_text": fill(text.share or text.title, live, code),
            "name": person.name if leased.kind == "thanks" else "",
            "html": {"thanks": to_html(text.thanks, live, code)},
            "thanks_text": prose.plain(fill(text.thanks, live, code)),
            "lead": campaign.lead,
            "keeping": keeping(campaign, code),
            "state": state,
            "site_name": settings().site.name,
            "base_url": links().base_url,
        }
        return Mail(
            message_id=leased.id,
            name=f"{leased.kind}-{code}",
            sender=settings().plugins.email.sender,
            sender_name=campaign.lead.name,
            recipient=person.email,
            subject=" ".join(render_template(f"mail/{leased.kind}.subject.txt", **values).split()),
            text=render_template(f"mail/{leased.kind}.txt", **values),
            html=render_template(f"mail/{leased.kind}.html", **values),
            language=code,
            reply_to=campaign.lead.email,
        )
