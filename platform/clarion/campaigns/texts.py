"""The text files of a campaign, checked and made into `Text`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

from ..domain import placeholders, prose
from ..domain.campaign import ASKABLE, Text
from ..domain.faults import did_you_mean
from .folder import Folder
from .schema import MAX_BODY, TEXT_KEYS
from .textfile import TextFile, parse_text

Keys: TypeAlias = Mapping[str, tuple[str, int]]
"""What each key of a head is for, and the most characters it may hold."""


def read_text(folder: Folder, code: str) -> Text | None:
    """The campaign's words in one language, or `None` where the file cannot be read."""
    file = f"{code}.md"
    if not folder.has(file):
        near = folder.near(file)
        folder.fault(
            file,
            f'The text for the language "{code}" is missing' + (f", but there is {near}." if near else "."),
            f"Rename it to {file}." if near else f"Write {file}, or take the language out of campaign.toml.",
        )
        return None
    source = folder.read(file)
    if source is None:
        return None
    parsed = parse_text(source)
    for line, message, hint in parsed.faults:
        folder.fault(file, message, hint, line)
    if not parsed.faults:
        _check_needed(folder, file, parsed)
    check_keys(folder, file, parsed, TEXT_KEYS, MAX_BODY)
    check_words(folder, file, parsed, TEXT_KEYS, MAX_BODY)
    _find_pictures(folder, file, parsed)
    return _as_text(code, parsed)


def _check_needed(folder: Folder, file: str, parsed: TextFile) -> None:
    for key in ("title", "ask"):
        if not parsed.head.get(key):
            hint = f'Write "{key}: …" in the head.'
            folder.fault(file, f'"{key}" is missing or empty.', hint, parsed.line_of(key), key)
    if not parsed.body.strip():
        folder.fault(file, "The body is empty.", "Write below the head why this is important.", parsed.body_line)


def check_keys(folder: Folder, file: str, parsed: TextFile, keys: Keys, longest: int) -> None:
    """Note keys that do not exist, and words longer than they may be."""
    for key, line in parsed.lines.items():
        if key not in keys:
            folder.fault(file, f'There is no key "{key}".', did_you_mean(key, keys), line, key)
    for key, (_, limit) in keys.items():
        if len(parsed.head.get(key, "")) > limit:
            folder.fault(file, f"Longer than {limit} characters.", "Shorten it.", parsed.line_of(key), key)
    if len(parsed.body) > longest:
        folder.fault(file, f"The body is longer than {longest} characters.", "Shorten it.", parsed.body_line)


def check_words(
    folder: Folder,
    file: str,
    parsed: TextFile,
    keys: Keys,
    longest: int,
    known: Collection[str] = placeholders.KNOWN,
) -> None:
    """Note raw HTML, links that lead nowhere, and placeholders that do not exist."""
    for key, text, first in parts(parsed, keys, longest):
        # signs of Markdown may part it in the file and be gone in the mail
        if placeholders.RESERVED in text or placeholders.RESERVED in prose.plain(text):
            hint = "Take it out: the platform marks its own places with it."
            line = first + text[: max(text.find(placeholders.RESERVED), 0)].count("\n")
            folder.fault(file, f'"{placeholders.RESERVED}" cannot stand in a text.', hint, line, key)
        for line, what in prose.unsafe(text):
            hint = "Use Markdown; raw HTML is not shown." if what.startswith("<") else "Link to an https address."
            folder.fault(file, f'"{what[:60]}" is not allowed.', hint, first + line - 1, key)
        for line, given, better in prose.astray(text):
            folder.fault(
                file, f'"{given[:60]}" does not lead there.', f"Write ({better[:200]}).", first + line - 1, key
            )
        for line, row in enumerate(text.split("\n")):
            if _is_plain(key) and "{{" in row and "}}" in row:
                message = "A placeholder is not filled in here."
                folder.fault(file, message, "Write the words themselves.", first + line, key)
                continue
            for name in placeholders.unknown(row, known):
                hint = did_you_mean(name, known)
                folder.fault(file, f'There is no placeholder "{{{{{name}}}}}".', hint, first + line, key)


def parts(parsed: TextFile, keys: Keys, longest: int) -> list[tuple[str, str, int]]:
    """The texts of a file with their key and first line; what is too long is told already and could keep the parser
    busy without end, so it is left out."""
    heads = [(key, parsed.head.get(key, ""), parsed.line_of(key), limit) for key, (_, limit) in keys.items()]
    texts = [*heads, ("", parsed.body, parsed.body_line, longest)]
    return [(key, text, first) for key, text, first, limit in texts if len(text) <= limit]


def _find_pictures(folder: Folder, file: str, parsed: TextFile) -> None:
    for key, text, first in parts(parsed, TEXT_KEYS, MAX_BODY):
        for source, line in prose.images(text):
            folder.picture(source, file, first + line - 1, key)


def _is_plain(key: str) -> bool:
    """Whether the words of this key are shown as they are, placeholders too."""
    return key in ("title", "summary", "subject") or key.startswith("why_")


def _as_text(code: str, parsed: TextFile) -> Text:
    head = parsed.head
    return Text(
        language=code,
        title=" ".join(head.get("title", "").split()),
        ask=head.get("ask", ""),
        why=parsed.body,
        summary=" ".join(head.get("summary", "").split()),
        share=" ".join(head.get("share", "").split()),
        thanks=head.get("thanks", ""),
        story=head.get("story", ""),
        image_alt=" ".join(head.get("image_alt", "").split()),
        privacy=" ".join(head.get("privacy", "").split()),
        field_reasons={name: head[f"why_{name}"] for name in ASKABLE if head.get(f"why_{name}")},
    )
