"""What a page says to browsers: its headers, and of its HTML what bears on a form that is put there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

from .policies import Policy, Script

ENFORCED, TRIED = "content-security-policy", "content-security-policy-report-only"

MOST_POLICIES, MOST_LETTERS = 20, 64 * 1024
"""Of all policies of a page so much is read; where there is more, `judge` says so."""

_HEAD = ("html", "head", "title", "meta", "link", "script", "style", "base", "noscript", "template")
_TEXT = ("title", "script", "style", "noscript", "template")
"""Elements of a head whose text does not end it."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_DIRECTIVE = re.compile(
    r"(?:[a-z]+-src(?:-elem|-attr)?|sandbox|upgrade-insecure-requests|frame-ancestors)\b[^:\n]*(?:\s|;|$)"
)

_NAMED = re.compile(
    r"content[- ]security[- ]policy(-report-only)?(?: directive)?[\"']?[\s:=,]*[\"']?([^\"\n]+)", re.IGNORECASE
)
"""A policy in the line of a server's settings, in JSON, or in what a browser's console says."""

_STATUS = re.compile(r"^(?:[<>] )?HTTP/[0-9.]+ ([0-9]{3})\b", re.MULTILINE)

USUAL = frozenset(
    "age cache-control connection content-encoding content-length content-type cross-origin-embedder-policy "
    "cross-origin-opener-policy cross-origin-resource-policy date etag expires keep-alive last-modified link location "
    "permissions-policy pragma referrer-policy server set-cookie strict-transport-security transfer-encoding vary via "
    f"x-content-type-options x-frame-options x-powered-by {ENFORCED} {TRIED}".split()
)
"""Headers of which every answer has some: text without any of them is something else."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pasted:
    """An element that shows something from elsewhere."""

    src: str
    sandbox: str | None = None


@dataclass(frozen=True, slots=True)
class PageHead:
    """A page as far as it matters here."""

    headers: Headers = ()
    metas: tuple[str, ...] = ()
    """Policies in its head."""
    scripts: tuple[Script, ...] = ()
    frames: tuple[Pasted, ...] = ()

    @classmethod
    def read(cls, headers: Sequence[tuple[str, str]], html: str) -> PageHead:
        """Read the beginning of a page."""
        reader = _Reader()
        with suppress(AssertionError, ValueError):  # of the reader itself, at marks that no page should have
            reader.feed(html)
        return cls(
            tuple((name.lower(), value) for name, value in headers),
            tuple(reader.metas),
            tuple(reader.scripts),
            tuple(reader.frames),
        )

    def named(self, name: str) -> list[str]:
        """What all headers of a name say."""
        return [value for known, value in self.headers if known == name]

    def policies(self) -> tuple[list[Policy], bool]:
        """Its policies, in force or not, and whether these are all."""
        found: list[Policy] = []
        left = MOST_LETTERS
        for policy in self._policies():
            left -= len(str(policy))
            if len(found) == MOST_POLICIES or left < 0:
                return found, False
            found.append(policy)
        return found, True

    def _policies(self) -> Iterator[Policy]:
        for value in self.named(ENFORCED):
            yield from Policy.read(value)
        for value in self.metas:
            yield from Policy.read(value, in_meta=True)
        for value in self.named(TRIED):
            yield from Policy.read(value, enforced=False)


@dataclass
class _Reader(HTMLParser):
    """Takes out of HTML what is looked for; a policy counts in the head alone."""

    metas: list[str] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    frames: list[Pasted] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._in_head, self._within = True, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what is looked for."""
        said = {name: value or "" for name, value in reversed(attrs)}
        self._in_head = self._in_head and (tag in _HEAD or bool(self._within))
        if tag in _TEXT and not self._within:
            self._within = tag
        elif self._within in ("noscript", "template"):
            return
        if tag == "meta" and self._in_head and said.get("http-equiv", "").lower() == ENFORCED:
            self.metas.append(said.get("content", ""))
        elif tag == "script" and "src" in said:
            self.scripts.append(Script(said["src"].strip(), said.get("nonce", ""), said.get("integrity", "")))
        elif tag == "iframe":
            self.frames.append(Pasted(said.get("src", "").strip(), said.get("sandbox")))

    def handle_endtag(self, tag: str) -> None:
        """Whatever comes after the head is no part of it."""
        self._within = "" if tag == self._within else self._within
        if tag == "head":
            self._in_head = False

    def handle_data(self, data: str) -> None:
        """Text that stands in the head ends it."""
        if data.strip() and not self._within:
            self._in_head = False


def read_pasted(text: str) -> tuple[Headers, str]:
    """Headers and HTML as people copy them: from `curl -i`, from the tools of a browser, or a policy alone."""
    headers: list[tuple[str, str]] = []
    lines = text.replace("\r", "").split("\n")
    waiting = ""
    for number, raw in enumerate(lines):
        line = re.sub(r"^[<>] ", "", raw).strip()
        if line.startswith("<"):
            return tuple(headers), "\n".join(lines[number:])
        name, colon, value = line.partition(":")
        if waiting and line and not (colon and _NAME.fullmatch(name) and not _DIRECTIVE.match(line)):
            headers.append((waiting, line))
            waiting = ""
        elif _DIRECTIVE.match(line.lower()):
            headers.append((ENFORCED, line))
        elif colon and _NAME.fullmatch(name) and value.strip():
            headers.append((name.lower(), value.strip()))
            waiting = ""
        elif _NAME.fullmatch(name) and not value and ("-" in name or colon):
            waiting = name.lower()
        elif named := _NAMED.search(line):
            headers.append((TRIED if named[1] else ENFORCED, named[2].strip()))
    return tuple(headers), ""


def read_status(text: str) -> int:
    """The status that pasted headers begin with, the last if there are several; 200 where they say none."""
    found = _STATUS.findall(text.replace("\r", ""))
    return int(found[-1]) if found else 200


def says_something(headers: Headers, html: str) -> bool:
    """Whether what was pasted can be told apart from any other text."""
    return bool(html.strip()) or any(name in USUAL for name, _ in headers)
