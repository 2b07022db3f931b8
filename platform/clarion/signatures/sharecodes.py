"""The codes of share links: a signer's own, made anew whenever a page shows one, or an organisation's; good for ever.

Whoever types somebody's address sees the page after signing with a code on it. So a code must tell nothing of the
signature: two of one signature cannot be told to belong together, and what a code does is the same whether that
signature was there before, is there still, or who brought it (rule 5). Hence it carries by itself all that is counted.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app

from ..campaigns.live import LiveCampaign
from ..sealing import Keyring, decode_token, encode_token
from .models import LINK, SHARE

_FRESH, _NUMBER, _MEMBER, _MARK = 6, 6, 3, 6
"""Bytes of a code's parts; together 21, that is 28 letters."""


PARTNERS = 0
"""In place of a signature: the link is the organisation's own."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What a share link says."""

    signature_id: int
    """Whose link it is, or `PARTNERS`."""
    brought_by: str
    """The organisation that those who come by it are counted to; empty for the lead, or one that is no member now."""

    @property
    def source(self) -> str:
        """The source of who comes by it to the campaign's page."""
        return LINK if self.signature_id == PARTNERS else SHARE


class ShareCodes:
    """Makes and reads them. No row is written: a page that shows one changes nothing (rule 1)."""

    def __init__(self, keyring: Keyring) -> None:
        self._key = keyring.secret("share")

    def make(self, live: LiveCampaign, shared: Shared) -> str:
        """A new code; of an organisation's own link always the same."""
        member = _member(shared.brought_by or live.campaign.lead.id)
        own = shared.signature_id == PARTNERS
        fresh = self._digest(b"share fresh", member, _FRESH) if own else secrets.token_bytes(_FRESH)
        plain = shared.signature_id.to_bytes(_NUMBER) + member
        hidden = self._mixed(fresh, plain)
        return encode_token(fresh + hidden + self._mark(live.id, fresh + hidden))

    def read(self, code: str, live: LiveCampaign) -> Shared | None:
        """What a code of this campaign says, or `None` if it is forged, another's or none at all."""
        raw = decode_token(code) if code else None
        if raw is None or len(raw) != _FRESH + _NUMBER + _MEMBER + _MARK:
            return None
        said, mark = raw[:-_MARK], raw[-_MARK:]
        if not hmac.compare_digest(mark, self._mark(live.id, said)):
            return None
        plain = self._mixed(said[:_FRESH], said[_FRESH:])
        members = (organisation.id for organisation in live.campaign.organisations)
        return Shared(int.from_bytes(plain[:_NUMBER]), _named(plain[_NUMBER:], members))

    def _mixed(self, fresh: bytes, text: bytes) -> bytes:
        """Hidden, or shown again: the same both ways."""
        stream = self._digest(b"share stream", fresh, len(text))
        return bytes(a ^ b for a, b in zip(text, stream, strict=True))

    def _mark(self, campaign_id: int, said: bytes) -> bytes:
        return self._digest(b"share mark", campaign_id.to_bytes(8) + said, _MARK)

    def _digest(self, purpose: bytes, content: bytes, size: int) -> bytes:
        return hashlib.blake2b(content, key=self._key, digest_size=size, person=purpose).digest()


def share_codes() -> ShareCodes:
    """Those of the current app."""
    codes: ShareCodes = current_app.extensions["clarion.share_codes"]
    return codes


def _member(organisation: str) -> bytes:
    return hashlib.blake2b(organisation.encode(), digest_size=_MEMBER).digest()


def _named(mark: bytes, members: Iterable[str]) -> str:
    return next((member for member in members if _member(member) == mark), "")
