"""Links that plugins hand out: they say what they open, are signed, and end by themselves."""

from __future__ import annotations

import hashlib

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from .sealing import Keyring

DAY = 86_400


def hand_out(purpose: str, *opens: str | int) -> str:
    """A token for an address: whoever has it may open what it says, which anybody who has it can read."""
    return str(_signer(purpose).dumps(opens))


def read_handout(purpose: str, token: str, days: int) -> list[str | int] | None:
    """What a token opens that was handed out for this purpose, or `None` if it is forged or older than so many days."""
    try:
        opens = _signer(purpose).loads(token, max_age=days * DAY)
    except (BadSignature, ValueError):
        return None
    return opens if isinstance(opens, list) else None


def _signer(purpose: str) -> URLSafeTimedSerializer:
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    # the purpose is no part of the key's name, so that no plugin can ask for a key of the core's
    return URLSafeTimedSerializer(
        keyring.secret("handout"), salt=f"handout {purpose}", signer_kwargs={"digest_method": hashlib.sha256}
    )
