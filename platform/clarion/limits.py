"""Fair limits: many signatures from one network are looked at by a person, never refused.

A network is known by an HMAC under a key that changes daily, so no address is kept or can be found
again tomorrow (rule 7). The counts live in the broker's store, and in memory while that is away.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time

from flask import Flask, current_app, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from .broker import PATIENCE, REST
from .extensions import now
from .monitoring import report
from .sealing import Keyring, derive
from .settings import Settings


class FairLimits:
    """Counts what comes from each network."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._keyring = keyring
        self._signing = RateLimitItemPerMinute(settings.signing.network_limit, 10)
        self._memory = FixedWindowRateLimiter(MemoryStorage())
        self._shared: FixedWindowRateLimiter | None = None
        self._not_before = 0.0
        if not settings.broker.in_process:
            url = settings.broker.url.get_secret_value()
            store: Storage = storage_from_string(  # type: ignore[assignment]
                url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
            )
            self._shared = FixedWindowRateLimiter(store)

    def signing_is_usual(self, slug: str, address: str) -> bool:
        """Count one signature; `False` once its network is above the limit for this campaign."""
        return self._hit(self._signing, self._mark(address, slug))

    def _hit(self, limit: RateLimitItemPerMinute, mark: str) -> bool:
        if self._shared is not None and time.monotonic() >= self._not_before:
            try:
                return self._shared.hit(limit, mark)
            except Exception as error:  # noqa: BLE001 - whatever the store says, signing goes on
                self._not_before = time.monotonic() + REST
                report(error, "limits counted in memory")
        return self._memory.hit(limit, mark)

    def _mark(self, address: str, slug: str) -> str:
        key = derive(self._keyring.secret("limits"), f"{now():%Y-%m-%d}")
        return hmac.new(key, f"{network(address)} {slug}".encode(), hashlib.sha256).hexdigest()[:32]


def network(address: str) -> str:
    """The network of an address: what one household or house shares, /24 and /56."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 56), strict=False))


def init_limits(app: Flask, settings: Settings) -> None:
    """Give the app its counts."""
    app.extensions["clarion.limits"] = FairLimits(settings, app.extensions["clarion.keyring"])


def signing_is_usual(slug: str) -> bool:
    """Whether a signature from the current request's network needs no second look."""
    limits: FairLimits = current_app.extensions["clarion.limits"]
    return limits.signing_is_usual(slug, request.remote_addr or "")
