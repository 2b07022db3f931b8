"""A folder and what was saved in the console: neither undoes the other without being told to."""

from __future__ import annotations

import pytest

from clarion.campaigns import fields, sources
from clarion.campaigns.sources import Source


@pytest.fixture
def folder(either_instance):
    return either_instance.home / "campaigns" / "library"


@pytest.fixture
def save(either_instance):
    """Save a field in the console."""

    def saving(**changed: str) -> Source:
        with either_instance.context():
            last = sources.latest("library")
            edited = fields.apply(last, {**fields.read(last), **{k.replace("_", "."): v for k, v in changed.items()}})
            return sources.keep(Source("library", last.number + 1, edited.files, edited.media), last.number)

    return saving


def write(folder, name: str, old: str, new: str) -> None:
    path = folder / name
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def test_a_newer_save_of_the_console_is_not_undone(run, folder, save) -> None:
    assert run("publish", "library").exit_code == 0
    save(en_title="From the console")
    write(folder, "es.md", "Que siga la biblioteca", "Desde la carpeta")
    told = run("publish", "library")
    assert told.exit_code == 1
    assert "save 2 of library" in told.output
    assert "clarion pull library" in told.output
    merged = run("publish", "library", "--merge")
    assert merged.exit_code == 0, merged.output
    assert "From the console" in (folder / "en.md").read_text("utf-8")
    assert "Desde la carpeta" in (folder / "es.md").read_text("utf-8")
    assert run("publish", "library").exit_code == 0, "the folder has it all now"


def test_the_same_lines_are_a_clash_and_nothing_is_written(run, folder, save, tmp_path) -> None:
    run("publish", "library")
    save(en_title="From the console")
    write(folder, "en.md", "Keep the library open", "From the folder")
    told = run("publish", "library", "--merge")
    assert told.exit_code == 1
    assert "same lines of en.md" in told.output
    assert "From the folder" in (folder / "en.md").read_text("utf-8")
    look = tmp_path / "look"
    assert run("pull", "library", "--to", str(look)).exit_code == 0
    assert "From the console" in (look / "en.md").read_text("utf-8")
    assert run("publish", "library", "--force").exit_code == 0
    assert run("editions", "library").output.splitlines()[0].endswith("From the folder")


def test_pull_takes_what_was_saved_into_the_folder(run, folder, save, either_instance) -> None:
    run("publish", "library")
    save(en_title="From the console", goal="4000")
    pulled = run("pull", "library")
    assert pulled.exit_code == 0, pulled.output
    assert "From the console" in (folder / "en.md").read_text("utf-8")
    assert "goal = 4000" in (folder / "campaign.toml").read_text("utf-8")
    assert run("check", "library").exit_code == 0
    write(folder, "en.md", "From the console", "And on")
    assert run("publish", "library").exit_code == 0, "it was built on what the console has"
    with either_instance.context():
        assert sources.latest("library").place == "folder"


def test_pull_loses_nothing_that_was_never_published(run, folder, save) -> None:
    run("publish", "library")
    save(en_title="From the console")
    write(folder, "en.md", "Keep the library open", "Only here")
    told = run("pull", "library")
    assert told.exit_code == 1
    assert "never published" in told.output
    assert "Only here" in (folder / "en.md").read_text("utf-8")
    assert run("pull", "library", "--force").exit_code == 0
    assert "From the console" in (folder / "en.md").read_text("utf-8")


def test_pull_takes_out_nothing_that_is_somebody_elses(run, folder, save, tmp_path) -> None:
    run("publish", "library")
    save(en_title="From the console")
    (tmp_path / "diary.md").write_text("mine", "utf-8")
    (tmp_path / "old.txt").write_bytes(b"caf\xe9")
    assert run("pull", "library", "--to", str(tmp_path)).exit_code == 1, "it holds what was never published"
    assert run("pull", "library", "--to", str(tmp_path), "--force").exit_code == 0
    assert (tmp_path / "diary.md").read_text("utf-8") == "mine"
    assert (tmp_path / "old.txt").read_bytes() == b"caf\xe9"
    assert "From the console" in (tmp_path / "en.md").read_text("utf-8")


def test_what_was_never_saved_cannot_be_pulled(run) -> None:
    told = run("pull", "libary")
    assert told.exit_code == 1
    assert "Nothing of" in told.output
