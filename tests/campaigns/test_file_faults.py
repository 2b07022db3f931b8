"""Faults of files and folders themselves: encodings, links, sizes, things that are not what they seem."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clarion.campaigns.folder import MAX_FILES, MAX_TEXT
from clarion.campaigns.loader import Loaded, find_folders
from clarion.campaigns.media import MAX_BYTES
from clarion.domain.faults import Fault
from clarion.testing import RECIPIENTS, TABLE, TEXTS

Load = Callable[..., Loaded]
LINES = TABLE.count("\n")

Faults = Callable[..., list[Fault]]
OnlyFault = Callable[..., Fault]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("---\ntitle: Peña\n".encode("cp1252"), 2),
        ("---\ntitle: Keep it open\n---\nna\xefve".encode("latin-1"), 4),
        (TEXTS["es"].encode("utf-16"), 1),
        (TEXTS["es"].encode("utf-16-le"), 1),
        (b"---\ntitle: a\xc0\xafb\n", 2),
        (b"---\ntitle: a\xed\xa0\x80b\n", 2),
        (b"---\ntitle: T\0\nask: A\n---\nx", 2),
    ],
)
def test_a_text_that_is_not_utf_8(fault: OnlyFault, source: bytes, line: int) -> None:
    found = fault({"es.md": source})
    assert (found.file, found.line) == ("es.md", line)
    assert "UTF-8" in found.hint


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (TABLE.encode("utf-16"), 1),
        (TABLE.replace("Writers", "Escritores de Peñas").encode("cp1252"), LINES - 1),
        (TABLE.encode() + b"# \0", LINES + 1),
    ],
)
def test_a_table_that_is_not_utf_8(fault: OnlyFault, source: bytes, line: int) -> None:
    found = fault({"campaign.toml": source})
    assert (found.file, found.line) == ("campaign.toml", line)
    assert "UTF-8" in found.hint


@pytest.mark.parametrize("name", ["campaign.toml", "en.md", "recipients.csv"])
def test_a_mark_at_the_start_of_a_file_does_no_harm(faults: Faults, name: str) -> None:
    """Windows' own editor writes it and shows nothing of it."""
    good = {"campaign.toml": TABLE, "en.md": TEXTS["en"], "recipients.csv": RECIPIENTS}
    assert faults({name: b"\xef\xbb\xbf" + good[name].encode()}) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[fields]", "twice"),
        ("what is this", "Expected '='"),
        ('x = "never ends', "Illegal character"),
        ('x = """never ends', "Unterminated"),
        ("x = [1, 2", "Unclosed"),
        ("x = 'a\x07b'", "character"),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(fault: OnlyFault, line: str, message: str) -> None:
    found = fault({"campaign.toml": f"{TABLE}# below the good table\n{line}\n"})
    assert (found.file, found.line) == ("campaign.toml", LINES + 2)
    assert message in found.message
    assert 'key = "value"' in found.hint


@pytest.mark.parametrize(
    "source", ["x = " + "[" * 100_000, "x = " + "{a=" * 50_000, "a" + ".a" * 100_000 + " = 1", "goal = " + "9" * 5000]
)
def test_a_table_that_would_cost_too_much_is_refused(fault: OnlyFault, source: str) -> None:
    assert fault({"campaign.toml": source}).file == "campaign.toml"


def test_an_empty_table_lacks_what_is_needed(faults: Faults) -> None:
    found = faults({"campaign.toml": ""})
    assert {one.key for one in found} == {"languages", "lead", "organisations"}
    assert {one.file for one in found} == {"campaign.toml"}


def test_a_missing_table(fault: OnlyFault) -> None:
    found = fault({"campaign.toml": None})
    assert (found.file, found.line) == ("campaign.toml", None)
    assert "clarion new" in found.hint


def test_an_empty_folder(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "campaigns" / "library"
    folder.mkdir(parents=True)
    assert {fault.file for fault in load(folder).errors} == {"campaign.toml"}


@pytest.mark.parametrize("name", ["en.md", "recipients.csv", "campaign.toml", "notes.txt"])
def test_a_text_that_is_too_large(fault: OnlyFault, name: str) -> None:
    found = fault({name: "x" * (MAX_TEXT + 1)})
    assert found.level == ("warning" if name == "notes.txt" else "error")
    assert (found.file, found.hint) == (name, "Make it smaller.")
    assert "256 KB" in found.message


def test_an_image_that_is_too_large(fault: OnlyFault) -> None:
    found = fault({"media/a.png": b"x" * (MAX_BYTES + 1)})
    assert found.file == "media/a.png"
    assert "2048 KB" in found.message


def test_too_many_files(fault: OnlyFault) -> None:
    found = fault({f"notes/{number}.txt": "x" for number in range(MAX_FILES)})
    assert (found.file, found.line) == ("library", None)
    assert str(MAX_FILES) in found.message


@pytest.mark.parametrize("name", ["en.md", "campaign.toml", "recipients.csv", "media/a.png", "notes", ".hidden"])
@pytest.mark.parametrize("target", ["/etc/passwd", "/etc", "nowhere", "es.md"])
def test_a_link_in_the_folder(load: Load, make_folder: Callable[..., Path], name: str, target: str) -> None:
    folder = make_folder(files={name: None})
    (folder / name).symlink_to(target)
    (error,) = load(folder).errors
    assert (error.file, error.line) == (name, None)
    assert "link" in error.message
    assert "Put the file itself here." in error.hint


def test_a_linked_media_folder(load: Load, make_folder: Callable[..., Path], picture: Callable[..., bytes]) -> None:
    folder = make_folder(files={"campaign.toml": f'image = "media/a.png"\n{TABLE}', "pictures/a.png": picture()})
    (folder / "media").rmdir()
    (folder / "media").symlink_to("pictures")
    assert [fault.file for fault in load(folder).faults] == ["media"]


def test_a_folder_that_is_a_link(load: Load, make_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_folder("library")
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    (fault,) = load(folder).faults
    assert "link" in fault.message
    assert "Move the folder itself" in fault.hint


@pytest.mark.parametrize("way", ["../elsewhere/library", ".", "..", "library/../../elsewhere/library"])
def test_a_folder_outside_the_root(load: Load, make_folder: Callable[..., Path], tmp_path: Path, way: str) -> None:
    root = make_folder().parent
    shutil.copytree(root, tmp_path / "elsewhere")
    assert load(root / "library", root).faults == []
    (fault,) = load(root / way, root).faults
    assert "outside" in fault.message


@pytest.mark.parametrize("name", ["en.md", "campaign.toml"])
def test_a_folder_in_the_place_of_a_file(fault: OnlyFault, name: str) -> None:
    found = fault({name: None, f"{name}/x.txt": "x"})
    assert found.file == name
    assert "missing" in found.message


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(load: Load, make_folder: Callable[..., Path]) -> None:
    folder = make_folder(files={"en.md": None})
    os.mkfifo(folder / "en.md")
    assert [fault.file for fault in load(folder).faults] == ["en.md"]


def test_what_is_found_in_the_campaigns_folder(tmp_path: Path) -> None:
    for name in ("b", "a", ".git", "_drafts"):
        (tmp_path / name).mkdir()
    (tmp_path / "README.md").write_text("x", "utf-8")
    assert [path.name for path in find_folders(tmp_path)] == ["a", "b"]
    assert find_folders(tmp_path / "none") == []
    assert find_folders(tmp_path / "README.md") == []
