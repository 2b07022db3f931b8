"""What Amazon SES tells, by way of a topic of Amazon SNS that calls us; each call is signed with SNS's certificate.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

import base64
import binascii
import http.client
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from werkzeug.datastructures import Headers

from .hooks import Forged, Told, code, read, rows, table, word

Fetch = Callable[[str], bytes]
"""Gets an address of Amazon's. Raises `OSError`."""

SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""What is signed of each type, in this order; `Subject` only where there is one."""

HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {"1": hashes.SHA1, "2": hashes.SHA256}
PAST_SECONDS, FUTURE_SECONDS = 25 * 3600.0, 300.0
FETCH_SECONDS, FETCH_BYTES = 5.0, 64 * 1024
PAUSE_SECONDS = 10.0
"""After a fetch in vain: a stranger shall not make us knock at Amazon's door again and again."""

MOST_CERTIFICATES = 20
_HOST = re.compile(r"sns\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")


def fetch(url: str) -> bytes:
    """Get an address that was checked before; no redirects, no more than a certificate's length."""
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.netloc, timeout=FETCH_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        answer = connection.getresponse()
        body = answer.read(FETCH_BYTES + 1)
    except http.client.HTTPException as error:
        raise OSError(type(error).__name__) from error
    finally:
        connection.close()
    if answer.status != 200 or len(body) > FETCH_BYTES:
        raise OSError("not what was asked for")
    return body


class Ses:
    """Bounces and complaints of SES, from the topics that the settings name."""

    name = "ses"

    def __init__(self, topics: Iterable[str], fetch: Fetch = fetch) -> None:
        self._topics = frozenset(topics)
        self._fetch = fetch
        self._certificates: dict[str, x509.Certificate] = {}
        self._not_before = 0.0
        self._lock = threading.Lock()

    def events(self, body: bytes, headers: Headers) -> Iterable[Told]:
        """What a notification tells; a topic that asks whether it may call us is told yes."""
        call = table(read(body))
        self._check(call)
        if call["Type"] == "SubscriptionConfirmation":
            self._ask(_of_amazon(word(call.get("SubscribeURL"), 2000), word(call["TopicArn"])))
        elif call["Type"] == "Notification":
            yield from _told(word(call["MessageId"]), _inner(call["Message"]))

    def _check(self, call: Mapping[str, Any]) -> None:
        kind, topic = word(call.get("Type")), word(call.get("TopicArn"))
        if kind not in SIGNED or topic not in self._topics or not _is_fresh(word(call.get("Timestamp"))):
            raise Forged
        names = [name for name in SIGNED[kind] if name != "Subject" or call.get(name) is not None]
        if not all(isinstance(call.get(name), str) for name in names):
            raise Forged
        signed = "".join(f"{name}\n{call[name]}\n" for name in names).encode(errors="surrogatepass")
        algorithm = HASHES.get(word(call.get("SignatureVersion")))
        url = _of_amazon(word(call.get("SigningCertURL")), topic)
        parts = urlsplit(url)
        if algorithm is None or not _CERTIFICATE.fullmatch(parts.path) or parts.query:
            raise Forged
        key = self._certificate(url).public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise Forged
        try:
            given = base64.b64decode(word(call.get("Signature"), 2000), validate=True)
            key.verify(given, signed, padding.PKCS1v15(), algorithm())
        except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
            raise Forged from None

    def _certificate(self, url: str) -> x509.Certificate:
        known = self._certificates.get(url)
        if known is None:
            try:
                known = x509.load_pem_x509_certificate(self._ask(url))
            except ValueError:
                raise Forged from None
            if len(self._certificates) >= MOST_CERTIFICATES:
                self._certificates.clear()
            self._certificates[url] = known
        if not known.not_valid_before_utc <= datetime.now(UTC) <= known.not_valid_after_utc:
            raise Forged
        return known

    def _ask(self, url: str) -> bytes:
        """Get an address; one at a time, and none for a while after one in vain. Raises `Forged`: SNS comes again."""
        with self._lock:
            if time.monotonic() < self._not_before:
                raise Forged
            try:
                return self._fetch(url)
            except OSError:
                self._not_before = time.monotonic() + PAUSE_SECONDS
                raise Forged from None


def is_topic(arn: str) -> bool:
    """Whether this is how a topic is named."""
    return _ARN.fullmatch(arn) is not None


def _of_amazon(url: str, topic: str) -> str:
    """The address, if it is https at SNS in the region of its topic and nowhere else. Raises `Forged`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Forged from None
    region, place = _ARN.fullmatch(topic), _HOST.fullmatch(parts.netloc)
    if parts.scheme != "https" or place is None or region is None or place[1] != region[1]:
        raise Forged
    if not url.isascii() or not url.isprintable() or " " in url or parts.fragment:
        raise Forged
    return url


def _is_fresh(timestamp: str) -> bool:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return False
    if moment.tzinfo is None:
        return False
    return -FUTURE_SECONDS < (datetime.now(UTC) - moment).total_seconds() < PAST_SECONDS


def _inner(message: str) -> dict[str, Any]:
    """What SES wrote. SNS itself sends plain words too, to try a topic."""
    try:
        return table(read(message.encode()))
    except ValueError:
        return {}


def _told(key: str, message: Mapping[str, Any]) -> Iterable[Told]:
    """A notification calls its kind `notificationType`, an event that was published `eventType`."""
    kind = word(message.get("notificationType")) or word(message.get("eventType"))
    message_id = _message_id(table(message.get("mail")))
    bounce, complaint = table(message.get("bounce")), table(message.get("complaint"))
    if kind == "Bounce" and bounce.get("bounceType") == "Permanent":
        status = next((code(one.get("status")) for one in rows(bounce.get("bouncedRecipients"))), "")
        yield Told(key, message_id, "bounced", status)
    elif kind == "Complaint" and complaint.get("complaintFeedbackType") != "not-spam":
        yield Told(key, message_id, "complained")


def _message_id(mail: Mapping[str, Any]) -> str:
    """Our own Message-ID; `messageId` beside it is the one of Amazon's."""
    common = word(table(mail.get("commonHeaders")).get("messageId"))
    named = (
        word(one.get("value")) for one in rows(mail.get("headers")) if word(one.get("name")).lower() == "message-id"
    )
    return next(named, "") or common
