"""The codes of share links, a signer's or an organisation's own: made without a row, and good for ever.

A code says by itself all that is counted by it, and nothing of the signer who passes it on: all whom the same
organisation brought pass on the same one. So whoever takes the server learns from a link that somebody posted no more
than any reader does, and who types a stranger's address sees on the page after signing what they know (rule 5).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from flask import current_app

from ..campaigns.live import LiveCampaign
from ..sealing import Keyring, decode_token, encode_token
from .models import LINK, SHARE

_KINDS = (SHARE, LINK)
_MEMBER, _MARK = 3, 6
"""Bytes of a code's parts behind the one of its kind; together 10, that is 14 letters."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What a share link says."""

    brought_by: str
    """The organisation that those who come by it are counted to; empty for the lead, or one that is no member now."""
    source: str = SHARE
    """The source of who comes by it to the campaign's page: a signer's link, or `LINK`, the organisation's own."""


class ShareCodes:
    """Makes and reads them. No row is written: a page that shows one changes nothing (rule 1)."""

    def __init__(self, keyring: Keyring) -> None:
        self._key = keyring.secret("share")

    def make(self, live: LiveCampaign, shared: Shared) -> str:
        """The code that says this."""
        said = bytes([_KINDS.index(shared.source)]) + _member(shared.brought_by or live.campaign.lead.id)
        return encode_token(said + self._mark(live.id, said))

    def read(self, code: str, live: LiveCampaign) -> Shared | None:
        """What a code of this campaign says, or `None` if it is forged, another's or none at all."""
        raw = decode_token(code) if code else None
        if raw is None or len(raw) != 1 + _MEMBER + _MARK:
            return None
        said, mark = raw[:-_MARK], raw[-_MARK:]
        if not hmac.compare_digest(mark, self._mark(live.id, said)):
            return None
        named = (one.id for one in live.campaign.organisations if _member(one.id) == said[1:])
        return Shared(next(named, ""), _KINDS[said[0]])

    def _mark(self, campaign_id: int, said: bytes) -> bytes:
        content = campaign_id.to_bytes(8) + said
        return hashlib.blake2b(content, key=self._key, digest_size=_MARK, person=b"share mark").digest()


def share_codes() -> ShareCodes:
    """Those of the current app."""
    codes: ShareCodes = current_app.extensions["clarion.share_codes"]
    return codes


def _member(organisation: str) -> bytes:
    return hashlib.blake2b(organisation.encode(), digest_size=_MEMBER).digest()
