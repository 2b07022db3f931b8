"""Signing and confirming. One transaction each; whoever is answered is on disk (rule 2)."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, select, update

from ..campaigns.live import LiveCampaign
from ..domain.addresses import is_number, number_mailbox
from ..domain.areas import area_of
from ..domain.campaign import ConsentAsk
from ..domain.person import Person
from ..events import Happened, tell
from ..extensions import db, now, this_minute, transaction, writing
from ..outbox.models import CAPPED, DUE, HELD
from ..outbox.service import NewMessage, put
from ..rows import find_rows, insert_new_rows
from ..sealing import Keyring, Link, blind_index, look_up, seal
from .consents import confirm_shown
from .counting import add_step
from .models import BY_MAIL, BY_TEXT, CONFIRMED, PENDING, VOID, WITHDRAWN, Consent, Signature, SignaturePhone
from .phones import verify_phone
from .tokens import Reference, code_mark

SAME_VISIT = timedelta(minutes=10)


class Vanished(Exception):
    """The signature that was in the way was erased at this very moment; writing again will do."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A sign form that was filled in right."""

    live: LiveCampaign
    edition_id: int
    language: str
    source: str
    person: Person
    mailbox: str
    """What confirms it: the canonical spelling of the person's address, or their phone (`number_mailbox`)."""
    show_name: bool
    consents: tuple[ConsentAsk, ...]
    suspect: bool = False
    """Kept, but no mail goes out until someone looks: a field that people cannot see was filled in, or
    very many signed from one network."""
    organisation: str = ""
    """The member of the coalition from whose place it comes; empty for the campaign's own page, the lead's."""
    brought_by: str = ""
    """From whose place the first came of those who passed it on; empty for its own."""
    origin: str = ""
    """The site around the frame, or the tags of the address."""


def channel_to(mailbox: str) -> str:
    """The channel that leads to a mailbox."""
    return BY_TEXT if is_number(mailbox) else BY_MAIL


@dataclass(frozen=True, slots=True)
class Signed:
    """What signing did; the caller's answer must not depend on which of the two it was (rule 5)."""

    signature_id: int


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A submission with everything sealed, ready to be written: no database was asked for it."""

    submission: Submission
    row: dict[str, object]
    phone_index: bytes | None = None
    """Of the number that it names, if any."""

    @property
    def key(self) -> tuple[int, bytes]:
        """The unique key of the signature."""
        return self.submission.live.id, cast(bytes, self.row["email_index"])


def prepare(submission: Submission, keyring: Keyring) -> Prepared:
    """Seal a submission. All that costs time is done here, by each request for itself."""
    live, person = submission.live, submission.person
    link = Link()
    details = person.to_details()
    confirm_look_up = _look_up(link.confirm_token)
    organisation = submission.organisation or live.campaign.lead.id
    index_key = keyring.index_key(live.key_id)
    row = {
        "campaign_id": live.id,
        "email_index": blind_index(index_key, submission.mailbox),
        "reached_by": channel_to(submission.mailbox),
        "state": PENDING,
        "language": submission.language,
        "source": submission.source,
        "area": area_of(person.postal_code, person.country or live.campaign.country),
        "organisation": organisation,
        "brought_by": submission.brought_by or organisation,
        "origin": submission.origin,
        "edition_id": submission.edition_id,
        "show_name": submission.show_name,
        "reason_due": bool(person.reason),
        "sealed": seal(live.public_key, {**details, "link": link.text}),
        "record": link.seal_record(details),
        "confirm_look_up": confirm_look_up,
        "me_look_up": _look_up(link.me_token),
        "code_mark": code_mark(keyring.secret("code"), confirm_look_up, link.code),
        "code_tries": 0,
        "signed_at": this_minute(),
    }
    phone_index = blind_index(index_key, number_mailbox(person.phone)) if person.phone else None
    return Prepared(submission, row, phone_index)


def write(prepared: Sequence[Prepared]) -> list[Signed]:
    """Write signatures with their consents and confirmation messages in one transaction.

    Who has signed before gets a message too, which says so in the mailbox and nowhere else. Boxes
    ticked the second time are kept as proposed until the mailbox confirms them.
    """
    with writing() as connection:
        insert_new_rows(connection, Signature, [p.row for p in prepared])
        # asked for new signatures too, so that both take the same time (rule 5)
        there = _there(connection, prepared)
        messages = [_message(one, there) for one in prepared]
        found = [there[one.key] for one in prepared]
        ids = [earlier.id for earlier in found]
        _write_consents(connection, prepared, found)
        _write_phones(connection, prepared, found)
        put(connection, messages)
    return [Signed(id) for id in ids]


def _look_up(token: str) -> bytes:
    found = look_up(token)
    if found is None:
        raise ValueError("a token of our own is always well formed")
    return found


@dataclass(frozen=True, slots=True)
class _There:
    """What matters of a signature that is there, from just now or from before."""

    id: int
    state: str
    signed_at: datetime
    confirm_look_up: bytes


def _there(connection: Connection, prepared: Sequence[Prepared]) -> dict[tuple[int, bytes], _There]:
    """The signatures of these mailboxes, by their unique keys."""
    keys = [{"campaign_id": one.key[0], "email_index": one.key[1]} for one in prepared]
    columns = ("campaign_id", "email_index", "id", "state", "signed_at", "confirm_look_up")
    found = find_rows(connection, Signature, keys, columns)
    return {(campaign_id, bytes(index)): _There(*more) for campaign_id, index, *more in found}


def _message(one: Prepared, there: dict[tuple[int, bytes], _There]) -> NewMessage:
    """The message of a signer. A signature is new if it is this form's own: no other has its link."""
    found = there.get(one.key)
    if found is None:
        raise Vanished
    live = one.submission.live
    if found.confirm_look_up == one.row["confirm_look_up"]:
        message = NewMessage("confirm", live.id, found.id, f"confirm:{found.id}")
    else:
        message = _for_repeat(live.id, found)
    message = replace(message, channel=str(one.row["reached_by"]))
    return replace(message, state=HELD) if one.submission.suspect else message


