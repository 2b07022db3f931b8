"""What the mail of an update says, and whether it may still be sent: asked for each signer at the moment of sending."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from email.utils import format_datetime

from flask import current_app, render_template
from flask_babel import force_locale, gettext
from markupsafe import Markup
from sqlalchemy import and_, select

from ..campaigns.live import LiveCampaign, live_campaigns
from ..domain.campaign import Organisation
from ..extensions import db, now
from ..outbox.service import Leased
from ..pages.render import keeping, language_named, links, settings, to_html_alone, to_text
from ..signatures.models import CONFIRMED, Consent, Signature
from ..updates.audience import agreed
from ..updates.models import STOPPED, Update
from ..updates.news import News, Texts
from ..updates.service import KIND
from .channels import Mail, NothingToSay, NotYet
from .composing import Composer
from .feedback import message_name
from .headers import feedback_id, unsubscribe_url
from .mails import mail_channel
from .mime import Words, as_email, short_lines
from .moulds import Mould, MouldShelf, mark, values
from .signers import Sealed, open_signer


def compose(leased: Leased, signature: Sealed | None) -> Mail:
    """The mail of one message of an update. Raises `NothingToSay`, `NotYet`, `KeyMissing` or `SealBroken`."""
    live = live_campaigns().by_id(leased.campaign_id)
    if signature is None or live is None or leased.about_id is None or leased.signature_id is None:
        raise NothingToSay
    if live.campaign.state(now()) == "draft":
        raise NotYet("draft")
    organisation = _still_wanted(leased.about_id, leased.signature_id, live)
    person, link = open_signer(live, signature)
    if not person.email:
        raise NothingToSay
    code = signature.language if signature.language in live.campaign.languages else live.campaign.languages[0]
    update_id = leased.about_id
    shelf: MouldShelf = current_app.extensions["clarion.moulds"]
    key = (KIND, update_id, live.edition_id, code)
    mould = shelf.get(key, lambda: as_email(_words(live, organisation, _texts(update_id), code)))
    sender = mail_channel().sender
    content = mould.cast(
        values(
            person.email,
            person.name,
            messageid=f"{message_name(leased.id)}@{sender.rpartition('@')[2]}",
            date=format_datetime(now()),
            me=links().me(link.me_token),
            unsubscribe=unsubscribe_url(leased.signature_id, organisation.id),
        )
    )
    return Mail(leased.id, f"{KIND}-{code}", sender, person.email, content)


def _still_wanted(update_id: int, signature_id: int, live: LiveCampaign) -> Organisation:
    """Who sends the update, if the yes still stands: three rows, each found by its unique key.

    The signature is asked anew, as the page of messages was read some moments ago.
    """
    yes = and_(Consent.signature_id == signature_id, agreed(Update.organisation))
    query = (
        select(Update.organisation)
        .join(Consent, yes)
        .join(Signature, Signature.id == Consent.signature_id)
        .where(Update.id == update_id, Update.state != STOPPED, Signature.state == CONFIRMED)
    )
    sender = db.session.scalars(query).one_or_none()
    # after a rollback, which ends a question otherwise, psycopg would forget all statements it has prepared
    db.session.commit()
    organisation = live.campaign.organisation(sender) if sender is not None else None
    if organisation is None:
        raise NothingToSay
    return organisation


def _texts(update_id: int) -> Texts:
    """The words of an update, read when a mould is made."""
    content = db.session.scalars(select(Update.content).filter_by(id=update_id)).one()
    db.session.commit()
    return Texts.from_json(content)


def _words(live: LiveCampaign, organisation: Organisation, texts: Texts, code: str, *, test: bool = False) -> Words:
    """The mail in one language, with marks where each person's own are cast in; a test has nobody's links."""
    campaign = live.campaign
    written = texts.text(code, campaign.languages[0])
    sender = mail_channel().sender
    page_url = links().page(campaign.slug, code)
    with force_locale(code):
        known = {
            "campaign": campaign,
            "text": campaign.text(code),
            "written": written,
            "written_in": language_named(written.language),
            "language": language_named(code),
            "direction": language_named(code).direction,
            "news_html": _styled(to_html_alone(written.body, live, written.language)),
            "news_text": to_text(written.body, live, written.language),
            "page_url": page_url,
            "me_url": page_url if test else mark("me"),
            "unsubscribe_url": page_url if test else mark("unsubscribe"),
            "lead": organisation,
            "keeping": keeping(campaign, code),
            "test": test,
            "site_name": settings().site.name,
            "base_url": links().base_url,
        }
        title = gettext("Test: %(title)s", title=written.title) if test else written.title
        return Words(
            sender=sender,
            sender_name=organisation.name,
            recipient=f"{mark('recipient')}@mould.example",
            subject=" ".join(title.split()),
            text=render_template("mail/update.txt", **known),
            html=render_template("mail/update.html", **known),
            language=code,
            message_id=f"{mark('messageid')}@mould.example",
            reply_to=organisation.email,
            unsubscribe="" if test else mark("unsubscribe"),
            feedback_id="" if test else feedback_id(campaign.slug, KIND),
        )


def words(live: LiveCampaign, said: News, code: str, *, test: bool = False) -> Words:
    """The mail of an update that nobody has got yet."""
    organisation = live.campaign.organisation(said.organisation) or live.campaign.lead
    return _words(live, organisation, Texts(said.texts), code, test=test)


_STYLES = {
    "<h2": "margin:26px 0 8px;font-size:19px;line-height:1.3",
    "<h3": "margin:22px 0 6px;font-size:17px;line-height:1.3",
    "<ul": "margin:0 0 14px;padding-inline-start:24px",
    "<ol": "margin:0 0 14px;padding-inline-start:24px",
    "<li": "margin:0 0 6px",
    "<blockquote": "margin:0 0 14px;padding-inline-start:14px;border-inline-start:3px solid #8f877b",
}
"""Inline, because many mail programs drop the rest. Written after the cleaning, which leaves no style of others."""


def _styled(html: Markup) -> Markup:
    """The words as a mail shows them."""
    styled = str(short_lines(html))
    for tag, style in _STYLES.items():
        styled = styled.replace(tag, f'{tag} style="{style}"')
    return Markup(styled)  # noqa: S704 - cleaned by an allow-list, with styles of our own


def test_mails(live: LiveCampaign, said: News, recipient: str) -> Iterator[Mail]:
    """A mail in each of the campaign's languages, for one who wants to see it first; nothing is kept of it."""
    sender = mail_channel().sender
    for code in live.campaign.languages:
        mould = Mould.of(as_email(words(live, said, code, test=True)))
        content = mould.cast(
            values(
                recipient,
                "",
                messageid=f"test.{secrets.token_hex(12)}@{sender.rpartition('@')[2]}",
                date=format_datetime(now()),
            )
        )
        yield Mail(0, f"{KIND}-test-{code}", sender, recipient, content)


COMPOSERS: dict[str, Composer] = {KIND: compose}
