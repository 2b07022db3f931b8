"""What a plugin for texts may ask of the core: who signed by a phone, and letting a number get nothing any more.

What a plugin keeps of people it keeps sealed to a campaign's key, as all that is kept of signers (rule 6): processes
of the public pages can seal it and only a worker opens it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import current_app
from sqlalchemy import select, update

from .broker import wake
from .campaigns.live import LiveCampaign, live_campaigns
from .delivery.feedback import keep_told
from .delivery.mailboxes import mailbox_index
from .delivery.models import BOUNCED, COMPLAINED
from .delivery.stopping import has_stopped, start_number, stop_number
from .domain.addresses import number_mailbox
from .domain.campaign import ConsentAsk, Organisation
from .domain.person import Person
from .extensions import Transaction, db, this_minute, transaction
from .outbox.models import DUE, FAILED, NEEDLESS, SENT, UNKNOWN, Message
from .outbox.service import NewMessage, put
from .sealing import KeyMissing, Keyring, SealBroken, open_sealed, seal
from .signatures import phones, texted
from .signatures.consents import in_force
from .signatures.models import BY_TEXT, TEXT, Signature
from .signatures.service import Submission
from .signatures.texted import SignedByText
from .updates import audience, service
from .updates.news import News, Words

__all__ = ("SignedByText", "has_stopped", "start_number", "stop_number")


def number_index(number: str) -> bytes:
    """What a number is known by in the whole instance; it leads into no campaign."""
    return mailbox_index(number_mailbox(number))


def seal_for(campaign_id: int, details: Mapping[str, str]) -> bytes:
    """Seal some details to a campaign. Raises `LookupError` where it is not published."""
    return seal(_live(campaign_id).public_key, dict(details))


def open_for(campaign_id: int, sealed: bytes) -> dict[str, str]:
    """Open what was sealed to a campaign; in a worker only. Raises `LookupError` where no key is there any more."""
    try:
        return open_sealed(_keyring().private_key(_live(campaign_id).key_id), sealed)
    except (KeyMissing, SealBroken) as error:
        raise LookupError(str(error)) from error


def put_text(
    session: Transaction,
    kind: str,
    campaign_id: int,
    once: str,
    *,
    signature_id: int | None = None,
    about_id: int | None = None,
    due_at: datetime | None = None,
) -> None:
    """Put a text into the outbox, in the caller's transaction; `once` names what is sent once only."""
    message = NewMessage(kind, campaign_id, signature_id, once, channel=BY_TEXT, about_id=about_id, due_at=due_at)
    put(session.connection(), [message])


def wake_texts() -> None:
    """Let a worker look at what was put in just now; after the transaction."""
    wake("drain_lane", BY_TEXT)


def drop_texts(session: Transaction, kind: str, about_ids: Sequence[int]) -> None:
    """Let texts of a kind that wait not be sent any more, by what they tell of."""
    waiting = update(Message).where(
        Message.kind == kind, Message.about_id.in_(about_ids), Message.state == DUE, Message.trying.is_(False)
    )
    session.execute(waiting.values(state=NEEDLESS))


def text_was_taken(session: Transaction, message_id: int) -> None:
    """Keep that a text has left of which nobody knew."""
    unknown = update(Message).where(Message.id == message_id, Message.channel == BY_TEXT, Message.state == UNKNOWN)
    session.execute(unknown.values(state=SENT, sent_at=this_minute()))


def text_failed(session: Transaction, message_id: int, code: str) -> None:
    """Keep that a text which had left never arrived."""
    left = update(Message).where(
        Message.id == message_id, Message.channel == BY_TEXT, Message.state.in_((SENT, UNKNOWN))
    )
    session.execute(left.values(state=FAILED, last_code=code[:80]))


def number_is_gone(source: str, message_id: int, code: str, *, stopped: bool) -> None:
    """Let a worker draw the consequences: the number of a text does not exist, or has opted out with its company."""
    keep_told(source, f"{message_id}:{code}", message_id, COMPLAINED if stopped else BOUNCED, code)


