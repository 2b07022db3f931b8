"""Who puts a message into words: a composer for each kind, gathered when the app is assembled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from flask import current_app

from ..outbox.service import Leased
from .channels import Mail
from .signers import Sealed

Composer: TypeAlias = Callable[[Leased, Sealed | None], Mail]
"""Makes the mail of a message. Raises `NothingToSay`, `KeyMissing` or `SealBroken`."""


class NothingToSay(Exception):
    """The message has no purpose any more: the signature is gone, or confirmed meanwhile."""


class NotYet(Exception):
    """The message must not leave now, for a reason of ours that ends some day: it waits as long as that takes, until
    `at` where that is known."""

    def __init__(self, code: str, at: datetime | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.at = at


def composer_of(kind: str) -> Composer:
    """The composer of a kind of message."""
    composers: dict[str, Composer] = current_app.extensions["clarion.composers"]
    return composers[kind]
