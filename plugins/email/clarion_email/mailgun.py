"""What Mailgun tells: `failed` for good, and `complained`; signed with a key that both sides know.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Iterable

from werkzeug.datastructures import Headers

from .hooks import Forged, Told, code, read, table, word

FRESH_SECONDS = 300.0
MOST_TOKENS = 50_000


class Mailgun:
    """Webhooks of Mailgun."""

    name = "mailgun"

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._tokens: dict[str, float] = {}
        """Those that were used, and when: nobody may use one again. What another process took twice is kept once."""
        self._lock = threading.Lock()

    def events(self, body: bytes, headers: Headers) -> Iterable[Told]:
        """The one event that a request holds."""
        whole = table(read(body))
        signed = table(whole.get("signature"))
        token = word(signed.get("token"))
        self._check(word(signed.get("timestamp")), token, word(signed.get("signature")))
        event = table(whole.get("event-data"))
        kind = word(event.get("event"))
        sent = table(table(event.get("message")).get("headers"))
        key, message_id = word(event.get("id")), word(sent.get("message-id"))
        if kind == "failed" and event.get("severity") == "permanent":
            status = table(event.get("delivery-status"))
            yield Told(key, message_id, "bounced", code(status.get("enhanced-code")) or code(status.get("code")))
        elif kind == "complained":
            yield Told(key, message_id, "complained")
        self._remember(token)  # once the event is kept: what could not be kept comes again with the same token

    def _check(self, timestamp: str, token: str, signature: str) -> None:
        expected = hmac.new(self._key, (timestamp + token).encode(), hashlib.sha256).hexdigest()
        if not token or not hmac.compare_digest(expected.encode(), signature.encode()):
            raise Forged
        if not timestamp.isdecimal() or len(timestamp) > 12 or abs(time.time() - int(timestamp)) > FRESH_SECONDS:
            raise Forged
        if token in self._tokens:
            raise Forged

    def _remember(self, token: str) -> None:
        with self._lock:
            if len(self._tokens) >= MOST_TOKENS:
                old = time.time() - 2 * FRESH_SECONDS
                self._tokens = {token: used for token, used in self._tokens.items() if used > old}
            self._tokens[token] = time.time()
