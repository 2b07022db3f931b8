"""Who ticked a box for texts on the web is asked by a text whether the number is theirs.

Anybody can type anybody's number, and a text to somebody who never asked for one costs a coalition its trust and, in
the United States, 500 dollars and more (47 USC 227). So a box that was ticked is a yes once the phone says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from clarion.api import Event, is_own, put_text, transaction, wake_texts

from .places import place

NUMBER = "number"
"""The kind of these messages."""


def take_in(happened: Sequence[Event]) -> None:
    """Ask once for each signature."""
    for event in happened:
        if event.kind != "consent.given" or event.channel != "sms" or event.signature is None:
            continue
        if place(event.campaign_id) is None or is_own(event.signature):
            continue
        with transaction() as session:
            once = f"sms {NUMBER}:{event.signature}"
            put_text(session, NUMBER, event.campaign_id, once, signature_id=event.signature)
    wake_texts()
