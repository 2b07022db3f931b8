"""`python -m clarion.typesetting` draws one picture or sheet: it is told on stdin, a PNG or PDF goes to stdout."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress
from typing import Any

import typst
from PIL import Image

from . import fonts

COLOURS = 64
YIELDING = 10
"""How nice it is (nice(2)): whoever signs meanwhile comes first."""


def main() -> None:
    """Draw the picture that stdin asks for."""
    with suppress(OSError):  # a unit may forbid it
        os.nice(YIELDING)
    wanted = json.load(sys.stdin)
    drawn = draw(wanted["source"], wanted["given"], wanted["scale"], wanted.get("form", "png"))
    sys.stdout.buffer.write(drawn)


def draw(source: str, given: dict[str, Any], scale: float = 1.0, form: str = "png") -> bytes:
    """The picture that a source makes of what is given, in the fonts of this machine.

    Words that no font shows are left out, as empty boxes tell nobody anything: the page around a picture has them too.
    """
    chosen = fonts.choose({letter for words in _texts(given) for letter in words})
    if chosen.missing:
        sys.stderr.write(", ".join(chosen.missing))
    shown = _shown(given, chosen.unseen)
    data = json.dumps({**shown, "serif": chosen.serif, "sans": chosen.sans}, ensure_ascii=False)
    compiler = typst.Compiler(source.encode(), font_paths=fonts.all_fonts(), sys_inputs={"data": data})
    made = compiler.compile(format="pdf") if form == "pdf" else compiler.compile(format="png", ppi=72 * scale)
    if not isinstance(made, bytes):
        raise TypeError("a picture has one page")
    return made if form == "pdf" else smaller(made)


def smaller(png: bytes) -> bytes:
    """The same picture in a third of the bytes: few words need few colours. One that can be seen through stays."""
    with Image.open(io.BytesIO(png)) as picture:
        if picture.getextrema()[-1] != (255, 255):
            return png
        packed = io.BytesIO()
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        return packed.getvalue()


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    if isinstance(given, dict):
        given = list(given.values())
    return [text for part in given for text in _texts(part)] if isinstance(given, list) else []


def _shown(given: Any, unseen: frozenset[str]) -> Any:
    """What is given without the words that cannot be shown; of a symbol only the symbol goes."""
    if isinstance(given, dict):
        return {name: _shown(part, unseen) for name, part in given.items()}
    if isinstance(given, list):
        return [_shown(part, unseen) for part in given]
    if not isinstance(given, str):
        return given
    words = "".join(letter for letter in given if letter not in unseen or not fonts.is_symbol(letter))
    return "" if unseen & set(words) else words


if __name__ == "__main__":
    main()
