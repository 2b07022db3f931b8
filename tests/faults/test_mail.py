"""The mail server refuses, greylists, hangs or breaks off: what can wait is sent once, what cannot stays visible."""

from __future__ import annotations

from datetime import UTC, datetime

from faults.stage import Stage
from rig.ledger import sign
from rig.sink import Rule
from rig.site import wait_until

GREYLISTED_FOR = (290, 360)
"""Seconds after which a mail that was greylisted is tried again: five minutes, as RFC 6647 asks."""


def test_each_reply_of_a_mail_server_has_its_consequence(stage: Stage) -> None:
    replies = {
        "grey450": Rule("rcpt", "450 4.2.0 greylisted", once_for_each=True),
        "grey451": Rule("rcpt", "451 4.7.1 greylisted", once_for_each=True),
        "grey421": Rule("mail", "421 4.3.2 not now"),
        "gone550": Rule("rcpt", "550 5.1.1 nobody"),
        "full552": Rule("body", "552 5.2.2 full"),
        "form554": Rule("body", "554 5.6.0 no"),
    }
    for name, rule in replies.items():
        rule.recipient = "" if rule.stage == "mail" else name
    for name, rule in replies.items():
        stage.mailboxes.rules(rule)
        assert sign(stage.site, f"{name}@replies.example") == 303
        wait_until(lambda name=name: tried(stage, f"{name}@replies.example"))
    stage.mailboxes.rules(*[rule for rule in replies.values() if rule.reply.startswith("5")])
    messages = {name: stage.books.message(f"{name}@replies.example") for name in replies}
    for name in ("grey450", "grey451"):
        wait = (messages[name]["due_at"].replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()
        assert GREYLISTED_FOR[0] <= wait <= GREYLISTED_FOR[1], name
    assert {name: message["state"] for name, message in messages.items()} == {
        name: "failed" if name in ("gone550", "form554") else "due" for name in replies
    }
    assert all(message["attempt"] == 1 for message in messages.values())

    stage.time_passes()
    for name in ("grey450", "grey451", "grey421"):
        wait_until(lambda name=name: stage.mailboxes.to(f"{name}@replies.example"))
    sent = {name: len(stage.mailboxes.to(f"{name}@replies.example")) for name in replies}
    assert sent == {name: int(name.startswith("grey")) for name in replies}
    assert stage.books.message("gone550@replies.example")["attempt"] == 1
    assert 'clarion_messages{channel="email",state="failed"} 2' in stage.read("/metrics")


def test_a_connection_lost_after_the_mail_repeats_it_under_its_own_name(stage: Stage) -> None:
    cuts = 3
    stage.mailboxes.rules(Rule("body", close=True, keep=True, times=cuts, recipient="@cut.example"))
    for number in range(cuts):
        assert sign(stage.site, f"cut{number}@cut.example") == 303
    wait_until(lambda: all(tried(stage, f"cut{number}@cut.example") for number in range(cuts)))
    stage.time_passes()
    for number in range(cuts):
        address = f"cut{number}@cut.example"
        wait_until(lambda address=address: stage.books.message(address)["state"] == "sent")
        mails = stage.mailboxes.to(address)
        assert len(mails) == 2
        assert len({mail.message_id for mail in mails}) == 1


def test_mails_wait_for_a_server_that_is_down(stage: Stage) -> None:
    with stage.ledger() as ledger:
        ledger.wait_for(20)
        stage.smtp.cut(refuse=True)
        ledger.wait_for(120)
        asked = stage.smtp.refused
        ledger.wait_for(120)
        # a lane that cannot reach its server pauses: it is asked now and then, not for every mail
        assert stage.smtp.refused - asked <= 4
        stage.smtp.resume()
    assert set(ledger.answers) == {303}, ledger.told
    assert not ledger.unanswered, ledger.told

    def all_sent() -> bool:
        stage.time_passes()
        return not stage.books.account(ledger).missing

    wait_until(all_sent, lambda: str(stage.books.account(ledger)), 60)
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def test_a_slow_or_hanging_mail_server_slows_no_signer(stage: Stage) -> None:
    """A signer who waited for the mail would wait for ten seconds and more."""
    with stage.ledger() as ledger:
        ledger.wait_for(40)
        stage.smtp.throttle(2000)
        ledger.wait_for(120)
        stage.smtp.blackhole()
        ledger.wait_for(120)
        stage.smtp.resume()
        assert ledger.quantile(0.95) < 5
    assert set(ledger.answers) == {303}, ledger.told
    account = stage.books.settle(ledger)
    assert (account.lost, account.missing, account.drift, account.repeats) == ([], [], 0, 0), account


def tried(stage: Stage, address: str) -> bool:
    """Whether a mail was tried and what became of it is written down."""
    message = stage.books.message(address)
    return message is not None and message["attempt"] > 0 and not message["trying"]
