"""Moulds: a mail is made once for each kind, edition and language, and cast anew for each person.

Rendering templates and building MIME takes milliseconds, filling in an address and three links takes
microseconds; in the hours that matter the difference decides when confirmations arrive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from markupsafe import escape

from ..domain.placeholders import RESERVED

SLOTS = ("recipient", "messageid", "date", "confirm", "code", "me", "unsubscribe", "name", "htmlname", "share")
LINE = 500
"""Where headers are folded: far enough for any title, well below the 998 octets of RFC 5322."""

_MARK = RESERVED + "{}zq"
_FIND = re.compile(_MARK.format("([a-z]+)").encode() + rb"(?:@mould\.example)?")
"""Addresses need a domain to be taken by the library; it goes with its mark."""


def mark(slot: str) -> str:
    """What stands in a mould where a slot is filled in: a word that no text holds and no encoding changes."""
    if slot not in SLOTS:
        raise ValueError(f"there is no slot {slot}")
    return _MARK.format(slot)


@dataclass(frozen=True, slots=True)
class Mould:
    """A mail's bytes with slots: literal pieces at even places, names of slots at odd ones."""

    pieces: tuple[bytes, ...]

    @classmethod
    def of(cls, message: EmailMessage) -> Mould:
        """The mould of a message whose parts are 8-bit, so that marks stay whole."""
        raw = message.as_bytes(policy=SMTP.clone(cte_type="8bit", max_line_length=LINE))
        return cls(tuple(_FIND.split(f"Date: {mark('date')}\r\n".encode() + raw)))

    def cast(self, values: Mapping[str, str]) -> bytes:
        """A mail with the slots filled in. Values hold no line breaks; `clean_value` sees to it."""
        filled = list(self.pieces)
        filled[1::2] = [values[slot.decode()].encode() for slot in self.pieces[1::2]]
        return b"".join(filled)


def clean_value(value: str) -> str:
    """A value on one line: whatever else a slot could be used for, a header or a part it cannot open."""
    return value if value.isprintable() else re.sub(r"[\r\n\0]+", " ", value)


def values(recipient: str, name: str, **others: str) -> dict[str, str]:
    """The values for all slots, each safe in its place."""
    given = {"recipient": recipient, "name": name, "htmlname": str(escape(name)), **others}
    return {slot: clean_value(value) for slot, value in given.items()}


class MouldShelf:
    """Keeps moulds for a while: long enough to be worth it, short enough for counts in texts to be fresh."""

    SECONDS = 30.0
    MOST = 500

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._moulds: dict[object, tuple[float, Mould]] = {}

    def get(self, key: object, make: Callable[[], EmailMessage]) -> Mould:
        """The mould under a key, made if it is missing or old."""
        known = self._moulds.get(key)
        if known is not None and self._clock() < known[0]:
            return known[1]
        mould = Mould.of(make())
        if len(self._moulds) >= self.MOST:
            self._moulds.clear()
        self._moulds[key] = (self._clock() + self.SECONDS, mould)
        return mould
