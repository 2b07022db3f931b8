"""What a mailbox is spared: mails to one that does not exist or has complained, and floods that a stranger causes.

Anybody can type anybody's address into any number of campaigns. So the worker looks at each page of messages before the
first of them is tried: in the list of mailboxes that get nothing any more, and in the day's count of mails that nobody
but a stranger may have asked for. Both know a mailbox by a keyed hash of their own, which leads into no campaign. Both
are in the database: while that cannot be asked, nothing is sent. The broker plays no part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from flask import current_app
from sqlalchemy import Connection, delete, func, select, update

from ..campaigns.live import live_campaigns
from ..domain.addresses import AddressError, canonical_address, is_number, number_mailbox
from ..extensions import Transaction, db, insert_if_new, now, this_minute, transaction, writing
from ..outbox.models import CAPPED, MAILBOX_CAP, NEEDLESS, Message
from ..outbox.service import Leased, Settlement
from ..rows import count_rows, find_rows
from ..sealing import KeyMissing, Keyring, blind_index, derive
from ..signatures.models import BY_TEXT, CONFIRMED, PENDING, VOID, WITHDRAWN, Signature
from .lanes import channel_of
from .models import Addressee, MailCap, Suppression
from .signers import Sealed, opened

MOST_A_DAY = 3
"""Mails that a stranger can cause, to one mailbox on one day (UTC), from all campaigns together."""

STRANGERS = {"confirm": (PENDING,), "again": (PENDING, CONFIRMED, WITHDRAWN)}
"""Kinds that whoever types an address can cause, each with the states of the signature in which it is sent at all."""

TO_DECISION_MAKERS = ("milestone", "digest", "letter")
"""Kinds that go to somebody else than a signer; those mailboxes are known by their `Addressee`."""

SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Admission:
    """What may be tried of a page of messages, and what became of the rest."""

    page: list[Leased]
    signatures: dict[int, Sealed]
    """By their ids, each with its owner beside it."""
    turned_away: list[Settlement]
    counted: dict[int, bytes]
    """The row of the day's count in which a message stands, by the message's id."""
    unless: dict[int, bytes]
    """What the numbers of texts are known by, by the message's id: each is looked at once more as its try begins."""

    def take_back(self, untried: Sequence[Leased]) -> None:
        """Count no longer what goes back without a try: it is counted again when its turn comes."""
        marks = {leased.id: self.counted[leased.id] for leased in untried if leased.id in self.counted}
        if marks:
            with transaction() as session:
                for mark in sorted(marks.values()):
                    row = update(MailCap).where(MailCap.mailbox_index == mark, MailCap.n > 0)
                    session.execute(row.values(n=MailCap.n - 1))
                session.execute(update(Message).where(Message.id.in_(marks)).values(counted=False))


def admit(page: Sequence[Leased], signatures: Mapping[int, Sealed]) -> Admission:
    """Look at the mailboxes of a page of messages, in one short transaction.

    A suppressed mailbox is spared every try. Against the cap a message counts once, so a server that is away costs a
    mailbox nothing, nor does a worker that dies with its page.
    """
    known = _opened(page, signatures)
    mailboxes = {leased.id: address for leased in page if (address := _address(leased, known))}
    day_key = _day_key(_keyring().secret("mail cap"), now().date())
    marks = {
        leased.id: blind_index(day_key, mailboxes[leased.id])
        for leased in page
        if leased.id in mailboxes and _counts(leased, known)
    }
    codes = _ask(mailboxes, marks)
    return Admission(
        page=[leased for leased in page if leased.id not in codes],
        signatures=known,
        turned_away=[_turned_away(leased, codes[leased.id]) for leased in page if leased.id in codes],
        counted={id: mark for id, mark in marks.items() if id not in codes},
        unless={id: mailbox_index(one) for id, one in mailboxes.items() if is_number(one) and id not in codes},
    )


def _opened(page: Sequence[Leased], signatures: Mapping[int, Sealed]) -> dict[int, Sealed]:
    """The signatures with their owners; whose mailbox cannot be looked at here is not written to later either."""
    known: dict[int, Sealed] = {}
    for leased in page:
        id = leased.signature_id or 0
        if id in signatures and id not in known:
            live = live_campaigns().by_id(leased.campaign_id)
            missing = replace(signatures[id], opened=KeyMissing("a campaign that is not known here"))
            known[id] = opened(live, signatures[id]) if live else missing
    return known


def _address(leased: Leased, known: Mapping[int, Sealed]) -> str:
    """The one spelling of the mailbox of a message to a signer; empty where there is none to look at."""
    signature = None if leased.kind in TO_DECISION_MAKERS else known.get(leased.signature_id or 0)
    if signature is None or signature.opened is None or isinstance(signature.opened, Exception):
        return ""
    person = signature.opened[0]
    if channel_of(leased.channel) == BY_TEXT:
        return number_mailbox(person.phone) if person.phone else ""
    return one_spelling(person.email) if person.email else ""


def _counts(leased: Leased, known: Mapping[int, Sealed]) -> bool:
    is_new = not leased.attempt and not leased.counted
    return is_new and known[leased.signature_id or 0].state in STRANGERS.get(leased.kind, ())


