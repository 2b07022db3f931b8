"""The tokens of the sign form and of the page after it; neither is bound to a person's address."""

from __future__ import annotations

import hashlib
import struct
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ..sealing import Keyring, decode_token, encode_token, encrypt
from .models import BY_MAIL, BY_TEXT

KEPT = 1000
TRUSTED_SECONDS = 60.0
"""How long a token that was found good is believed without looking again."""


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a sign form was made for: it can be sent for this campaign, from this place, only."""

    campaign_id: int
    edition_id: int
    """The edition of the page, whose consent wording was shown."""
    source: str
    organisation: str = ""
    """The member of the coalition in whose place the form stands; empty on the campaign's own page."""


class FormTokens:
    """Signs form tokens: the same for all visitors of a page, so the page can be cached for hours."""

    def __init__(self, keyring: Keyring, hours: int) -> None:
        self._seconds = hours * 3600
        self._known: dict[str, tuple[FormToken, float]] = {}
        self._signer = URLSafeTimedSerializer(
            keyring.secret("form"), salt="form", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def make(self, token: FormToken) -> str:
        """The token for a page's form."""
        # the three of a page alone, as processes of earlier releases write and read them too
        place = [token.source, token.organisation] if token.organisation else [token.source]
        return str(self._signer.dumps([token.campaign_id, token.edition_id, *place]))

    def read(self, text: str) -> FormToken | None:
        """What a token says, or `None` if it is forged, too old or none at all.

        Everybody who signs from one page sends the same token, so it is checked once a minute, not
        once a signer.
        """
        known = self._known.get(text)
        if known is not None and time.monotonic() < known[1]:
            return known[0]
        try:
            token = FormToken(*self._signer.loads(text, max_age=self._seconds))
        except (BadSignature, ValueError, TypeError):
            return None
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[text] = (token, time.monotonic() + TRUSTED_SECONDS)
        return token


@dataclass(frozen=True, slots=True)
class Reference:
    """What the page after signing refers to: a signature, and the form that was sent just then.

    Until the mailbox is proven that page is made from the form alone: the signature may be an earlier one, which
    nobody but its owner may learn of, or gone (rule 5).
    """

    signature_id: int
    campaign_id: int
    edition_id: int
    ticked: int
    """Bit n stands for the n-th consent that the edition asks."""
    language: str
    reached_by: str = BY_MAIL
    """The channel that the code goes by, `email` or `sms`: which of the two the form was filled in with."""
    by_program: bool = False
    """Whether a program sent the form: nobody knows whether the boxes were shown, so they are ticked once they are."""

    @property
    def texted(self) -> bool:
        """Whether the code goes to a phone."""
        return self.reached_by == BY_TEXT


_NUMBERS = struct.Struct(">QQQQQ")
_TEXTED, _BY_PROGRAM = "sms", "program"
"""Words behind the language; to the release before them a language that the campaign has not, so its main one."""


class References:
    """References to a signature for the page after signing, which a new and a repeat signer see alike.

    Encrypted with a fresh nonce: two references to one signature cannot be told to belong together,
    and one that leads nowhere looks like all others (rule 5).
    """

    MARK = "r"

    def __init__(self, keyring: Keyring, days: int) -> None:
        self._box = SecretBox(keyring.secret("reference"))
        self._life = timedelta(days=days)

    def make(self, reference: Reference, at: datetime) -> str:
        """A new reference."""
        expires = int((at + self._life).timestamp())
        numbers = reference.signature_id, reference.campaign_id, reference.edition_id, reference.ticked, expires
        said = [reference.language, *[_TEXTED] * reference.texted, *[_BY_PROGRAM] * reference.by_program]
        return self.MARK + encode_token(encrypt(self._box, _NUMBERS.pack(*numbers) + " ".join(said).encode()))

    def read(self, text: str, at: datetime) -> Reference | None:
        """What it refers to, or `None` if this is no reference or it is too old."""
        raw = decode_token(text.removeprefix(self.MARK)) if text.startswith(self.MARK) else None
        if raw is None:
            return None
        try:
            packed = self._box.decrypt(raw)
            id, campaign_id, edition_id, ticked, expires = _NUMBERS.unpack_from(packed)
            language, *said = packed[_NUMBERS.size :].decode().split(" ")
        except (CryptoError, ValueError, TypeError, struct.error):
            return None
        if at.timestamp() >= expires:
            return None
        channel = BY_TEXT if _TEXTED in said else BY_MAIL
        return Reference(id, campaign_id, edition_id, ticked, language, channel, _BY_PROGRAM in said)


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What the link in a mail ends: one organisation's mails to a signer, or the mails to a decision maker."""

    id: int
    """Of the signature, or of the addressee."""
    organisation: str = ""
    """Whose mails to a signer end; without one it is an addressee's link."""
    channel: str = "email"


class UnsubscribeTokens:
    """Tokens of `/unsubscribe/<token>`: good for ever, good for nothing else, and they tell nothing (RFC 8058)."""

    MARK = "u"

    def __init__(self, keyring: Keyring) -> None:
        self._box = SecretBox(keyring.secret("unsubscribe"))

    def make(self, ends: Unsubscription) -> str:
        """A token for a mail."""
        packed = f"{ends.id}:{ends.channel}:{ends.organisation}".encode()
        return self.MARK + encode_token(encrypt(self._box, packed))

    def read(self, text: str) -> Unsubscription | None:
        """What it ends, or `None` if it is forged or none at all."""
        raw = decode_token(text.removeprefix(self.MARK)) if text.startswith(self.MARK) else None
        if raw is None:
            return None
        try:
            id, channel, organisation = self._box.decrypt(raw).decode().split(":", 2)
            return Unsubscription(int(id), organisation, channel)
        except (CryptoError, ValueError, TypeError):
            return None


def code_mark(key: bytes, look_up: bytes, code: str) -> bytes:
    """What is kept of a six-digit code: nothing that could be tried out without the key."""
    return hashlib.blake2b(look_up + code.encode(), key=key, digest_size=16, person=b"code").digest()
