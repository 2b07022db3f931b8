"""`clarion new`: a folder that can be checked at once, and nothing overwritten."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clarion.campaigns.loader import Loaded
from clarion.campaigns.scaffold import FolderExists, new_folder
from clarion.campaigns.schema import CampaignTable, HandingOverTable
from clarion.cli import main
from clarion.i18n import read_languages

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command in an instance folder of its own."""

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments), env={"CLARION_HOME": str(tmp_path)})

    return invoke


@pytest.mark.parametrize("languages", ["en", "es", "en,es", "es, en", "en,en,"])
def test_a_new_folder_passes_the_check(run: Run, tmp_path: Path, languages: str) -> None:
    made = run("new", "rent-freeze", "--languages", languages)
    assert made.exit_code == 0, made.output
    codes = list(dict.fromkeys(code.strip() for code in languages.split(",") if code.strip()))
    files = {path.name for path in (tmp_path / "campaigns" / "rent-freeze").iterdir()}
    assert files == {"campaign.toml", "recipients.csv", "media", *(f"{code}.md" for code in codes)}
    checked = run("check", "rent-freeze")
    assert checked.exit_code == 0, checked.output
    assert f"rent-freeze: ready to publish ({', '.join(codes)}; " in checked.output
    assert checked.output.count("The title is still the example") == len(codes)


def test_the_example_does_not_go_live(run: Run, tmp_path: Path) -> None:
    run("new", "rent-freeze")
    table = tmp_path / "campaigns" / "rent-freeze" / "campaign.toml"
    table.write_text(table.read_text("utf-8").replace('"draft" ', '"live" '), "utf-8")
    checked = run("check", "rent-freeze")
    assert checked.exit_code == 1
    assert "en.md:2: [title] The title is still the example." in checked.output


def test_a_new_folder_is_a_draft_in_its_languages(tmp_path: Path, load: Callable[..., Loaded]) -> None:
    new_folder(tmp_path, "rent-freeze", ["es", "en"], read_languages())
    loaded = load(tmp_path / "rent-freeze")
    assert loaded.errors == []
    assert loaded.campaign is not None
    assert (loaded.campaign.status, loaded.campaign.languages) == ("draft", ("es", "en"))
    assert all(text.ask and text.why for text in loaded.campaign.texts.values())


def test_every_key_that_a_new_folder_leaves_out_still_exists(tmp_path: Path) -> None:
    """Keys that are commented out are there to be switched on."""
    new_folder(tmp_path, "rent-freeze", ["en"], read_languages())
    lines = (tmp_path / "rent-freeze" / "campaign.toml").read_text("utf-8").splitlines()
    offered = {line.removeprefix("# ").split(" =")[0] for line in lines if line.startswith("# ") and " = " in line}
    known = {*CampaignTable.model_fields, *HandingOverTable.model_fields, "consent.email.en"}
    assert {"opens", "closes", "image", "milestones", "digest", "consent.email.en"} <= offered <= known


def test_a_folder_that_exists_is_left_alone(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "campaigns" / "library"
    mine.mkdir(parents=True)
    (mine / "campaign.toml").write_text("mine", "utf-8")
    done = run("new", "library")
    assert done.exit_code == 1
    assert "already" in done.output
    assert [path.name for path in mine.iterdir()] == ["campaign.toml"]
    assert (mine / "campaign.toml").read_text("utf-8") == "mine"
    with pytest.raises(FolderExists):
        new_folder(mine.parent, "library", ["en"], read_languages())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Rent Freeze",), "small letters"),
        (("../elsewhere",), "small letters"),
        (("a",), "small letters"),
        (("staff",), "address of the platform"),
        (("healthz",), "address of the platform"),
        (("rent-freeze", "--languages", "ess"), 'Did you mean "es"?'),
        (("rent-freeze", "--languages", " , "), "at least one language"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_hint(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run("new", *arguments)
    assert done.exit_code == 1
    assert words in done.output
    assert not (tmp_path / "campaigns").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "no campaign folders"), (("library",), 'no campaign folder "library"')],
)
def test_a_check_of_nothing_is_no_success(run: Run, arguments: tuple[str, ...], words: str) -> None:
    done = run("check", *arguments)
    assert done.exit_code == 1
    assert words in done.output


def test_a_new_folder_names_its_schema_first(run: Run, tmp_path: Path) -> None:
    """An editor that knows the line completes and checks; without the file, it is a comment."""
    run("new", "rent-freeze")
    source = (tmp_path / "campaigns" / "rent-freeze" / "campaign.toml").read_text("utf-8")
    assert source.startswith("#:schema ../../docs/campaign.schema.json\n")


def test_inside_the_campaigns_the_way_out_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("new", "rent-freeze")
    monkeypatch.chdir(tmp_path / "campaigns")
    monkeypatch.delenv("CLARION_HOME", raising=False)
    for command in ("check", "serve", "status"):
        done = CliRunner().invoke(main, [command])
        assert done.exit_code == 1
        assert f"You are in {tmp_path / 'campaigns'}; go to {tmp_path}" in done.output
    assert [path.name for path in (tmp_path / "campaigns").iterdir()] == ["rent-freeze"]
    assert run("check").exit_code == 0


def test_going_back_to_a_draft_is_said(run: Run, tmp_path: Path) -> None:
    run("new", "rent-freeze")
    table = tmp_path / "campaigns" / "rent-freeze" / "campaign.toml"
    assert "edition 1 is stored as a draft: nobody sees it" in run("publish", "rent-freeze").output
    text = table.with_name("en.md")
    text.write_text(text.read_text("utf-8").replace("The headline in English", "Freeze the rents"), "utf-8")
    table.write_text(table.read_text("utf-8").replace('"draft" ', '"live" '), "utf-8")
    assert "edition 2 is live" in run("publish", "rent-freeze").output
    back = run("rollback", "rent-freeze")
    assert back.output == "rent-freeze: edition 1 is a draft: the page is hidden now\n"
    second, first, legend = run("editions", "rent-freeze").output.splitlines()
    assert second.split()[0] == "2"
    assert second.endswith("live    Freeze the rents")
    assert first.startswith("   1 *")
    assert first.endswith("draft   The headline in English")
    assert legend == "* counts now"
    assert run("rollback", "rent-freeze", "2").output == "rent-freeze: edition 2 is live again\n"


def test_reasons_are_counted_and_listed(run: Run, tmp_path: Path) -> None:
    run("new", "rent-freeze")
    run("publish", "rent-freeze")
    for id in (1, 2, 3):
        with sqlite3.connect(tmp_path / "var" / "clarion.db") as base:
            base.execute("PRAGMA foreign_keys = OFF")
            base.execute(
                "INSERT INTO reason (id, campaign_id, signature_id, language, words, name, state, written_at) "
                "VALUES (?, 1, ?, 'en', ?, '', 'waiting', '2026-07-12 09:00:00')",
                (id, id, f"Because {id}"),
            )
    done = run("reasons", "rent-freeze", "--approve", "1", "--approve", "2")
    assert "2 approved\n1 waiting\n" in done.output
    assert "Because 1" not in done.output
    listed = run("reasons", "rent-freeze", "--all").output
    assert "1  approved  en" in listed
    assert "3  waiting  en" in listed


def test_a_check_of_a_misspelt_folder_suggests_the_right_one(run: Run) -> None:
    run("new", "rent-freeze")
    done = run("check", "rent-freez")
    assert done.exit_code == 1
    assert 'Did you mean "rent-freeze"?' in done.output
