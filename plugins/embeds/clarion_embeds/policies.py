"""Content-Security-Policies as browsers read them (CSP Level 3): what one lets load, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

Thing = Literal["script", "frame", "picture"]
"""What a page loads from us."""

GOVERNING: dict[str, tuple[str, ...]] = {
    "script": ("script-src-elem", "script-src", "default-src"),
    "frame": ("frame-src", "child-src", "default-src"),
    "picture": ("img-src", "default-src"),
    "style": ("style-src-attr", "style-src", "default-src"),
}
"""The directives that may decide on a thing: the first that a policy has does."""

OWN = {"script": "script-src", "frame": "frame-src", "picture": "img-src"}
"""What is written where only a more general one was."""

NOT_IN_META = ("frame-ancestors", "report-uri", "sandbox")

_USUAL_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}|\*))?(?P<path>/[^?#]*)?",
    re.IGNORECASE,
)
_NONCE_OR_HASH = re.compile(r"'(?:nonce|sha256|sha384|sha512)-[^']+'", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Script:
    """A script element with an address."""

    url: str
    nonce: str = ""
    integrity: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of a page. Where a page has several, all of them apply."""

    directives: tuple[tuple[str, tuple[str, ...]], ...]
    in_meta: bool = False
    enforced: bool = True
    """Whether it holds; otherwise it only reports."""

    @classmethod
    def read(cls, text: str, *, in_meta: bool = False, enforced: bool = True) -> Iterator[Policy]:
        """The policies in one header or `<meta>`: parted by commas, of a directive that comes twice the first."""
        for one in text.split(","):
            directives: dict[str, tuple[str, ...]] = {}
            for part in one.split(";"):
                name, *values = part.split() or [""]
                if name and not (in_meta and name.lower() in NOT_IN_META):
                    directives.setdefault(name.lower(), tuple(values))
            if directives:
                yield cls(tuple(directives.items()), in_meta, enforced)

    def __str__(self) -> str:
        return "; ".join(" ".join((name, *values)) for name, values in self.directives)

    @property
    def header(self) -> str:
        """How it is written where it stands."""
        if self.in_meta:
            said = str(self).replace('"', "&quot;")
            return f'<meta http-equiv="Content-Security-Policy" content="{said}">'
        return f"Content-Security-Policy{'' if self.enforced else '-Report-Only'}: {self}"

    def values(self, name: str) -> tuple[str, ...] | None:
        """What a directive says, or `None` if it is not there."""
        return dict(self.directives).get(name)

    def governing(self, thing: str) -> str:
        """The directive that decides on a thing, or an empty text if none does."""
        return next((name for name in GOVERNING[thing] if self.values(name) is not None), "")

    def sources(self, thing: str) -> tuple[str, ...] | None:
        """What may be loaded as a thing, or `None` if this policy does not mind."""
        name = self.governing(thing)
        return self.values(name) if name else None

    def lets_load(self, thing: Thing, url: str, page: str) -> bool:
        """Whether a page at an address may load a frame or picture from another."""
        listed = self.sources(thing)
        return listed is None or any(matches(one, url, page) for one in listed)

    def lets_run(self, script: Script, page: str) -> bool:
        """Whether a script element in the page's own HTML may be run (CSP3, 6.7.1.1)."""
        listed = self.sources("script")
        if listed is None or (script.nonce and f"'nonce-{script.nonce}'" in listed):
            return True
        hashes = {f"'{one}'" for one in script.integrity.split()}
        if hashes and hashes.issubset(listed):
            return True
        if self.trusts_only_marked():
            return False
        return any(matches(one, script.url, page) for one in listed)

    def lets_style(self) -> bool:
        """Whether an element may have a `style` of its own; a nonce or hash beside it takes that back."""
        listed = self.sources("style")
        if listed is None:
            return True
        return "'unsafe-inline'" in _lower(listed) and not any(_NONCE_OR_HASH.fullmatch(one) for one in listed)

    def trusts_only_marked(self) -> bool:
        """Whether scripts run by nonce or hash alone, whatever their address (`'strict-dynamic'`)."""
        return "'strict-dynamic'" in _lower(self.sources("script") or ())

    def knows_nonces(self) -> bool:
        """Whether it lets scripts run by nonce."""
        return any(one.lower().startswith("'nonce-") for one in self.sources("script") or ())

    def also(self, thing: Thing, source: str) -> Policy:
        """The same, letting a thing come from one source more and taking nothing away."""
        name = self.governing(thing)
        own = name if name and name not in ("child-src", "default-src") else OWN[thing]
        known = [one for one in self.values(name) or () if own == name or thing == "script" or not _is_for_scripts(one)]
        kept = tuple(one for one in known if one.lower() != "'none'")
        return self.replaced(own, (*kept, source))

    def replaced(self, name: str, values: tuple[str, ...]) -> Policy:
        """The same with another directive, in its place or at the end."""
        directives = {**dict(self.directives), name: values}
        return Policy(tuple(directives.items()), self.in_meta, self.enforced)


def matches(expression: str, url: str, page: str) -> bool:
    """Whether a source expression stands for an address, in a page at another (CSP3, 6.7.2)."""
    asked, here = urlsplit(url), urlsplit(page or "https:")
    if expression == "*":
        return True
    if expression.lower() == "'self'":
        return _is_self(asked, here)
    if scheme := _SCHEME.fullmatch(expression):
        return _fits_scheme(scheme[1].lower(), asked.scheme)
    found = _HOST.fullmatch(expression)
    if found is None or not _fits_scheme((found["scheme"] or here.scheme).lower(), asked.scheme):
        return False
    host, name = found["host"].lower(), _named(asked)
    fits_host = host in ("*", name) or (host.startswith("*.") and name.endswith(host[1:]))
    return fits_host and _fits_port(found["port"] or "", asked) and _fits_path(found["path"] or "", asked.path)


def _is_self(asked: SplitResult, here: SplitResult) -> bool:
    if not here.hostname or asked.hostname != here.hostname:
        return False
    ours, theirs = _port(asked), _port(here)
    if (asked.scheme, ours) == (here.scheme, theirs):
        return True
    usual = ours == _USUAL_PORTS.get(asked.scheme) and theirs == _USUAL_PORTS.get(here.scheme)
    return asked.scheme == "https" and (ours == theirs or usual)


def _fits_scheme(pattern: str, scheme: str) -> bool:
    """What is allowed without TLS is allowed with it too."""
    return scheme == pattern or (pattern, scheme) == ("http", "https")


def _fits_port(pattern: str, asked: SplitResult) -> bool:
    port, usual = _port(asked), _USUAL_PORTS.get(asked.scheme)
    if pattern in ("", "*"):
        return pattern == "*" or port == usual
    return int(pattern) == port or (int(pattern) == 80 and port == 443 and asked.scheme == "https")


def _fits_path(pattern: str, path: str) -> bool:
    wanted, given = unquote(pattern), unquote(path) or "/"
    return given.startswith(wanted) if wanted.endswith("/") else wanted in ("", given)


def _port(asked: SplitResult) -> int | None:
    return asked.port or _USUAL_PORTS.get(asked.scheme)


def _named(asked: SplitResult) -> str:
    """The host as an expression has it, an IPv6 address in brackets."""
    host = asked.hostname or ""
    return f"[{host}]" if ":" in host else host


def _is_for_scripts(expression: str) -> bool:
    """Whether it says something about scripts and styles alone."""
    return expression.startswith("'") and expression.lower() not in ("'self'", "'none'")


def _lower(listed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.lower() for one in listed)
