"""Pictures of words: what finds room, what no font shows, and that words stay words."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import typst
from PIL import Image

from clarion.campaigns.live import live_campaigns
from clarion.examination import examine
from clarion.pages.render import language_named, settings
from clarion.pages.share import share_drawing
from clarion.testing import Instance
from clarion.typesetting import __main__ as typesetter
from clarion.typesetting import fonts
from clarion.typesetting.pictures import draw

ACCENT, PAPER = (0xA3, 0x32, 0x1F), (0xFB, 0xF9, 0xF5)


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no fonts but those that come with the typesetter."""
    monkeypatch.setattr(fonts, "all_fonts", lambda: typst.Fonts(include_system_fonts=False))


@pytest.fixture
def drawn(instance: Instance) -> Callable[..., bytes]:
    """The picture for sharing of the campaign, with other words: `drawn(title="…")`."""
    with instance.context():
        live = live_campaigns().get("library")
        assert live
        drawing = share_drawing(live, language_named("en"), settings().site)
    return lambda **other: typesetter.draw(drawing.source, {**drawing.given, **other}, 1)


def test_no_process_of_the_pages_carries_the_typesetter() -> None:
    told = "import sys, clarion.app, clarion.pages.front; print('typst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_another_process_draws_is_the_same(instance: Instance, drawn: Callable[..., bytes]) -> None:
    with instance.context():
        live = live_campaigns().get("library")
        assert live
        drawing = share_drawing(live, language_named("en"), settings().site)
    assert draw(drawing) == drawn()


def test_what_no_font_shows_is_left_out_and_told(
    drawn: Callable[..., bytes], bare_machine: None, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, amharic, marked, plain = (drawn(title=title) for title in ("", "ጎረቤቶች", "Keep it 🎉", "Keep it "))
    assert amharic == empty
    assert marked == plain != empty
    assert capsys.readouterr().err == "Ethiopicsymbols such as emoji"


def test_the_doctor_names_the_scripts_of_titles_that_no_font_shows(
    instance: Instance, make_folder: Any, bare_machine: None
) -> None:
    def faults() -> list[str]:
        with instance.context():
            return [words for well, words in examine() if not well]

    assert faults() == []
    text = "---\ntitle: ጎረቤቶች\nask: A.\n---\n\nW.\n"
    instance.publish(make_folder("other", files={"en.md": text}))
    (fault,) = faults()
    assert fault.startswith("no font shows Ethiopic, ")


@pytest.mark.parametrize("rtl", [False, True])
@pytest.mark.parametrize(
    ("title", "by"), [("word " * 30, "A petition by " + "Readers " * 23), ("W" * 150, "R" * 200), ("Keep", "A")]
)
def test_all_words_find_room(drawn: Callable[..., bytes], bare_machine: None, title: str, by: str, rtl: bool) -> None:
    with Image.open(io.BytesIO(drawn(title=title, by=by, rtl=rtl))) as picture:
        seen = picture.convert("RGB")
    band, empty = (1195, (10, 50)) if rtl else (5, (1150, 1190))
    assert {seen.getpixel((band, y)) for y in range(630)} == {ACCENT}
    assert {seen.getpixel((x, y)) for x in empty for y in range(630)} == {PAPER}
    for edge in (10, 40, 590, 620):
        assert {seen.getpixel((x, edge)) for x in range(25, 1175)} == {PAPER}


def test_words_are_never_read_as_typesetting(drawn: Callable[..., bytes], bare_machine: None) -> None:
    words = '#panic("x") $a$ *b* @c \\ "] #read("/etc/passwd")'
    with Image.open(io.BytesIO(drawn(title=words, by=words, site=words))) as picture:
        assert picture.size == (1200, 630)
