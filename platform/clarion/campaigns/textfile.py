"""The text files of a campaign: a head of `key: text` between two lines `---`, then the body.

Not YAML: in a headline such as `Mayor: keep us safe` the second colon is part of the words, and
nobody should have to know about quoting in an emergency. What YAML users write by habit, quotes
around a value or `|` before a block, is understood too.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field

_LINE_END = re.compile(r"\r\n|\n|\r")
"""Where editors count a new line; `splitlines` breaks at rarer characters too."""

_KEY = re.compile(r"^([A-Za-z_][\w-]*)\s*:(?:\s+(.*)|)$")


@dataclass(slots=True)
class TextFile:
    """The head and body of one file, each with the line (from 1) it starts on."""

    head: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    """`(line, what is wrong, what to do)`."""

    def line_of(self, key: str, within: int = 1) -> int:
        """The line in the file of a line within a key's text."""
        return self.lines.get(key, 1) + within - 1


def parse_text(source: str, first: str = "title") -> TextFile:
    """Read a text file; what cannot be understood is a fault with its line, the rest is still read.

    `first` is the key that its head begins with.
    """
    result = TextFile()
    lines = _LINE_END.split(source)
    start = next((i for i, line in enumerate(lines) if line.strip()), None)
    if start is None or lines[start].strip() != "---":
        result.faults.append((1, "The head is missing.", f'Start with a line "---", then "{first}: …", then "---".'))
        return result
    end = next((i for i in range(start + 1, len(lines)) if lines[i].strip() == "---"), None)
    if end is None:
        result.faults.append((start + 1, "The head has no end.", 'Close it with a line "---" before the body.'))
        return result
    _read_head(lines[start + 1 : end], start + 2, result)
    body = lines[end + 1 :]
    blank = next((i for i, line in enumerate(body) if line.strip()), 0)
    result.body = "\n".join(body[blank:]).rstrip()
    # a file that ends with its head has no line below it to point at
    result.body_line = min(end + 2 + blank, len(lines))
    return result


def _read_head(lines: list[str], first: int, result: TextFile) -> None:
    key = ""
    blocks: dict[str, list[str]] = {}
    for number, line in enumerate(lines, first):
        if line[:1] in (" ", "\t") or not line.strip():
            if key:
                blocks[key].append(line)
            elif line.strip():
                result.faults.append((number, "This line belongs to no key.", 'Write "key: text" above it.'))
        elif line.startswith("#"):
            continue
        elif match := _KEY.match(line):
            key = match[1]
            if key in blocks:
                result.faults.append((number, f'"{key}" is there twice.', "Keep one of the two."))
            blocks[key] = [_unquote(match[2] or "")]
            result.lines[key] = number
        else:
            result.faults.append((number, *_explain(line)))
    for name, block in blocks.items():
        rest = textwrap.dedent("\n".join(block[1:])).rstrip("\n")
        if not block[0] and rest.strip():
            result.lines[name] += 1 + next(i for i, line in enumerate(block[1:]) if line.strip())
        result.head[name] = f"{block[0]}\n{rest}".strip()


def _explain(line: str) -> tuple[str, str]:
    """What is wrong with a line of the head that is neither a key nor indented, and what to do."""
    shown = line.strip() if len(line) <= 50 else f"{line[:49].strip()}…"
    if ":" not in line:
        return f'"{shown}" has no colon.', 'Write "key: text", or move the line in if it belongs to the key above.'
    if re.match(r"[A-Za-z_][\w-]*:\S", line):
        return f'"{shown}" has no space after the colon.', 'Write "key: text".'
    return f'"{shown}" is neither a key nor part of a block.', 'Write "key: text", or move the line in.'


def _unquote(value: str) -> str:
    value = value.strip()
    if value in ("|", ">", "|-", ">-"):
        return ""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" and value[0] not in value[1:-1]:
        return value[1:-1]
    return value