def _for_repeat(campaign_id: int, earlier: _There) -> NewMessage:
    """The message for the owner of a signature that is there already.

    A form sent twice within minutes needs no second mail, a later one gets the confirmation once more;
    who has confirmed is told so once a month at most. For one that was set aside a message is written like
    for all others, and whoever sends it finds that it has no purpose.
    """
    if earlier.state == PENDING:
        recent = earlier.signed_at > now() - SAME_VISIT
        key = f"confirm:{earlier.id}" if recent else f"resend:{earlier.id}"
        return NewMessage("confirm", campaign_id, earlier.id, key)
    return NewMessage("again", campaign_id, earlier.id, f"again:{earlier.id}:{now():%Y-%m}")


def _write_consents(connection: Connection, prepared: Sequence[Prepared], found: Sequence[_There]) -> None:
    """Write the ticked boxes as proposed. None of a repeat signer, who may be a stranger, has the signature's minute:
    by that the confirmation page knows those of the form that made it."""
    rows = [
        {
            "signature_id": there.id,
            "organisation": ask.organisation,
            "channel": ask.channel,
            "edition_id": one.submission.edition_id,
            "language": one.submission.language,
            "place": one.submission.source,
            "given_at": _given_at(one, there),
        }
        for one, there in zip(prepared, found, strict=True)
        for ask in one.submission.consents
    ]
    if rows:
        insert_new_rows(connection, Consent, rows)


def _write_phones(connection: Connection, prepared: Sequence[Prepared], found: Sequence[_There]) -> None:
    """Write the numbers that new signatures name, as claims; a form for an earlier one may be a stranger's.

    One that a phone confirms has that phone and no other, so it is written for earlier ones too: equal work (rule 5).
    """
    rows = [
        {"signature_id": there.id, "campaign_id": one.key[0], "phone_index": one.phone_index}
        for one, there in zip(prepared, found, strict=True)
        if one.phone_index is not None
        and (one.phone_index == one.key[1] or there.confirm_look_up == one.row["confirm_look_up"])
    ]
    if rows:
        insert_new_rows(connection, SignaturePhone, rows)
    elif any(one.phone_index is not None for one in prepared):
        # nothing to write, and as many statements
        find_rows(connection, SignaturePhone, [{"signature_id": found[0].id}], ("signature_id",))


