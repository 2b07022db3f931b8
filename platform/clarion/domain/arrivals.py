"""How a visitor came: what the address of a page may say of it, and nothing that could name a person.

Whoever writes a link decides what stands in its address, so each part has its form and whatever has another is left
out: an address, a name with a blank in it, a number that may be a telephone's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlsplit

LONGEST = 2000
"""So much of what stands behind a question mark is read."""

TAGS = ("utm_source", "utm_medium", "utm_campaign")
OTHER = "other"
"""Where origins beyond those that are told apart go."""

ANYWHERE = "*"
"""In place of origins: every site."""

_VIA = re.compile(r"[A-Za-z0-9_-]{14}")
_TAG = re.compile(r"[a-z0-9._-]{1,40}")
_DATE = re.compile(r"20\d\d[._-]?(?:0[1-9]|1[0-2])(?:[._-]?(?:0[1-9]|[12]\d|3[01]))?(?!\d)")
_NUMBER = re.compile(r"\d{7}")
"""Local telephone numbers have seven digits and more (ITU-T E.164 allows fifteen)."""
_HOST = re.compile(r"(?=.{4,100}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a visitor came; every part may be empty."""

    via: str = ""
    """The code of the share link."""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    host: str = ""
    """The site that showed the form in a frame."""

    @classmethod
    def said(cls, wanted: Mapping[str, str], origins: Collection[str] = ()) -> Arrival:
        """What of this can be read; a host only if it is one of these origins."""
        found = {name: clean(name, wanted.get(name, "")) for name in ("via", *TAGS)}
        return cls(**found, host=known_host(wanted.get("host", ""), origins))

    @classmethod
    def from_query(cls, query: str, origins: Collection[str] = ()) -> Arrival:
        """The same of what stands behind a question mark, which may stand before it; the first of each name counts."""
        try:
            pairs = parse_qsl(query[:LONGEST].removeprefix("?"), max_num_fields=50)
        except ValueError:
            return cls()
        return cls.said(dict(reversed(pairs)), origins)

    @property
    def query(self) -> str:
        """Its one form as text, such as `?via=…&utm_source=…`: nothing in it has to be escaped in an address."""
        said = [f"{field.name}={value}" for field in fields(self) if (value := getattr(self, field.name))]
        return f"?{'&'.join(said)}" if said else ""

    @property
    def origin(self) -> str:
        """What is written down of it besides the share link: the site around a frame, or the tags."""
        if self.host:
            return f"host:{self.host}"
        tags = [getattr(self, name) for name in TAGS]
        return f"utm:{'/'.join(tags)}" if any(tags) else ""

    def added_to(self, url: str) -> str:
        """An address that says it too."""
        return url + (self.query.replace("?", "&", 1) if "?" in url else self.query)

    def from_site(self, referrer: str, origins: Collection[str]) -> Arrival:
        """The same from the site that a browser names as the one around a frame, if that is one of these origins."""
        try:
            parts = urlsplit(referrer[:LONGEST])
            host = parts.hostname or "" if parts.scheme in ("http", "https") else ""
        except ValueError:
            return self
        known = known_host(host, origins)
        return replace(self, host=known) if known else self


NOTHING = Arrival()
"""Nothing was said."""


def clean(name: str, value: str) -> str:
    """One part as it is kept, or nothing if it has another form."""
    if name == "via":
        return value if _VIA.fullmatch(value) else ""
    tag = value.lower()
    if not _TAG.fullmatch(tag) or _NUMBER.search(re.sub(r"[._-]", "", _DATE.sub("-", tag))):
        return ""
    return tag


def known_host(host: str, origins: Collection[str]) -> str:
    """The host if it belongs to one of these origins."""
    host = host.lower()
    if host and host in {urlsplit(origin).hostname for origin in origins if origin != ANYWHERE}:
        return host
    return host if ANYWHERE in origins and _HOST.fullmatch(host) else ""
