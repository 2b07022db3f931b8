"""Replies of mail servers as they are met with: what is about the mailbox, about this mail, or about us."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clarion.api import Blocked, Refused, Retry, Unreachable
from clarion_email.replies import enhanced_of, meaning

GONE, REFUSED = "no mailbox", "refused"


@pytest.mark.parametrize(
    ("stage", "reply", "expected"),
    [
        ("rcpt", "550 5.1.1 <ana@readers.example>: Recipient address rejected: User unknown", GONE),
        ("rcpt", "550 5.1.10 recipient not found", GONE),
        ("rcpt", "553 5.1.2 no such domain", GONE),
        ("rcpt", "550 5.2.1 The account is disabled", GONE),
        ("body", "550 5.1.6 moved", GONE),
        ("rcpt", "550 No such user here", GONE),
        ("rcpt", "551 User not local; the user does not exist", GONE),
        ("rcpt", "553 sorry, unknown mailbox", GONE),
        ("rcpt", "550 blocked: user unknown to our block list", REFUSED),
        ("rcpt", "550 5.1.3 bad address syntax", REFUSED),
        ("rcpt", "550 5.4.1 no answer from host; user unknown", REFUSED),
        ("rcpt", "554 user unknown", REFUSED),
        ("body", "550 user unknown", REFUSED),
        ("body", "552 5.3.4 message too big", REFUSED),
        ("mail", "552 5.3.4 message too big", REFUSED),
        ("body", "554 rejected", REFUSED),
        ("rcpt", "552 5.2.2 mailbox full", timedelta(hours=1)),
        ("body", "552 over quota", timedelta(hours=1)),
        ("rcpt", "452 4.2.2 mailbox full", timedelta(hours=1)),
        ("rcpt", "450 4.7.1 Greylisted, see http://postgrey.example", timedelta(minutes=5)),
        ("rcpt", "451 4.7.1 Greylisting in action, please come back in 00:03:20", timedelta(seconds=200)),
        ("rcpt", "450 4.2.0 try again in 10 minutes", timedelta(minutes=10)),
        ("rcpt", "451 try again after 2 hours", timedelta(hours=2)),
        ("rcpt", "451 please wait 99999 hours", timedelta(hours=4)),
        ("rcpt", "451 retry in 1 second", timedelta(seconds=30)),
        ("rcpt", "452 too many recipients", None),
        ("mail", "421 4.4.2 timeout", None),
        ("connect", "554 no service", Blocked),
        ("connect", "421 4.7.0 too many from your network", Blocked),
        ("connect", "450 later", Unreachable),
        ("login", "535 5.7.8 wrong", Blocked),
        ("login", "454 4.7.0 try later", Unreachable),
        ("mail", "530 5.7.0 log in first", Blocked),
        ("mail", "553 sender not yours", Blocked),
        ("mail", "550 5.1.8 sender's domain not found", Blocked),
        ("body", "421 4.7.28 unusual rate from your network", Blocked),
        ("body", "550 5.7.26 no SPF, no DKIM", Blocked),
        ("rcpt", "450 4.7.25 no reverse name", Blocked),
        ("body", "550 5.4.5 the mails of this day are used up", Blocked),
    ],
)
def test_what_is_met_with(stage, reply, expected) -> None:
    told = meaning(stage, int(reply[:3]), reply[4:])
    if isinstance(expected, str):
        assert isinstance(told, Refused)
        assert told.no_mailbox == (expected == GONE)
    elif isinstance(expected, type):
        assert type(told) is expected
        if isinstance(told, Blocked):
            by_what_it_says = stage in ("rcpt", "data", "body") and "5.4.5" not in reply
            assert told.sure != by_what_it_says, "a content filter gives 5.7.1 too"
    else:
        assert type(told) is Retry
        assert told.wait == expected
    assert "example" not in str(told)


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 no", "5.1.1"),
        (550, "  5.01.010\r\nmore", "5.1.10"),
        (550, "4.1.1 no", ""),
        (550, "5.1.1.1 no", ""),
        (550, "see 5.1.1", ""),
        (550, "5.1.1234 no", ""),
        (550, "", ""),
    ],
)
def test_an_enhanced_code_stands_at_the_head_and_is_of_the_class_of_the_reply(code, text, enhanced) -> None:
    assert enhanced_of(code, text) == enhanced
