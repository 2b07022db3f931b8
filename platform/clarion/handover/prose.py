"""Campaign Markdown as plain blocks, which the typesetter is given as data and never as its own language."""

from __future__ import annotations

from typing import TypedDict

from markdown_it import MarkdownIt
from markdown_it.token import Token

_parser = MarkdownIt("commonmark", {"html": False}).disable("entity")


class Run(TypedDict):
    """Words in one style."""

    text: str
    bold: bool
    italic: bool


class Block(TypedDict):
    """A paragraph, a heading or an entry of a list, with its sign in front."""

    kind: str
    """`p`, `h`, `quote` or `item`."""
    sign: str
    depth: int
    runs: list[Run]


def blocks(markdown: str) -> list[Block]:
    """The blocks of a text; links stand as their words, with the address behind where it differs."""
    reader = _Reader()
    for token in _parser.parse(markdown):
        reader.read(token)
    return reader.found


class _Reader:
    """Goes through the tokens of a text and keeps where in its lists it is."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self._counters: list[int | None] = []
        self._sign, self._kind = "", "p"

    def read(self, token: Token) -> None:
        """Take in the next token."""
        if token.type == "ordered_list_open":
            self._counters.append(int(token.attrGet("start") or 1))
        elif token.type == "bullet_list_open":
            self._counters.append(None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            self._counters.pop()
        elif token.type == "list_item_open":
            self._number_item()
        elif token.type.startswith(("heading_", "blockquote_")):
            kind = "h" if token.type.startswith("h") else "quote"
            self._kind = kind if token.nesting > 0 else "p"
        elif token.type == "inline":
            self._add(_runs(token.children or []))
        elif token.type in ("fence", "code_block"):
            self._add([{"text": token.content.strip(), "bold": False, "italic": False}])

    def _number_item(self) -> None:
        number = self._counters[-1]
        self._sign = "•" if number is None else f"{number}."
        self._counters[-1] = None if number is None else number + 1

    def _add(self, runs: list[Run]) -> None:
        kind, depth = "item" if self._counters else self._kind, len(self._counters)
        if runs:
            self.found.append({"kind": kind, "sign": self._sign, "depth": depth, "runs": runs})
        self._sign = ""


def _runs(children: list[Token]) -> list[Run]:
    runs: list[Run] = []
    bold = italic = 0
    href = ""

    def add(text: str) -> None:
        runs.append({"text": text, "bold": bold > 0, "italic": italic > 0})

    for token in children:
        if token.type in ("strong_open", "strong_close"):
            bold += token.nesting
        elif token.type in ("em_open", "em_close"):
            italic += token.nesting
        elif token.type in ("text", "code_inline"):
            add(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            add(" " if token.type == "softbreak" else "\n")
        elif token.type == "link_open":
            href = str(token.attrGet("href") or "")
        elif token.type == "link_close" and href and (not runs or runs[-1]["text"] != href):
            add(f" ({href.removeprefix('mailto:')})")
    return runs