def sign_by_text(
    campaign_id: int, language: str, person: Person, asks: Sequence[ConsentAsk], organisation: str = ""
) -> SignedByText:
    """Count a signature that came from its own phone, with the yes to each of these. Raises `LookupError`."""
    live = _live(campaign_id)
    submission = Submission(
        live=live,
        edition_id=live.edition_id,
        language=language,
        source=TEXT,
        person=person,
        mailbox=number_mailbox(person.phone),
        show_name=False,
        consents=tuple(asks),
        organisation=organisation,
    )
    return texted.sign_by_text(submission, _keyring())


def agree_by_text(campaign_id: int, signature_id: int, language: str, asks: Sequence[ConsentAsk]) -> None:
    """Keep the yes of a signer's phone to each of these, in the words of the live edition. Raises `LookupError`."""
    texted.agree_by_text(signature_id, asks, _live(campaign_id).edition_id, language)


def refuse_by_text(signature_id: int, organisations: Sequence[str]) -> None:
    """Keep the no of a signer's phone to each of these organisations, whatever box was ticked before."""
    texted.refuse_by_text(signature_id, organisations)


def was_asked(signature_id: int, kind: str, since: datetime) -> bool:
    """Whether a text of a kind about a signature has left since a moment."""
    mine = select(Message.id).where(
        Message.signature_id == signature_id, Message.kind == kind, Message.sent_at >= since
    )
    return db.session.scalar(mine.where(Message.channel == BY_TEXT, Message.state == SENT).limit(1)) is not None


def signed_by(campaign_id: int, number: str) -> Signature | None:
    """The signature in a campaign that this phone has confirmed, in whatever state it is. Raises `LookupError`."""
    return phones.signed_by(_live(campaign_id), number, _keyring())


def claimed_by(campaign_id: int, number: str) -> Signature | None:
    """The newest signature made on the web that names this phone, which has not spoken yet. Raises `LookupError`."""
    return phones.claimed_by(_live(campaign_id), number, _keyring())


def disown(campaign_id: int, number: str) -> int:
    """Forget the signatures' claims on a phone that says that they are not its own. Raises `LookupError`."""
    return phones.disown(_live(campaign_id), number, _keyring())


def is_there(signature_id: int) -> bool:
    """Whether a signature has not been erased."""
    return db.session.get(Signature, signature_id) is not None


def is_own(signature_id: int) -> bool:
    """Whether the phone that a signature names has said that it is its own."""
    return phones.is_own(signature_id)


def agreed_to(signature_id: int) -> list[str]:
    """The organisations that may text the owner of a signature, as far as a yes goes."""
    with transaction() as session:
        return [organisation for organisation, channel in in_force(session, signature_id) if channel == BY_TEXT]


def own(signature_id: int) -> None:
    """Keep that a phone has said that a signature is its own."""
    phones.verify(signature_id)


def text_audience(campaign_id: int, organisation: str) -> dict[str, int]:
    """How many phones said yes to texts of an organisation, by language."""
    return audience.numbers(campaign_id, organisation, channel=BY_TEXT)


def schedule_texts(
    live: LiveCampaign, name: str, organisation: Organisation, words: Mapping[str, str], starts_at: datetime
) -> bool:
    """Let an update go out as texts from a moment on; `False` where one of this name is there already, and stays.

    `words` are by language. From then on it is an update like any other: `clarion update` shows, follows and stops it.
    """
    texts = {code: Words(code, name, said) for code, said in words.items()}
    news = News(name, organisation.id, False, texts, organisation.name, BY_TEXT)
    return service.schedule(live.id, news, starts_at)[1]


def _live(campaign_id: int) -> LiveCampaign:
    live = live_campaigns().by_id(campaign_id)
    if live is None:
        raise LookupError("the campaign is not published")
    return live


def _keyring() -> Keyring:
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    return keyring
