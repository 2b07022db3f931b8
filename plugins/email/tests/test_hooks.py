"""What providers tell: genuine reports are kept once, and everything else changes nothing and breaks nothing."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from sqlalchemy import select
from werkzeug.test import TestResponse

import clarion_email
from clarion.delivery.feedback import message_name
from clarion.delivery.models import Feedback
from clarion.extensions import db
from clarion.outbox.models import Message
from clarion.testing import Instance
from clarion_email.hooks import BODY_LIMIT
from clarion_email.ses import SIGNED, Ses

TOPIC = "arn:aws:sns:eu-west-1:123456789012:petitions"
AMAZON = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{AMAZON}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
KEY, SECRET = "mailgun-signing-key", "a-secret-that-was-made-up"

Change = Callable[[dict[str, Any]], None]


@dataclass
class Amazon:
    """SNS as far as we meet it: its key, its certificate, and who asked for what."""

    days: int = 30
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    asked: list[str] = field(default_factory=list)
    away: bool = False

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.away:
            raise OSError("away")
        if "pem" not in url:
            return b"<ConfirmSubscriptionResponse/>"
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        moment = datetime.now(UTC) + timedelta(days=self.days - 30)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        made = made.serial_number(1).not_valid_before(moment - timedelta(1)).not_valid_after(moment + timedelta(1))
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def call(self, message: Any, version: str = "2", kind: str = "Notification", **other: Any) -> dict[str, Any]:
        call = {
            "Type": kind,
            "MessageId": "sns-1",
            "TopicArn": TOPIC,
            "Subject": "Amazon SES",
            "Message": message if isinstance(message, str) else json.dumps(message),
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
            "Token": "t",
            "SubscribeURL": f"{AMAZON}/?Action=ConfirmSubscription&Token=t",
            **other,
        }
        signed = "".join(f"{name}\n{call[name]}\n" for name in SIGNED.get(kind, ()) if call.get(name) is not None)
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - what SNS uses
        call["Signature"] = base64.b64encode(self.key.sign(signed.encode(), padding.PKCS1v15(), algorithm)).decode()
        return call


class Site:
    """An instance that all four providers tell of mails."""

    def __init__(self, make_instance: Callable[..., Instance], amazon: Amazon) -> None:
        self.amazon = amazon
        self.grid = ec.generate_private_key(ec.SECP256R1())
        public = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        table = {
            "ses_topics": [TOPIC],
            "mailgun_key": KEY,
            "postmark_secret": SECRET,
            "sendgrid_key": base64.b64encode(self.grid.public_key().public_bytes(*public)).decode(),
        }
        self.instance = make_instance(plugins={"email": table})
        self.tokens = iter(range(10**6))

    def message_id(self, number: int = 7) -> str:
        with self.instance.context():
            return f"<{message_name(number)}@petitions.example>"

    def post(self, provider: str, body: bytes, headers: dict[str, str] | None = None) -> TestResponse:
        return self.instance.client.post(f"/hooks/email/{provider}", data=body, headers=headers or {})

    def ses(self, message: Any, **other: Any) -> TestResponse:
        return self.post("ses", json.dumps(self.amazon.call(message, **other)).encode())

    def mailgun(self, event: Any, at: float = 0.0, token: str = "", key: str = KEY) -> TestResponse:
        stamp, token = str(int(time.time() + at)), token or f"token-{next(self.tokens)}"
        mark = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
        signature = {"timestamp": stamp, "token": token, "signature": mark}
        return self.post("mailgun", json.dumps({"signature": signature, "event-data": event}).encode())

    def postmark(self, event: Any, secret: str = SECRET) -> TestResponse:
        given = base64.b64encode(f"clarion:{secret}".encode()).decode()
        return self.post("postmark", json.dumps(event).encode(), {"Authorization": f"Basic {given}"})

    def sendgrid(self, events: Any, at: float = 0.0, changed: bytes = b"") -> TestResponse:
        body = events if isinstance(events, bytes) else json.dumps(events).encode()
        stamp = str(int(time.time() + at))
        mark = base64.b64encode(self.grid.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
        name = "X-Twilio-Email-Event-Webhook"
        return self.post("sendgrid", body + changed, {f"{name}-Signature": mark, f"{name}-Timestamp": stamp})

    def kept(self) -> list[tuple[str, int, str, str]]:
        with self.instance.context():
            rows = db.session.scalars(select(Feedback).order_by(Feedback.id))
            return [(row.source, row.message_id, row.kind, row.code) for row in rows]


@pytest.fixture
def site(make_instance, monkeypatch) -> Iterator[Site]:
    amazon = Amazon()
    monkeypatch.setattr(clarion_email, "Ses", lambda topics: Ses(topics, amazon.fetch))
    return Site(make_instance, amazon)


def ses_bounce(message_id: str, kind: str = "Permanent") -> dict[str, Any]:
    recipients = [{"emailAddress": "ana@readers.example", "action": "failed", "status": "5.1.1"}]
    mail = {"messageId": "amazon-own", "headers": [{"name": "Message-ID", "value": message_id}]}
    return {"notificationType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": recipients}, "mail": mail}


def mailgun_failed(message_id: str, severity: str = "permanent") -> dict[str, Any]:
    return {
        "event": "failed",
        "severity": severity,
        "id": "mg-1",
        "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "no <ana@readers.example>"},
        "message": {"headers": {"message-id": message_id.strip("<>")}},
    }


def postmark_bounce(message_id: str, kind: str = "HardBounce") -> dict[str, Any]:
    known = {"RecordType": "Bounce", "Type": kind, "ID": 42, "MessageID": "pm-own", "Email": "ana@readers.example"}
    return {**known, "Metadata": {"message": message_id.strip("<>")}}


def sendgrid_bounce(message_id: str, **other: Any) -> dict[str, Any]:
    return {
        "event": "bounce",
        "type": "bounce",
        "status": "5.1.1",
        "sg_event_id": "sg-1",
        "smtp-id": message_id,
        **other,
    }


def test_each_provider_is_heard_once_however_often_it_tells(site: Site) -> None:
    own = site.message_id()
    for _ in range(10):
        for answer in (
            site.ses(ses_bounce(own)),
            site.ses(ses_bounce(own), version="1"),
            site.mailgun(mailgun_failed(own)),
            site.postmark(postmark_bounce(own)),
            site.sendgrid([sendgrid_bounce(own)] * 3),
        ):
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
    told = ("ses", "mailgun", "postmark", "sendgrid")
    assert site.kept() == [(source, 7, "bounced", "5.1.1") for source in told]
    assert site.amazon.asked == [CERTIFICATE], "the certificate is kept"


def test_complaints_are_heard_too_and_in_any_order(site: Site) -> None:
    own = site.message_id(8)
    mail = {"commonHeaders": {"messageId": own}}
    complaint = {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "abuse"}, "mail": mail}
    assert site.ses(complaint).status_code == 200
    assert site.mailgun({**mailgun_failed(own), "event": "complained"}).status_code == 200
    assert site.postmark({**postmark_bounce(own), "RecordType": "SpamComplaint"}).status_code == 200
    spam = {"event": "spamreport", "sg_event_id": "sg-2", "clarion_message": own.strip("<>")}
    assert site.sendgrid([spam, sendgrid_bounce(site.message_id(9))]).status_code == 200
    assert site.kept()[:4] == [(source, 8, "complained", "") for source in ("ses", "mailgun", "postmark", "sendgrid")]
    assert site.kept()[4:] == [("sendgrid", 9, "bounced", "5.1.1")]


def test_what_is_for_a_while_or_unknown_or_not_ours_is_taken_and_changes_nothing(site: Site) -> None:
    own = site.message_id()
    foreign = ("<7.aaaaaaaaaaaaaaaa@petitions.example>", "<8" + own[2:], "<x@y.example>", "", "7", 7, None, ["<a@b>"])
    answers = [
        site.ses(ses_bounce(own, "Transient")),
        site.ses({**ses_bounce(own), "notificationType": "Delivery"}),
        site.ses(
            {**ses_bounce(own), "notificationType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}
        ),
        site.ses("Successfully validated SNS topic for Amazon SES event publishing."),
        site.ses("", kind="UnsubscribeConfirmation"),
        *(site.ses({"notificationType": "Bounce", "bounce": junk, "mail": junk}) for junk in (None, [], 1, "x", {})),
        site.mailgun(mailgun_failed(own, "temporary")),
        site.mailgun({"event": "opened", "id": "mg-2"}),
        *(site.mailgun(junk) for junk in (None, [], 1, "x", {"event": ["failed"]})),
        site.postmark(postmark_bounce(own, "SoftBounce")),
        site.postmark({**postmark_bounce(own), "RecordType": "Open"}),
        site.postmark(
            {"RecordType": "SubscriptionChange", "SuppressSending": False, "SuppressionReason": "HardBounce"}
        ),
        *(site.postmark(junk) for junk in (None, [], 1, "x", {"RecordType": 1})),
        site.sendgrid([sendgrid_bounce(own, type="blocked"), {"event": "open"}, {"event": "deferred"}, 1, None]),
        *(site.sendgrid(junk) for junk in (None, {}, 1, "x", [[]], [{"event": "bounce", "type": []}])),
    ]
    for wrong in foreign:
        answers += [
            site.ses(ses_bounce(wrong)),  # type: ignore[arg-type]
            site.sendgrid([sendgrid_bounce(wrong)]),  # type: ignore[arg-type]
        ]
    assert {answer.status_code for answer in answers} == {200}
    assert site.kept() == []


def test_forged_old_and_used_requests_are_refused(site: Site) -> None:
    own = site.message_id()
    day = 26 * 3600
    assert site.mailgun(mailgun_failed(own), token="once").status_code == 200
    before = site.kept()
    bounce = sendgrid_bounce(own, sg_event_id="forged")
    refused = [
        site.mailgun(mailgun_failed(own), token="once"),
        site.mailgun({**mailgun_failed(own), "id": "forged"}, key="another key"),
        *(site.mailgun({**mailgun_failed(own), "id": "forged"}, at=at) for at in (-310, 310, -(10**9), 10**11)),
        site.post("mailgun", json.dumps({"event-data": mailgun_failed(own)}).encode()),
        site.postmark(postmark_bounce(own), secret="another"),
        site.post("postmark", json.dumps(postmark_bounce(own)).encode()),
        *(
            site.post("postmark", json.dumps(postmark_bounce(own)).encode(), {"Authorization": f"Basic {given}"})
            for given in ("", "?", "w7w=", base64.b64encode(SECRET.encode()).decode())
        ),
        *(site.sendgrid([bounce], at=at) for at in (-day, 400, 10**11)),
        site.sendgrid([bounce], changed=b" "),
        site.post("sendgrid", json.dumps([bounce]).encode()),
    ]
    assert {answer.status_code for answer in refused} == {401}
    assert site.kept() == before
    right = {"X-Webhook-Secret": SECRET}
    assert site.post("postmark", json.dumps(postmark_bounce(own)).encode(), right).status_code == 200


def moved(**by: float) -> str:
    return (datetime.now(UTC) + timedelta(**by)).isoformat()


@pytest.mark.parametrize(
    "other",
    [
        {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:another"},
        {"Timestamp": moved(hours=-26)},
        {"Timestamp": moved(minutes=6)},
        {"Timestamp": "yesterday"},
        {"Timestamp": "2026-01-01T00:00:00"},
        {"SignatureVersion": "3"},
        {"Type": "Notice"},
        {"Message": None},
        {"Signature": "AAAA"},
        {"Signature": "no base64"},
        {"Message": json.dumps({"notificationType": "Bounce"})},
        *(
            {"SigningCertURL": url}
            for url in (
                CERTIFICATE.replace("https", "http"),
                CERTIFICATE.replace("eu-west-1", "us-east-1"),
                CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
                CERTIFICATE.replace("https://", "https://evil.example@"),
                CERTIFICATE.replace("amazonaws.com/", "amazonaws.com:8443/"),
                CERTIFICATE.replace("sns.", "evil-sns."),
                CERTIFICATE.replace("sns.", "s3."),
                CERTIFICATE + "?x=1",
                CERTIFICATE + "#x",
                f"{AMAZON}/evil.pem",
                f"{AMAZON}/../SimpleNotificationService-0.pem",
                "https://[::1",
                "",
            )
        ),
    ],
)
def test_what_sns_did_not_sign_or_not_now_is_refused(site: Site, other: dict[str, str]) -> None:
    call = {**site.amazon.call(ses_bounce(site.message_id())), **other}
    assert site.post("ses", json.dumps(call).encode()).status_code == 401
    assert site.kept() == []
    assert set(site.amazon.asked) <= {CERTIFICATE}, "nobody else is asked for a certificate"


def test_a_topic_that_asks_is_told_yes_at_amazon_only(site: Site) -> None:
    assert site.ses("You have chosen", kind="SubscriptionConfirmation").status_code == 200
    assert site.amazon.asked == [CERTIFICATE, f"{AMAZON}/?Action=ConfirmSubscription&Token=t"]
    for url in ("https://evil.example/", "http://169.254.169.254/", f"{AMAZON}:1/", f"{AMAZON}/\r\nX: y", ""):
        assert site.ses("You have", kind="SubscriptionConfirmation", SubscribeURL=url).status_code == 401
    assert len(site.amazon.asked) == 2


def test_amazon_is_asked_gently_for_certificates(site: Site) -> None:
    site.amazon.away = True
    for n in range(20):
        url = CERTIFICATE.replace("0123", f"{n:04}")
        assert site.ses(ses_bounce(site.message_id()), SigningCertURL=url).status_code == 401
    assert len(site.amazon.asked) == 1


def test_an_old_certificate_is_none(site: Site) -> None:
    site.amazon.days = 0
    assert site.ses(ses_bounce(site.message_id())).status_code == 401


def test_large_batches_are_taken_and_larger_ones_are_not(site: Site) -> None:
    filler = {"event": "processed", "text": "x" * 1000}
    batch = [filler] * (BODY_LIMIT // 1100) + [sendgrid_bounce(site.message_id())]
    assert site.sendgrid(batch).status_code == 200
    assert len(site.kept()) == 1
    for provider in ("ses", "mailgun", "postmark", "sendgrid"):
        assert site.post(provider, b"x" * 2 * BODY_LIMIT).status_code == 413


def test_junk_is_answered_and_nothing_more(site: Site) -> None:
    chance = random.Random(5)
    own = site.message_id()
    genuine = [
        json.dumps(site.amazon.call(ses_bounce(own))).encode(),
        json.dumps({"signature": {"timestamp": "1", "token": "a", "signature": "b"}, "event-data": {}}).encode(),
    ]
    bodies = [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 50_000, b"1" * 5000, b'{"Type":"\\ud800"}', b"\0"]
    bodies += [chance.randbytes(chance.randrange(300)) for _ in range(40)]
    for _ in range(40):
        changed = bytearray(chance.choice(genuine))
        for _ in range(3):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        bodies.append(bytes(changed))
    seen = set()
    for body in bodies:
        for provider in ("ses", "mailgun", "postmark", "sendgrid"):
            headers = {"Authorization": "Basic \u00e9", "X-Twilio-Email-Event-Webhook-Signature": "\u00e9"}
            seen.add(site.post(provider, body, headers).status_code)
        seen.add(site.sendgrid(body).status_code)
        seen.add(site.post("postmark", body, {"X-Webhook-Secret": SECRET}).status_code)
    assert seen <= {200, 400, 401}
    assert site.kept() == []
    assert set(site.amazon.asked) <= {CERTIFICATE}


def test_what_no_unicode_can_hold_is_no_key(site: Site) -> None:
    event = json.dumps([sendgrid_bounce(site.message_id(), sg_event_id="X", status="5\u0661")]).encode()
    assert site.sendgrid(event.replace(b'"X"', b'"\\ud800"')).status_code == 200
    assert site.kept() == [("sendgrid", 7, "bounced", "")]


def test_without_its_secret_a_provider_has_no_address(make_instance) -> None:
    client = make_instance(plugins={"email": {"mailgun_key": KEY}}).client
    assert client.post("/hooks/email/mailgun", data=b"{}").status_code == 401
    assert client.get("/hooks/email/mailgun").status_code == 405
    assert [client.post(f"/hooks/email/{name}").status_code for name in ("ses", "postmark", "sendgrid")] == [404] * 3
    client = make_instance(plugins={"email": {}}).client
    assert client.post("/hooks/email/mailgun").status_code == 404


def test_a_mail_that_left_by_postmark_is_known_when_it_comes_back(make_instance, make_folder, sink) -> None:
    table = {"url": f"smtp://127.0.0.1:{sink.port}", "postmark_secret": SECRET}
    instance = make_instance(plugins={"email": table})
    instance.publish(make_folder())
    instance.sign("library")
    instance.work()
    instance.app.extensions["clarion.channels"]["email"].close()
    (taken,) = sink.taken
    mail = email.message_from_bytes(taken.content, policy=email.policy.strict)
    assert mail["X-PM-Metadata-message"] == mail["Message-ID"].strip("<>")
    event = postmark_bounce(mail["X-PM-Metadata-message"])
    answer = instance.client.post("/hooks/email/postmark", json=event, headers={"X-Webhook-Secret": SECRET})
    assert answer.status_code == 200
    with instance.context():
        (row,) = db.session.scalars(select(Feedback)).all()
        assert row.message_id == db.session.scalars(select(Message.id)).one()
