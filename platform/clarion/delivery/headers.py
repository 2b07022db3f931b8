"""What mailbox providers ask of a mail's head: how it is ended with one click, and by what complaints are counted."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from urllib.parse import urlsplit

from flask import current_app

from ..pages.render import links
from ..signatures.tokens import UnsubscribeTokens, Unsubscription


def unsubscribe_url(id: int, organisation: str = "") -> str:
    """The address that ends one organisation's mails to a signer or, without one, the mails to an addressee.

    It stands in the mail's head (RFC 8058) and, in words, at its foot.
    """
    tokens: UnsubscribeTokens = current_app.extensions["clarion.unsubscribe_tokens"]
    return links().unsubscribe(tokens.make(Unsubscription(id, organisation)))


def feedback_id(slug: str, kind: str) -> str:
    """The mail's Feedback-ID: campaign, kind and site, and last the sender in 5 to 15 characters, as Gmail asks."""
    site, sender = _sender_of(links().base_url)
    return f"{slug}:{kind}:{site}:{sender}"


@lru_cache(maxsize=4)
def _sender_of(base_url: str) -> tuple[str, str]:
    site = urlsplit(base_url).hostname or "site"
    # the address of a machine may hold the sign that parts the fields
    return site.replace(":", "."), f"clarion{hashlib.sha256(site.encode()).hexdigest()[:8]}"
