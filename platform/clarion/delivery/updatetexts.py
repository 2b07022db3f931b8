"""What an update says as a text, and whether it may still be sent: asked for each signer at the moment of sending."""

from __future__ import annotations

from sqlalchemy import and_, select

from ..campaigns.live import live_campaigns
from ..extensions import db, now
from ..signatures.models import BY_TEXT, CONFIRMED, Consent, Signature, SignaturePhone
from ..updates.audience import agreed
from ..updates.models import STOPPED, Update
from ..updates.news import Texts
from .channels import Due, NothingToSay, NotYet


def update_words(message: Due, language: str) -> str:
    """The words of an update for one signer. Raises `NothingToSay` where the yes no longer stands, or `NotYet`."""
    live = live_campaigns().by_id(message.campaign_id)
    if live is None:
        raise NothingToSay
    if live.campaign.state(now()) == "draft":
        raise NotYet("draft")
    yes = and_(Consent.signature_id == message.signature_id, agreed(Update.organisation, BY_TEXT))
    spoken = and_(SignaturePhone.signature_id == Consent.signature_id, SignaturePhone.verified_at.is_not(None))
    content = db.session.scalar(
        select(Update.content)
        .join(Consent, yes)
        .join(SignaturePhone, spoken)
        .join(Signature, Signature.id == Consent.signature_id)
        .where(Update.id == message.about_id, Update.state != STOPPED, Signature.state == CONFIRMED)
    )
    # after a rollback, which ends a question otherwise, psycopg would forget all statements it has prepared
    db.session.commit()
    if content is None:
        raise NothingToSay
    return Texts.from_json(content).text(language, live.campaign.languages[0]).body
