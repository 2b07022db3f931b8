"""A mail as it travels: MIME with plain text beside HTML, and headers that nobody can extend."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage

from markupsafe import Markup

LONGEST_LINE = 700
"""Octets in a line before the slots of a mould are filled in, which leaves room for a name and a link."""

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says, before it is MIME."""

    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    reply_to: str = ""
    unsubscribe: str = ""
    """The address that ends such mails with one POST (RFC 8058); a mail that was asked for just now has none."""
    feedback_id: str = ""
    """What a provider's complaint figures are kept by: campaign, kind and site, the sender last."""


def as_email(words: Words) -> EmailMessage:
    """The mail as MIME, its parts in 8 bits (RFC 6152); a line break in a header is refused by the library."""
    message = EmailMessage()
    message["From"] = Address(display_name=_literal(words.sender_name), addr_spec=words.sender)
    message["To"] = Address(addr_spec=words.recipient)
    message["Subject"] = _literal(words.subject)
    message["Message-ID"] = f"<{words.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    if words.reply_to:
        message["Reply-To"] = Address(addr_spec=words.reply_to)
    if words.unsubscribe:
        message["List-Unsubscribe"] = f"<{words.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if words.feedback_id:
        message["Feedback-ID"] = words.feedback_id
    message.set_content(_short_lines(words.text), cte="8bit")
    message.add_alternative(_short_lines(words.html), subtype="html", cte="8bit")
    message["Content-Language"] = words.language  # last: making the parts takes earlier Content-* headers away
    return message


def short_lines(html: Markup) -> Markup:
    """HTML whose lines can be broken also where a language puts no spaces."""
    return html.replace("。", "。\n")


def _literal(text: str) -> str:
    """The text on one line and without encoded words (RFC 2047).

    The library would decode them, line breaks too, and so open a header; a bare line break it refuses, and no mail of
    a campaign left for the name of an organisation.
    """
    return _BREAKS.sub(" ", text).replace("=?", "= ?").strip()


def _short_lines(text: str) -> str:
    """The text with long lines broken at a space: servers refuse or cut lines of 998 octets (RFC 5322, 2.1.1).

    In HTML a line break is a space like any other; nothing here stands in a `pre`.
    """
    return "\n".join(part for line in text.split("\n") for part in _broken(line))


def _broken(line: str) -> list[str]:
    parts: list[str] = []
    while len(line.encode()) > LONGEST_LINE:
        end = len(line.encode()[:LONGEST_LINE].decode(errors="ignore"))
        place = line.rfind(" ", 1, end)
        if place < 1:
            break
        parts.append(line[:place])
        line = line[place + 1 :]
    return [*parts, line]