def _given_at(one: Prepared, there: _There) -> datetime:
    if there.confirm_look_up == one.row["confirm_look_up"]:
        return there.signed_at
    return max(this_minute(), there.signed_at + timedelta(minutes=1))


def find_by_token(token: str) -> Signature | None:
    """The signature that a confirmation link belongs to."""
    key = look_up(token)
    return db.session.scalar(select(Signature).filter_by(confirm_look_up=key)) if key else None


def find(signature_id: int | None) -> Signature | None:
    """The signature with this id, if it is still there."""
    return db.session.get(Signature, signature_id) if signature_id else None


def is_expired(signature: Signature, days: int) -> bool:
    """Whether the time to confirm has passed, or the signature was set aside, as mails to its mailbox come back."""
    late = signature.state == PENDING and signature.signed_at < now() - timedelta(days=days)
    return late or signature.state == VOID


def confirm(signature_id: int, shown_consents: Collection[int] = (), *, withdrawn_too: bool = False) -> bool:
    """Count a signature and thank for it; whether there was anything to do.

    The change of state is the guard: of two requests at once, one finds the row as it was (rule 4).
    `withdrawn_too` lets the mailbox bring back a signature that it withdrew.
    """
    from_states = [PENDING, WITHDRAWN] if withdrawn_too else [PENDING]
    with transaction() as session:
        changed = session.execute(
            update(Signature)
            .where(Signature.id == signature_id, Signature.state.in_(from_states))
            .values(state=CONFIRMED, confirmed_at=this_minute(), withdrawn_at=None)
        ).rowcount  # type: ignore[attr-defined]
        if not changed:
            return False
        given = confirm_shown(session, signature_id, shown_consents)
        signature = session.get_one(Signature, signature_id)
        add_step(session, signature, +1)
        campaign_id = signature.campaign_id
        consents = [Happened("consent.given", campaign_id, signature_id, *consent) for consent in given]
        tell(session, [Happened("signature.confirmed", campaign_id, signature_id), *consents])
        key = f"thanks:{signature_id}:{this_minute():%Y%m%d%H%M}"
        thanks = NewMessage("thanks", signature.campaign_id, signature_id, key, channel=signature.reached_by)
        put(session.connection(), [thanks])
        if signature.reached_by == BY_TEXT:
            verify_phone(session, signature_id)
        return True


def code_is_right(signature_id: int, code: str, keyring: Keyring, tries: int) -> bool:
    """Whether this is the signature's six-digit code; counts the try before looking.

    After `tries` wrong ones no code is right any more, and the answer stays the same as for any
    wrong one: only the mailbox's link helps then.
    """
    with transaction() as session:
        allowed = session.execute(
            update(Signature)
            .where(Signature.id == signature_id, Signature.code_tries < tries)
            .values(code_tries=Signature.code_tries + 1)
            .returning(Signature.confirm_look_up, Signature.code_mark)
        ).one_or_none()
    if allowed is None:
        return False
    return hmac.compare_digest(allowed.code_mark, code_mark(keyring.secret("code"), allowed.confirm_look_up, code))


def resend(reference: Reference) -> None:
    """Send the confirmation once more, once; for any other state the mailbox gets nothing.

    A row is written in every case, also where the signature is gone, so that the time it takes tells nobody which it
    was (rule 5).
    """
    with transaction() as session:
        known = select(Signature).filter_by(id=reference.signature_id).with_for_update(read=True, key_share=True)
        signature = session.scalar(known)
        state = DUE if signature and signature.state == PENDING else CAPPED
        id, key = signature.id if signature else None, f"resend:{reference.signature_id}"
        put(session.connection(), [NewMessage("confirm", reference.campaign_id, id, key, state, reference.reached_by)])


def deny(signature: Signature) -> bool:
    """Erase a pending signature whose mailbox says that it was somebody else."""
    with transaction() as session:
        pending = session.scalar(select(Signature).filter_by(id=signature.id, state=PENDING).with_for_update())
        if pending is None:
            return False
        session.delete(pending)
        return True
