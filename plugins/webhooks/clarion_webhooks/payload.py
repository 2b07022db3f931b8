"""What a webhook says, made at the moment it is sent, and how it is signed (Standard Webhooks)."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from clarion.api import Shared, shared_with

from .models import Delivery

MOST = 20_000
"""Bytes of a body."""


class TooLarge(ValueError):
    """The body would be larger than receivers are told to expect."""


def body(delivery: Delivery, organisation: str) -> bytes | None:
    """The body, or `None` where the organisation may not know of it (any more). Raises `TooLarge`."""
    data = _data(delivery, organisation)
    return None if data is None else pack(delivery.kind, delivery.happened_at, data)


def pack(kind: str, moment: datetime, data: dict[str, Any]) -> bytes:
    """A body. Raises `TooLarge`."""
    stamp = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    packed = json.dumps({"type": kind, "timestamp": stamp, "data": data}, ensure_ascii=False).encode()
    if len(packed) >= MOST:
        raise TooLarge
    return packed


def headers(secret: str, message: str, moment: datetime, packed: bytes) -> dict[str, str]:
    """The headers that show who sent it and when."""
    return {
        "content-type": "application/json",
        "user-agent": "clarion-webhooks/0.1",
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, moment, packed.decode()),
    }


def _data(delivery: Delivery, organisation: str) -> dict[str, Any] | None:
    about: dict[str, Any] = {"campaign": delivery.campaign}
    if delivery.signature is None:
        return {**json.loads(delivery.detail), **about}
    about |= {"signature": delivery.signature, "organisation": organisation}
    if delivery.channel:
        about["channel"] = delivery.channel
    if delivery.kind.endswith(".withdrawn"):
        return about
    shared = shared_with(organisation, [delivery.signature]).get(delivery.signature)
    if shared is None or (delivery.channel and delivery.channel not in shared.channels):
        return None
    return {**about, **_signer(shared)}


def _signer(shared: Shared) -> dict[str, Any]:
    return {
        "language": shared.language,
        "consents": list(shared.channels),
        "person": {name: value for name, value in asdict(shared.person).items() if value},
    }
