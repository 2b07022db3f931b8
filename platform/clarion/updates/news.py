"""What an update says: plain data, made from a folder's files and kept as JSON that never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Words:
    """An update in one language."""

    language: str
    title: str
    body: str
    """Markdown."""


@dataclass(frozen=True, slots=True)
class News:
    """One update as its files say it."""

    name: str
    """The name of its folder: `2026-07-12-hearing`."""
    organisation: str
    public: bool
    texts: Mapping[str, Words]
    """By language; the campaign's main language is always there."""
    sender: str = ""
    """The name of the organisation, which may leave the campaign once the news is out."""
    channel: str = "email"
    """Or `sms`, where its words are plain and short."""

    @property
    def content(self) -> str:
        """Its words and its sender's name as canonical JSON."""
        texts = {code: asdict(words) for code, words in self.texts.items()}
        content = {"sender": self.sender, "texts": texts}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of an update in each of its languages."""

    by_language: Mapping[str, Words]
    sender: str = ""
    """The name its sender had when it was scheduled."""

    @classmethod
    def from_json(cls, content: str) -> Self:
        """What `News.content` wrote."""
        raw = json.loads(content)
        return cls({code: Words(**words) for code, words in raw["texts"].items()}, raw["sender"])

    def text(self, language: str, main: str) -> Words:
        """The words in a language, or in the campaign's main one."""
        return self.by_language.get(language) or self.by_language.get(main) or next(iter(self.by_language.values()))
