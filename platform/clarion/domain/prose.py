"""Markdown of campaigns: rendered for pages and mails, cleaned of everything unsafe."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "a", "strong", "em", "blockquote", "br", "hr", "img", "code"}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"}}
SCHEMES = {"https", "http", "mailto", "tel"}

_parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("entity")
_finder = MarkdownIt("commonmark", {"html": True})
_finder.validateLink = lambda url: True  # type: ignore[method-assign]
_SPACED = re.compile(r"(!?)\[[^\[\]]{0,300}\]\(([^()\s\"'<>]{1,300} [^()\"'<>]{1,300})\)")
"""What its author took for a link or an image: with a space in its target it stands as text."""
_OWN_IMAGE = re.compile(r"/[\w.~%-][\w.~%/-]*")
_ADDRESS_SIGN = re.compile(r"[/:@]|\.\w")
_MAILBOX = re.compile(r"[^\s@:/]{1,64}@[^\s@:/]{1,250}\.[a-z]{2,20}", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,20}(?:[/?#:]|$)", re.IGNORECASE)


def render(
    markdown: str, image_url: Callable[[str], str] = lambda src: "", link_url: Callable[[str], str] = lambda href: href
) -> str:
    """Safe HTML of a Markdown text.

    Parsed without raw HTML and cleaned once more by an allow-list, so that a fault in one of the
    two is not enough. `image_url` turns `media/x.jpg` into the address it is served under, or
    into nothing, which leaves the image out; `link_url` turns where a link leads into a whole address.
    """
    tokens = _parser.parse(markdown)
    for token in _inline(tokens):
        if token.type == "image":
            token.attrSet("src", image_url(_source(token)))
        elif token.type == "link_open":
            token.attrSet("href", link_url(str(token.attrGet("href") or "")))
    html = _parser.renderer.render(tokens, _parser.options, {})
    html = re.sub(r'<img src=""[^>]*>', "", html)
    html = re.sub(r"(</?)h1>", r"\1h2>", html)
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer")


def clean(html: str) -> str:
    """Somebody else's HTML, cut down to what a campaign's Markdown may become, with images of this site only."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=lambda tag, name, value: _of_this_site(value) if (tag, name) == ("img", "src") else value,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
    )


def _of_this_site(address: str) -> str | None:
    return address if _OWN_IMAGE.fullmatch(address) else None


def plain(markdown: str, link_url: Callable[[str], str] = lambda href: href) -> str:
    """The text for a plain mail: paragraphs, list signs, and links written out, made whole by `link_url`."""
    parts: list[str] = []
    counters: list[int | None] = []
    for token in _parser.parse(markdown):
        if token.type == "ordered_list_open":
            counters.append(int(token.attrGet("start") or 1))
        elif token.type == "bullet_list_open":
            counters.append(None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            counters.pop()
            parts.append("" if counters else "\n")
        elif token.type == "list_item_open":
            number = counters[-1]
            parts.append("- " if number is None else f"{number}. ")
            if number is not None:
                counters[-1] = number + 1
        elif token.type == "inline":
            parts.append(_plain_inline(token.children or [], link_url))
            parts.append("\n" if counters else "\n\n")
        elif token.type in ("fence", "code_block"):
            parts.append(f"{token.content}\n")
    return "".join(parts).strip()


def images(markdown: str) -> list[tuple[str, int]]:
    """The addresses of the images in a text, each with the line (from 1) its block starts on."""
    return [(_source(t), line) for t, line in _with_lines(markdown) if t.type == "image"]


def targets(markdown: str) -> list[tuple[str, int]]:
    """Where the links and images of a text lead, each with the line (from 1) it stands on."""
    found: list[tuple[str, int]] = []
    for token, line in _with_lines(markdown):
        if token.type == "link_open":
            found.append((unquote(str(token.attrGet("href") or "")), line))
        elif token.type == "image":
            found.append((_source(token), line))
    return found


def unsafe(markdown: str) -> list[tuple[int, str]]:
    """Raw HTML and links that are no web, mail or phone address: `(line from 1, what)`."""
    found: list[tuple[int, str]] = []
    for token, line in _with_lines(markdown):
        if token.type in ("html_block", "html_inline"):
            found.append((line, token.content.strip().split("\n")[0]))
        elif token.type == "link_open":
            scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", str(token.attrGet("href") or ""), re.IGNORECASE)
            if scheme and scheme[1].lower() not in SCHEMES:
                found.append((line, f"{scheme[1]}:"))
    return found


def astray(markdown: str) -> list[tuple[int, str, str]]:
    """Links and images that would not lead anywhere: `(line from 1, what stands there, what to write)`."""
    found: list[tuple[int, str, str]] = []
    for token, line in _with_lines(markdown):
        if token.type == "link_open":
            href = unquote(str(token.attrGet("href") or ""))
            if better := _whole(href):
                found.append((line, href, better))
        elif token.type == "text":
            for match in _SPACED.finditer(token.content):
                target = match[2].strip()
                if not _ADDRESS_SIGN.search(target):  # words in brackets beside words in others
                    continue
                better = target.replace(" ", "-" if match[1] else "%20")
                found.append((line, target, better))
    return found


def _whole(href: str) -> str:
    """The address that was meant by one without its beginning; empty for one that is whole or leads nowhere else."""
    if href.startswith("//"):
        return f"https:{href}"
    if _MAILBOX.fullmatch(href):
        return f"mailto:{href}"
    return f"https://{href}" if _HOST.match(href) else ""


def _with_lines(markdown: str) -> list[tuple[Token, int]]:
    pairs: list[tuple[Token, int]] = []
    for token in _finder.parse(markdown):
        line = (token.map or [0])[0] + 1
        pairs.append((token, line))
        for child in token.children or []:
            if child.type in ("softbreak", "hardbreak"):
                line += 1
            pairs.append((child, line))
            line += child.content.count("\n")
    return pairs


def _source(image: Token) -> str:
    """The address as its author wrote it: the parser writes `niño.png` as `ni%C3%B1o.png`."""
    return unquote(str(image.attrGet("src") or ""))


def _inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


def _plain_inline(tokens: list[Token], link_url: Callable[[str], str]) -> str:
    out: list[str] = []
    href = ""
    for token in tokens:
        if token.type in ("text", "code_inline"):
            out.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            out.append(" " if token.type == "softbreak" else "\n")
        elif token.type == "link_open":
            href = link_url(str(token.attrGet("href") or ""))
        elif token.type == "link_close" and href and out[-1:] != [href]:
            out.append(f" ({href})")
    return "".join(out)
