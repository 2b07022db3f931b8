"""What the replies of a mail server mean: about this mail, about its mailbox, or about us (RFC 5321, 3463, 2034)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from clarion.api import Blocked, Refused, Retry, Unreachable

Stage = Literal["connect", "login", "mail", "rcpt", "data", "body"]
"""What was replied to: the connection, the password, one of the three commands, or the body."""

GREYLIST_WAIT = timedelta(minutes=5)
"""RFC 6647, section 5: a server that greylists usually takes the mail after a few minutes."""

FULL_WAIT = timedelta(hours=1)
"""A full mailbox is emptied by a person."""

SHORTEST_HINT, LONGEST_HINT = timedelta(seconds=30), timedelta(hours=4)

NO_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.2.1"})
"""Bad mailbox, bad system, moved without an address, null MX (RFC 7505), disabled."""

QUOTA = "5.4.5"
"""Mail system congestion: with some providers, the mails of a day are used up."""

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_UNKNOWN = re.compile(
    r"\b(user|mailbox|recipient|account|address|addressee)\b.{0,80}"
    r"\b(unknown|not (be )?found|does ?n[o']t exist|not exist|unavailable|disabled|inactive|not a valid|invalid)\b"
    r"|\b(unknown|no such|invalid|non-?existent|no) (local )?(user|mailbox|recipient|account|person|address)\b",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT_US = re.compile(
    r"\b(relay(ing)?|blocked|black ?list|block ?list|listed|spam|policy|reputation|spf|dkim|dmarc|sender)\b",
    re.IGNORECASE,
)
_GREY = re.compile(r"gr[ae]y[- ]?list", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d):(\d\d)\b")
_HINT = re.compile(
    r"\b(?:in|after|wait|for|within|retry)\b[^\d\n]{0,30}(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b",
    re.IGNORECASE,
)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def meaning(stage: Stage, code: int, text: str) -> Exception:
    """What a reply that is no yes means. Its `code` is the number and the enhanced status, never the words."""
    enhanced = enhanced_of(code, text)
    told = f"{code} {enhanced}".rstrip()
    if not 400 <= code < 600:
        return Unreachable(told) if stage in ("connect", "login") else Retry(told)
    if _is_about_us(stage, code, enhanced, text):
        return Blocked(told, sure=enhanced == QUOTA or stage in ("connect", "login", "mail"))
    if stage in ("connect", "login"):
        return Unreachable(told)
    if enhanced[2:] == "2.2" or (code == 552 and not enhanced):
        return Retry(told, FULL_WAIT)
    if code < 500:
        return Retry(told, _wait(code, text))
    return Refused(told, no_mailbox=_is_no_mailbox(stage, code, enhanced, text))


def enhanced_of(code: int, text: str) -> str:
    """The enhanced status code at the head of a reply, or nothing; its class must be the reply's (RFC 2034, 4)."""
    found = _ENHANCED.match(text)
    if found is None or found[1] != str(code)[0]:
        return ""
    return ".".join(str(int(part)) for part in found.groups())


def _is_about_us(stage: Stage, code: int, enhanced: str, text: str) -> bool:
    if stage == "login":
        return code >= 500
    if enhanced[2:].startswith("7."):
        return not _is_greylisting(stage, code, text)
    if enhanced == QUOTA:
        return True
    if stage in ("connect", "mail"):
        # only we were named so far: whatever is final here would be so for every mail, unless it is its size or form
        of_this_mail = enhanced == "5.3.4" or enhanced.startswith("5.6.")
        passing = enhanced[2:].startswith(("3.", "4."))
        return (code >= 500 and not of_this_mail) or (code == 421 and not passing)
    return False


def _is_greylisting(stage: Stage, code: int, text: str) -> bool:
    """Many a server gives 4.7.1 for it, the code of a policy."""
    return stage in ("rcpt", "data", "body") and code in (450, 451) and bool(_GREY.search(text) or _hint(text))


def _is_no_mailbox(stage: Stage, code: int, enhanced: str, text: str) -> bool:
    if stage not in ("rcpt", "body"):
        return False
    if enhanced:
        return enhanced in NO_MAILBOX
    unknown = stage == "rcpt" and code in (550, 551, 553) and _UNKNOWN.search(text)
    return bool(unknown) and not _ABOUT_US.search(text)


def _wait(code: int, text: str) -> timedelta | None:
    """How long the server asks us to wait; without a word five minutes where it looks like greylisting."""
    hint = _hint(text)
    if hint is not None:
        return min(max(hint, SHORTEST_HINT), LONGEST_HINT)
    return GREYLIST_WAIT if code in (450, 451) or _GREY.search(text) else None


def _hint(text: str) -> timedelta | None:
    if found := _CLOCK.search(text):
        return timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=int(found[3]))
    if found := _HINT.search(text):
        return timedelta(seconds=int(found[1]) * _SECONDS[found[2][0].lower()])
    return None
