"""`clarion new SLUG --from FILE`: from a document to a folder, with each doubt named."""

from __future__ import annotations

from pathlib import Path

PASTED = Path(__file__).parents[1] / "campaigns" / "pasted"


def test_a_folder_is_made_and_doubts_are_told(run, either_instance) -> None:
    told = run("new", "sanctuary", "--from", str(PASTED / "dc-sanctuary.txt"))
    assert told.exit_code == 0, told.output
    assert "Found: 8 recipients" in told.output
    assert "Spanish: no title, 3 demands" in told.output
    assert "Look at es.title: there is no title" in told.output
    folder = either_instance.home / "campaigns" / "sanctuary"
    assert (folder / "recipients.csv").read_text("utf-8").splitlines()[1] == "to,Muriel Bowser,Mayor,,,,,"
    assert 'languages = ["en"]' in (folder / "campaign.toml").read_text("utf-8"), "Spanish starts once it has a title"
    checked = run("check", "sanctuary")
    assert checked.exit_code == 0, checked.output
    assert 'Add "es" to languages' in checked.output


def test_it_reads_what_is_piped_in(run, either_instance) -> None:
    told = run("new", "buses", "--from", "-", answer=(PASTED / "mail.txt").read_text("utf-8"))
    assert told.exit_code == 0, told.output
    assert "Keep the night buses running" in (either_instance.home / "campaigns" / "buses" / "en.md").read_text("utf-8")


def test_nothing_is_overwritten_or_made_of_nothing(run, either_instance, tmp_path) -> None:
    before = (either_instance.home / "campaigns" / "library" / "en.md").read_text("utf-8")
    told = run("new", "library", "--from", str(PASTED / "mail.txt"))
    assert told.exit_code == 1
    assert "Nothing was changed" in told.output
    assert (either_instance.home / "campaigns" / "library" / "en.md").read_text("utf-8") == before
    for name, content in (("empty", b" \n"), ("binary", b"\xff\xfe\x00"), ("long", b"a" * 200_001)):
        (tmp_path / name).write_bytes(content)
        told = run("new", name, "--from", str(tmp_path / name))
        assert told.exit_code == 1
        assert len(told.output.splitlines()) == 1
        assert not (either_instance.home / "campaigns" / name).exists()
