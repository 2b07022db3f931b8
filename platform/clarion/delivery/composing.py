"""Who puts a message into words: a composer for each kind, gathered when the app is assembled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flask import current_app

from ..campaigns.live import live_campaigns
from ..outbox.service import Leased
from ..pages.render import links
from .channels import Due, Mail, NothingToSay, Signer, Text, TextChannel
from .signers import Sealed, open_signer

Composer: TypeAlias = Callable[[Leased, Sealed | None], Mail]
"""Makes the mail of a message. Raises `NothingToSay`, `KeyMissing` or `SealBroken`."""


def composer_of(kind: str) -> Composer:
    """The composer of a kind of message."""
    composers: dict[str, Composer] = current_app.extensions["clarion.composers"]
    return composers[kind]


def compose_text(channel: TextChannel, leased: Leased, signature: Sealed | None) -> Text:
    """The words of a text, by the channel that it leaves by. Raises what a `Composer` may raise."""
    signer = None
    if signature is not None:
        live = live_campaigns().by_id(leased.campaign_id)
        if live is None:
            raise NothingToSay
        person, link = open_signer(live, signature)
        own, confirmation = links().me(link.me_token), links().confirm(link.confirm_token)
        signer = Signer(signature.state, signature.language, person, link.code, own, confirmation)
    message = Due(leased.id, leased.kind, leased.campaign_id, leased.signature_id, leased.about_id, leased.attempt)
    return channel.compose(message, signer)