def _turned_away(leased: Leased, code: str) -> Settlement:
    return Settlement(leased, NEEDLESS if code == SUPPRESSED else CAPPED, code)


def _ask(mailboxes: Mapping[int, str], marks: Mapping[int, bytes]) -> dict[int, str]:
    """Why messages may not leave, by their ids; whichever else has a mark is counted once this returns."""
    if not mailboxes:
        return {}
    indexes = {address: mailbox_index(address) for address in set(mailboxes.values())}
    # on disk at the latest with the attempt that begins next, before any of them leaves
    with writing(durable=False) if marks else db.engine.connect() as connection:
        silent = _silent(connection, indexes)
        codes = {id: SUPPRESSED for id, address in mailboxes.items() if address in silent}
        over = _count(connection, {id: mark for id, mark in marks.items() if id not in codes})
        if counted := sorted(marks.keys() - codes.keys() - over):
            connection.execute(update(Message).where(Message.id.in_(counted)).values(counted=True))
        if not marks:
            # after a rollback psycopg would forget all statements it has prepared
            connection.commit()
    return codes | dict.fromkeys(over, MAILBOX_CAP)


def silent(connection: Connection, addresses: Collection[str]) -> set[str]:
    """Which of some addresses get no mail any more, from no campaign."""
    return _silent(connection, {address: mailbox_index(one_spelling(address)) for address in addresses})


def _silent(connection: Connection, indexes: Mapping[str, bytes]) -> set[str]:
    keys = [{"mailbox_index": index} for index in set(indexes.values())]
    found = (
        {bytes(index) for (index,) in find_rows(connection, Suppression, keys, ("mailbox_index",))} if keys else set()
    )
    return {address for address, index in indexes.items() if index in found}


def _count(connection: Connection, waiting: Mapping[int, bytes]) -> set[int]:
    """Count messages against their mailboxes; which of them are above the cap."""
    over: set[int] = set()
    while waiting:
        # a statement counts a row once only, so messages to one mailbox take turns, the oldest first
        turn = {mark: id for id, mark in sorted(waiting.items(), reverse=True)}
        rows = [{"mailbox_index": mark, "day": now().date(), "n": 1} for mark in sorted(turn)]
        passed = {bytes(mark) for (mark,) in count_rows(connection, MailCap, rows, "n", MOST_A_DAY)}
        over |= {id for id, mark in waiting.items() if mark not in passed}
        waiting = {id: mark for id, mark in waiting.items() if mark in passed and turn[mark] != id}
    return over


def one_spelling(address: str) -> str:
    """The one spelling of a mailbox, also of an address that would not be taken any more."""
    try:
        return canonical_address(address)
    except AddressError:
        return address.strip().lower()


def mailbox_index(canonical: str) -> bytes:
    """What a mailbox is known by in the list of suppressed ones."""
    return blind_index(_keyring().secret("mailbox"), canonical)


def suppress(session: Transaction, address: str, reason: str, code: str) -> None:
    """Let a mailbox get no mail any more, from no campaign; in the caller's transaction."""
    index = mailbox_index(one_spelling(address))
    row = {"mailbox_index": index, "reason": reason, "code": code[:80], "created_at": this_minute()}
    session.execute(insert_if_new(Suppression).values(row))


def suppressed() -> dict[str, int]:
    """How many mailboxes get no mail, by reason."""
    rows = db.session.execute(select(Suppression.reason, func.count()).group_by(Suppression.reason))
    return {reason: n for reason, n in rows}  # noqa: C416 - rows are no pairs to the type checker


def lift(address: str) -> tuple[bool, int]:
    """Let a mailbox get mail again: whether it was kept from any, and how many signatures wait for it once more.

    Signatures that were set aside because its mails came back can be confirmed again; a decision maker whose mails came
    back is written to again.
    """
    canonical = one_spelling(address)
    with transaction() as session:
        lifted = session.execute(delete(Suppression).where(Suppression.mailbox_index == mailbox_index(canonical)))
        marked = update(Addressee).where(Addressee.email == address.strip().lower(), Addressee.bounced_at.is_not(None))
        cleared = session.execute(marked.values(bounced_at=None))
        if not lifted.rowcount:  # type: ignore[attr-defined]
            return cleared.rowcount > 0, 0  # type: ignore[attr-defined]
        back = 0
        for live in live_campaigns().all():
            try:
                index = blind_index(_keyring().index_key(live.key_id), canonical)
            except KeyMissing:
                continue  # its signers are erased
            mine = update(Signature).where(Signature.campaign_id == live.id, Signature.email_index == index)
            void = mine.where(Signature.state == VOID, Signature.confirmed_at.is_(None))
            back += session.execute(void.values(state=PENDING)).rowcount  # type: ignore[attr-defined]
    return True, back


def forget_counts() -> int:
    """Delete the counts of days that are over; how many mailboxes they were of."""
    with transaction() as session:
        over = delete(MailCap).where(MailCap.day < now().date())
        return int(session.execute(over).rowcount)  # type: ignore[attr-defined]


@lru_cache(maxsize=4)
def _day_key(secret: bytes, day: date) -> bytes:
    return derive(secret, day.isoformat())


def _keyring() -> Keyring:
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    return keyring
