"""No line of any mail is longer than servers take."""

from __future__ import annotations

import pytest

from clarion.delivery.mime import Words, as_email
from clarion.delivery.moulds import Mould, mark, values
from clarion.testing import TEXTS, Instance, link

MOST = 998


def _longest(raw: bytes) -> int:
    return max(len(line) for line in raw.split(b"\r\n"))


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_kind_in_every_language(instance: Instance, tmp_path, language: str) -> None:
    folder = tmp_path / "campaigns" / "library"
    for code, text in TEXTS.items():
        long = "Gracias a todas las personas que firmaron. " * 60
        (folder / f"{code}.md").write_text(
            text.replace("---\ntitle", f"---\nthanks: {long[:1900]}\ntitle")
            .replace("thanks: Thank you.\n", "")
            .replace("thanks: Gracias.\n", "")
        )
    instance.publish(folder)
    instance.sign("library", language, name="Ñ" * 120)
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    instance.work()
    instance.sign("library", language)
    instance.work()
    paths = sorted((instance.home / "var" / "mail").glob("*.eml"))
    assert len(paths) == 3
    assert [path.name for path in paths if _longest(path.read_bytes()) > MOST] == []


@pytest.mark.parametrize("word", ["word ", "ñandú ", "አማርኛ "])
def test_long_paragraphs_are_broken_at_spaces(word: str) -> None:
    text = (word * 600).strip()
    words = Words("p@s.example", "R", "a@r.example", "S", f"{text} {mark('me')}", f"<p>{text}</p>", "en", "1@s.example")
    raw = Mould.of(as_email(words)).cast(
        values("a@r.example", "Ana", me="https://site.example/me/" + "x" * 43, date="now")
    )
    assert _longest(raw) <= MOST
    assert raw.decode().replace("\r\n", " ").count(word.strip()) == 1200
