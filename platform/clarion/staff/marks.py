"""What tokens and codes are made with: keyed hashes, so that nothing in the database lets anybody in."""

from __future__ import annotations

import base64
import hashlib
import hmac

from ..sealing import Keyring

CODE_DIGITS = 6


class Marks:
    """Makes what is sent out from what is kept, under a key of the instance."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def digest(self, purpose: str, *parts: bytes) -> bytes:
        """A keyed hash of 32 bytes, another one for each purpose."""
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose.encode(), *parts))
        return hmac.digest(self._keyring.secret("staff"), framed, "sha256")

    def token(self, purpose: str, number: int, nonce: bytes) -> str:
        """What stands in a link: the number of a row, and what nobody without the key can make from its nonce."""
        mark = self.digest(f"{purpose} link", number.to_bytes(8, "big"), nonce)[:24]
        return f"{number:x}.{base64.urlsafe_b64encode(mark).decode()}"

    def code(self, nonce: bytes) -> str:
        """Six digits to type."""
        number = int.from_bytes(self.digest("code", nonce)[:8], "big") % 10**CODE_DIGITS
        return f"{number:0{CODE_DIGITS}}"

    def key(self, purpose: str) -> bytes:
        """32 bytes to seal with."""
        return self.digest(f"{purpose} key")


def number_in(token: str) -> int | None:
    """The number of the row that a token names, whoever made the token."""
    number = token.partition(".")[0]
    try:
        return int(number, 16) if number.isascii() and 0 < len(number) <= 15 else None
    except ValueError:
        return None


def same(one: str, other: str) -> bool:
    """Whether two are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def browser_digest(cookie: str) -> bytes:
    """What is kept of a browser's cookie."""
    return hashlib.sha256(cookie.encode(errors="replace")).digest()
