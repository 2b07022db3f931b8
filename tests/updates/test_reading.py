"""An update's files: what is wrong with them is told with file, line and what to do, and never stops the campaign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clarion.cli import main
from clarion.updates.loader import is_name, made_name

GOOD = "---\ntitle: The hearing\n---\n\nCome.\n"
Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path, make_folder: Callable[..., Path]) -> Check:
    """`clarion check` on a campaign with these files of updates: `check({"2026-07-12-hearing/en.md": "..."})`."""

    def checked(files: dict[str, str], **campaign: str) -> Result:
        make_folder(files={f"updates/{name}": text for name, text in files.items()} | campaign)
        return CliRunner().invoke(main, ["check", "library"], env={"CLARION_HOME": str(tmp_path)})

    return checked


def test_a_good_update_is_no_word_and_a_missing_language_is_a_warning(check: Check) -> None:
    both = {f"2026-07-12-hearing/{code}.md": GOOD for code in ("en", "es")}
    result = check({**both, "2026-07-13-again/en.md": GOOD, ".DS_Store": "", "2026-07-13-again/.DS_Store": ""})
    assert result.exit_code == 0
    first, last = result.output.splitlines()
    assert first.startswith("warning: ")
    assert first.endswith(
        'updates/2026-07-13-again: The text for the language "es" is missing. '
        "Write es.md; until then the words of en.md stand in."
    )
    assert last == "library: ready to publish (en, es; 1 recipients)"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("hearing/en.md", GOOD, "hearing: This is no name for an update."),
        ("2026-13-12-hearing/en.md", GOOD, "2026-13-12-hearing: This is no name for an update."),
        ("2026-07-12-x/es.md", GOOD, '2026-07-12-x: The text in the main language "en" is missing.'),
        ("2026-07-12-x/fr.md", GOOD, '2026-07-12-x/fr.md: The campaign has no language "fr".'),
        ("en.md", GOOD, "en.md: The file belongs to no update."),
        ("2026-07-12-x/en.md", "Come.", "en.md:1: The head is missing."),
        ("2026-07-12-x/en.md", "---\ntitle:\n---\nCome.", 'en.md:2: [title] "title" is missing or empty.'),
        ("2026-07-12-x/en.md", "---\ntitle: A\n---\n", "en.md:4: The body is empty."),
        (
            "2026-07-12-x/en.md",
            "---\ntitel: A\n---\nB",
            'en.md:2: [titel] There is no key "titel". Did you',
        ),
        ("2026-07-12-x/en.md", "---\ntitle: A\npublic: maybe\n---\nB", "en.md:3: [public] This is neither yes nor no."),
        ("2026-07-12-x/en.md", "---\ntitle: A\n---\nB\n[c](#top)", 'en.md:5: A mail has no place "#top" to lead to.'),
        ("2026-07-12-x/en.md", f"---\ntitle: A\n---\n{'b' * 15_000}", "updates/2026-07-12-x/en.md: Its mail cannot"),
        ("2026-07-12-x/en.md", "---\ntitle: A\n---\n\nB\n<b>C</b>", 'en.md:6: "<b>" is not allowed.'),
        ("2026-07-12-x/en.md", "---\ntitle: A\n---\nB {{name}}", 'en.md:4: There is no placeholder "{{name}}".'),
        ("2026-07-12-x/en.md", "---\ntitle: A {{count}}\n---\nB", "en.md:2: [title] A placeholder is not filled in"),
        ("2026-07-12-x/en.md", "---\ntitle: A\n---\nB\n![c](media/c.png)", "en.md:5: A mail holds no pictures"),
        ("2026-07-12-x/en.md", f"---\ntitle: A\n---\n{'b ' * 10_001}", "en.md:4: The body is longer than 20000"),
        ("2026-07-12-x/en.md", f"---\ntitle: {'A' * 151}\n---\nB", "en.md:2: [title] Longer than 150 characters."),
    ],
)
def test_a_fault_is_told_with_its_place(check: Check, name: str, text: str, told: str) -> None:
    result = check({name: text})
    assert result.exit_code == 1
    assert told in result.output
    assert "library: ready to publish" in result.output
    assert "Traceback" not in result.output


def test_a_sender_that_has_left_is_a_warning_as_its_news_may_be_out(check: Check) -> None:
    result = check({"2026-07-12-x/en.md": "---\ntitle: A\norganisation: reader\n---\nB"})
    assert result.exit_code == 0
    assert "warning: " in result.output
    assert 'There is no organisation "reader". Did you mean "readers"?' in result.output


def test_files_that_contradict_one_another_are_told_so(check: Check) -> None:
    english = GOOD.replace("---\n\n", "public: no\norganisation: writers\n---\n\n")
    spanish = english.replace("public: no", "public: yes").replace("writers", "readers")
    result = check({"2026-07-12-x/en.md": english, "2026-07-12-x/es.md": spanish})
    assert 'es.md:3: [public] "yes" here, and "no" in en.md. Say the same in both.' in result.output
    assert 'es.md:4: [organisation] "readers" here, and "writers" in en.md.' in result.output


def test_a_campaign_with_faults_still_has_its_updates_checked(check: Check) -> None:
    result = check({"2026-07-12-x/en.md": "---\ntitle: A\n---\n"}, **{"campaign.toml": "status = 5\n"})
    assert result.exit_code == 1
    assert "The body is empty." in result.output


@pytest.mark.parametrize("name", ["2026-07-12-hearing", "2026-07-12-a-2"])
def test_names(name: str) -> None:
    assert is_name(name)
    for wrong in (name.upper(), f"{name}-", f"{name}--b", f"{name} b", name[:10], f"{name}/x", name + "x" * 80):
        assert not is_name(wrong)


@pytest.mark.parametrize("title", ["¡Ganamos! La alcaldesa firmó", "We won", "a" * 300])
def test_a_name_is_made_from_a_title(title: str) -> None:
    assert is_name(made_name(title, date(2026, 7, 12)))


@pytest.mark.parametrize("title", ["我们赢了", "انتصرنا", "2026", "!"])
def test_no_name_is_made_up_where_the_title_gives_none(title: str) -> None:
    assert made_name(title, date(2026, 7, 12)) == ""
