"""What people type cannot add a recipient or a header: from the form, or from a campaign's folder, to a real server."""

from __future__ import annotations

import email
import email.policy
import json
from email.message import EmailMessage

import pytest

from clarion.delivery.mime import Words, as_email
from clarion.delivery.moulds import Mould, mark, values
from clarion.testing import TABLE, TEXTS, link

ALWAYS = ["Content-Language", "Feedback-ID"]
ONE_CLICK = ["List-Unsubscribe", "List-Unsubscribe-Post"]
HEADERS = ["Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "Reply-To", "MIME-Version", "Content-Type"]
EVE = "eve@evil.example"
ATTACKS = [
    f"Ana\r\nBcc: {EVE}",
    f"Ana\nBcc: {EVE}",
    f"Ana\rBcc: {EVE}",
    f"Ana\0\r\nBcc: {EVE}",
    f"Ana\r\n\r\nBcc: {EVE}",
    f"Ana\r\n .\r\nMAIL FROM:<{EVE}>",
    f"\r\n.\r\nRCPT TO:<{EVE}>\r\nDATA",
    f"Ana\u2028Bcc: {EVE}",
    f"Ana\u0085Bcc: {EVE}",
    f"Ana\x0b\x0cBcc: {EVE}",
    f"=?utf-8?q?Ana=0D=0ABcc:_{EVE}?=",
    "=?utf-8?b?QW5hDQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
    f"Ana, {EVE}",
    f"Ana <{EVE}>",
    f"<{EVE}>, Ana",
    f'"Ana" <{EVE}>',
    f'Ana" <{EVE}>, "',
    f"Ana;{EVE}:",
    f"Ana (\r\nBcc: {EVE})",
    f"Ana\\\r\nBcc: {EVE}",
    f"Ana%0D%0ABcc: {EVE}",
    f"Ana &#13;&#10;Bcc: {EVE}",
    f"zqslotmezq zqslotrecipientzq@mould.example {EVE}",
    "--===============0==\r\nContent-Type: text/html\r\n\r\n<b>hi</b>",
    "Ana\ud83d Bcc",
]


def parsed(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.strict)
    assert found.defects == []
    for part in found.walk():
        assert part.defects == []
    return found


def check(mail: EmailMessage, recipient: str, *more: str) -> None:
    """The headers are those that each such mail has, each once, and one person gets it."""
    assert sorted(mail.keys()) == sorted([*HEADERS, *ALWAYS, *more])
    assert [address.addr_spec for address in mail["To"].addresses] == [recipient]
    assert len(mail["From"].addresses) == 1
    assert EVE not in [mail["From"].addresses[0].addr_spec, mail["Reply-To"].addresses[0].addr_spec]
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_from_the_form_to_the_server_each_mail_has_one_recipient(make_instance, make_folder, sink) -> None:
    made = make_instance(plugins={"email": {"url": f"smtp://127.0.0.1:{sink.port}"}})
    made.publish(make_folder())
    for number, attack in enumerate(ATTACKS):
        name = attack.encode(errors="replace").decode()
        made.sign("library", name=name.replace(EVE, "eve"), email=f"ana{number}@readers.example")
        made.sign("library", name="Ana", email=name.replace("Ana", f"bob{number}@readers.example"))
        made.sign("library", name="Ana", email=f"x{number}@readers.example{name}")
    made.work()
    for envelope in list(sink.taken):
        assert made.confirm(link(parsed(envelope.content), "confirm")).status_code == 200
    made.work()
    made.app.extensions["clarion.channels"]["email"].close()
    names = [envelope.rcpt_tos for envelope in sink.taken]
    assert all(len(recipients) == 1 for recipients in names)
    taken = {recipients[0] for recipients in names}
    assert EVE not in taken
    assert all(address.endswith("@readers.example") for address in taken)
    assert len([address for address in taken if address.startswith("ana")]) >= 8, "names are taken, and made harmless"
    assert all(names.count(recipients) == 2 for recipients in names), "each is asked to confirm, and thanked"
    for envelope in sink.taken:
        mail = parsed(envelope.content)
        thanks = ":thanks:" in mail["Feedback-ID"]
        check(mail, envelope.rcpt_tos[0], *(ONE_CLICK if thanks else ()))
        assert [address.addr_spec for address in mail["Reply-To"].addresses] == ["hello@readers.example"]
        assert not thanks or mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_from_a_folder_to_the_server_each_mail_has_its_own_headers_only(make_instance, make_folder, sink) -> None:
    made = make_instance(plugins={"email": {"url": f"smtp://127.0.0.1:{sink.port}"}})
    published = 0
    for number, attack in enumerate(ATTACKS):
        clean = attack.encode(errors="replace").decode()
        text = TEXTS["en"].replace("Keep the library open", " ".join(clean.split()))
        table = TABLE.replace('"Readers"', json.dumps(clean))
        folder = make_folder(f"library-{number}", {"en.md": text, "campaign.toml": table})
        try:
            made.publish(folder)
        except AssertionError:
            continue  # the check of the folder found it
        published += 1
        made.sign(f"library-{number}", email=f"ana{published}@readers.example")
    made.work()
    made.app.extensions["clarion.channels"]["email"].close()
    assert len(sink.taken) == published >= 15
    for envelope in sink.taken:
        check(parsed(envelope.content), envelope.rcpt_tos[0])


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_a_mould_lets_nothing_out_of_its_place(attack: str) -> None:
    known = {"language": "en", "text": f"Dear {mark('name')}", "html": f"<p>Dear {mark('htmlname')}</p>"}
    words = {"sender": "petitions@site.example", "reply_to": "hello@readers.example", "message_id": "7.a@site.example"}
    recipient = f"{mark('recipient')}@mould.example"
    clean = attack.encode(errors="replace").decode()
    for place in ("subject", "sender_name", "recipient", "reply_to", "sender", "message_id"):
        fields = {"subject": "Confirm", "sender_name": "Readers", "recipient": recipient, **words, **known}
        fields[place] = clean if place in ("subject", "sender_name") else f"{clean}{fields[place]}"
        try:
            made = Mould.of(as_email(Words(**fields)))
            raw = made.cast(dict.fromkeys(("confirm", "code", "me", "unsubscribe"), "x") | _values(clean))
        except (ValueError, IndexError, KeyError, email.errors.MessageError):
            continue  # refused by the library: nothing leaves
        mail = parsed(raw)
        names = [name for name in mail if name != "Content-Language"]
        assert sorted(names) == sorted(HEADERS), place
        assert [address.addr_spec for address in mail["To"].addresses] == [
            "ana@readers.example"
        ] or place == "recipient"
        assert len(mail["To"].addresses) == 1


def _values(name: str) -> dict[str, str]:
    return values("ana@readers.example", name, messageid="7.a@site.example", date="Thu, 01 Jan 2026 00:00:00 +0000")
