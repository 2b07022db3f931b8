"""Fair limits: many signatures from one network get a second look by a person; nobody is refused.

Behind one address stand a school, a shelter, a rally. A network is known by a keyed hash under a key that
changes daily, so no address is kept or can be found again tomorrow (rule 7). Each process counts for
itself and asks the broker's store only about networks that stand out, so that signing makes no
network call for anybody else (rule 3), and goes on unharmed while the store is away.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections import Counter
from functools import lru_cache

from flask import Flask, current_app, request
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from limits import RateLimitItemPerMinute

from .broker import REST, quick_client
from .extensions import now
from .monitoring import report
from .sealing import Keyring, derive
from .settings import Settings

MINUTES = 10
STANDS_OUT = 8
"""A network is asked about everywhere once one process has seen this part of the limit."""


class FairLimits:
    """Counts what comes from each network."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._keyring = keyring
        self._most = settings.signing.network_limit
        self._limit = RateLimitItemPerMinute(self._most, MINUTES)
        self._window = -1
        self._seen: dict[str, int] = {}
        self._not_before = 0.0
        store = shared_store(settings)
        self._shared = FixedWindowRateLimiter(store) if store is not None else None

    def signing_is_usual(self, slug: str, address: str) -> bool:
        """Count one signature; `False` once its network is above the limit for this campaign."""
        mark = self._mark(address, slug)
        seen = self._count(mark)
        threshold = self._most // STANDS_OUT
        if self._shared is None or seen < threshold:
            return seen <= self._most
        return self._count_everywhere(mark, threshold if seen == threshold else 1, seen)

    def _count(self, mark: str) -> int:
        window = int(time.time() // (MINUTES * 60))
        if window != self._window:
            self._window, self._seen = window, {}
        seen = self._seen[mark] = self._seen.get(mark, 0) + 1
        return seen

    def _count_everywhere(self, mark: str, how_many: int, seen: int) -> bool:
        if self._shared is not None and time.monotonic() >= self._not_before:
            try:
                return self._shared.hit(self._limit, mark, cost=max(1, how_many))
            except Exception as error:  # noqa: BLE001 - whatever the store says, signing goes on
                self._not_before = time.monotonic() + REST
                report(error, "limits counted in memory")
        return seen <= self._most

    def _mark(self, address: str, slug: str) -> str:
        return network_mark(self._keyring, address, slug)


class SeldomUses:
    """Counts of what is done seldom, by the hour: by network, or by a mark of whoever does it."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._keyring, self._store = keyring, shared_store(settings)
        self._guard = threading.Lock()
        self._hour, self._seen = -1, Counter[str]()
        self._not_before = 0.0

    def count(self, what: str, address: str) -> int:
        """Count one use from an address, or by nobody in particular; how many there were in this hour."""
        hour = int(time.time() // 3600)
        mark = network_mark(self._keyring, address, f"{what} {hour}")
        with self._guard:
            if hour != self._hour:
                self._hour, self._seen = hour, Counter()
            self._seen[mark] += 1
            seen = self._seen[mark]
        if self._store is not None and time.monotonic() >= self._not_before:
            try:
                return int(self._store.incr(f"seldom:{mark}", 3600))
            except Exception as error:  # noqa: BLE001 - while the store is away each process counts alone
                self._not_before = time.monotonic() + REST
                report(error, "limits counted in memory")
        return seen


def shared_store(settings: Settings) -> Storage | None:
    """The broker's store, in which all processes count together; `None` where there is one process only."""
    if settings.broker.in_process:
        return None
    url = settings.broker.url.get_secret_value()
    pool = quick_client(url).connection_pool
    store: Storage = storage_from_string(url, connection_pool=pool)  # type: ignore[arg-type, assignment]
    return store


def network_mark(keyring: Keyring, address: str, purpose: str) -> str:
    """What stands for the network of an address today, and for one purpose only (rule 7)."""
    key = _daily_key(keyring.secret("limits"), f"{now():%Y-%m-%d}")
    return hashlib.blake2b(f"{network(address)} {purpose}".encode(), key=key, digest_size=16).hexdigest()


@lru_cache(maxsize=4)
def _daily_key(secret: bytes, day: str) -> bytes:
    return derive(secret, day)


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
    app.extensions["clarion.seldom"] = SeldomUses(settings, app.extensions["clarion.keyring"])


def signing_is_usual(slug: str) -> bool:
    """Whether a signature from the current request's network needs no second look."""
    limits: FairLimits = current_app.extensions["clarion.limits"]
    return limits.signing_is_usual(slug, request.remote_addr or "")


def uses_this_hour(what: str, *, of_all: bool = False) -> int:
    """Count a use of something that is done seldom; how often the visitor's network did it in this hour, or all did."""
    uses: SeldomUses = current_app.extensions["clarion.seldom"]
    return uses.count(what, "" if of_all else request.remote_addr or "")
