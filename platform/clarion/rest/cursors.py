"""Cursors: where a page of a list ended, in a token that says nothing and that nobody else can make."""

from __future__ import annotations

from flask import Flask, current_app
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ..sealing import Keyring, decode_token, encode_token, encrypt


class Cursors:
    """Makes and reads them. One is good for the list it was made for only, and for whoever asked for that."""

    MARK = "c"

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @property
    def _box(self) -> SecretBox:
        return SecretBox(self._keyring.secret("cursor"))

    def make(self, place: str, last: int) -> str:
        """The cursor behind the row with this number."""
        return self.MARK + encode_token(encrypt(self._box, f"{last}:{place}".encode()))

    def read(self, place: str, text: str) -> int | None:
        """The number of the last row, or `None` if it is forged or another list's."""
        raw = decode_token(text.removeprefix(self.MARK)) if text.startswith(self.MARK) and len(text) < 1000 else None
        if raw is None:
            return None
        try:
            last, _, own = self._box.decrypt(raw).decode().partition(":")
            return int(last) if own == place else None
        except (CryptoError, ValueError, TypeError):
            return None


def init_cursors(app: Flask) -> None:
    """Give the app its cursors."""
    app.extensions["clarion.cursors"] = Cursors(app.extensions["clarion.keyring"])


def cursors() -> Cursors:
    """The cursors of the current app."""
    found: Cursors = current_app.extensions["clarion.cursors"]
    return found
