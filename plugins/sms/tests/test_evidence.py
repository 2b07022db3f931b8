"""The pack for carriers: whole, of what people really see, and honest about what is missing."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from clarion.testing import Instance, chromium_path
from clarion_sms import pictures
from clarion_sms.evidence import FACTS, MAILBOX, WEBSITE

from .texting import SLUG, texting_folder

LINE = re.compile(r"- \[(?P<tick>[x ])\] (?P<name>[^:]+): (?:`(?P<file>[^`]+)`|MISSING: (?P<missing>.+))")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def texting(make_instance):
    """An instance with the petition live and signed by text."""

    def make(more: str = "", base_url: str = "https://petitions.example.org", **replaced: str) -> Instance:
        instance = make_instance(plugins={"sms": {}}, site={"base_url": base_url})
        instance.publish(texting_folder(instance, more, **replaced))
        return instance

    return make


def run(instance: Instance, *arguments: str):
    with instance.context():
        found, _ = instance.app.extensions["clarion.plugins"].commands()
        return CliRunner().invoke(found["sms"], ["evidence", *arguments])


def checklist(folder: Path) -> list[dict[str, str]]:
    lines = [line for line in (folder / "checklist.md").read_text("utf-8").splitlines() if line.startswith("- [")]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return [one.groupdict() for one in found if one]


def write(instance: Instance, *more: str) -> tuple[Path, str]:
    folder = instance.home / "pack"
    done = run(instance, SLUG, "--out", str(folder), *more)
    assert done.exit_code == 0, done.output
    return folder, done.output


@pytest.fixture
def no_browser(monkeypatch):
    monkeypatch.setattr(pictures, "NAMES", ("there-is-no-such-browser",))


def test_every_line_of_the_checklist_is_a_file_or_a_named_gap(texting, no_browser) -> None:
    folder, told = write(texting())
    items = checklist(folder)
    assert {item["name"]: item["missing"] for item in items if item["tick"] == " "} == FACTS
    there = {item["file"] for item in items if item["tick"] == "x"}
    assert there == {
        "brand.md", "campaign.md", "message-flow.md", "samples-en.md", "samples-es.md", "consents.md", "keywords.md",
        "addresses.md", "pages/texts-en.html", "pages/texts-es.html", "pages/sign-en.html", "pages/sign-es.html",
    }  # fmt: skip
    assert all((folder / name).stat().st_size > 200 for name in there)
    assert all(f"{item['name']}: " in told for item in items)


def test_what_the_campaign_does_not_say_is_named_as_missing(texting, no_browser) -> None:
    words = {'website = "https://sanctuary-dc.example"\n': "", 'email = "hello@sanctuary-dc.example"\n': ""}
    folder, _ = write(texting(**words))
    missing = {item["name"]: item["missing"] for item in checklist(folder) if item["tick"] == " "}
    assert missing == {**FACTS, "Web site": WEBSITE, "Contact email": MAILBOX}


def test_the_wordings_are_those_of_the_form_word_for_word(texting, no_browser) -> None:
    own = "¿Sí? Sanctuary DC puede escribirme, 2 al mes. Pueden aplicarse tarifas. STOP y HELP siempre."
    mark = 'privacy = "https://sanctuary-dc.example/privacy"\n'
    instance = texting(**{mark: f'{mark}consent.sms.es = "{own}"\n'})
    folder, _ = write(instance)
    consents = (folder / "consents.md").read_text("utf-8")
    assert f"> {own}\n" in consents
    assert consents.count("\n> ") == 4, "two organisations, two languages"
    form = instance.client.get(f"/{SLUG}/es", base_url="https://petitions.example.org").get_data(as_text=True)
    quoted = re.findall(r"^> (.+)$", consents.partition("## es")[2], re.MULTILINE)
    assert [words for words in quoted if words not in form] == []
    assert f'Sanctuary DC pregunta: "{own}"' in (folder / "samples-es.md").read_text("utf-8")


def test_words_and_answers_are_there_in_each_language(texting, no_browser) -> None:
    folder, _ = write(texting())
    words = (folder / "keywords.md").read_text("utf-8")
    for wanted in ("SANCTUARY, SANTUARIO, REFUGIO", "STOP, STOPALL", "ALTO", "HELP, INFO, AYUDA", "START"):
        assert wanted in words
    for wanted in ("- en: Sanctuary DC: you get no more texts", "- es: Sanctuary DC: ya no recibe mensajes"):
        assert wanted in words
    flow, campaign = ((folder / name).read_text("utf-8") for name in ("message-flow.md", "campaign.md"))
    assert f"- es: https://petitions.example.org/{SLUG}/es/texts" in flow
    assert "+1 202 555 0123" in flow
    assert 40 <= len(campaign.partition("## Description")[2].partition("##")[0].strip()) <= 4096, "what the form takes"
    assert 40 <= len(flow.partition("\n\n")[2]) <= 2048, "the same"
    assert len(flow.strip().split("\n\n")) == 7, "each paragraph is one line, as forms take them"


def test_a_page_in_it_needs_nothing_from_elsewhere(texting, no_browser) -> None:
    folder, told = write(texting())
    assert "No pictures were taken (no Chromium was found; name one with --browser)" in told
    for name in ("texts-en", "sign-es"):
        html = (folder / "pages" / f"{name}.html").read_text("utf-8")
        assert "<script" not in html
        assert not re.search(r'<link rel="stylesheet"|\bsrc="(?!data:)|url\((?!data:)', html)
        assert not re.search(r'\b(?:href|action)="/', html)
        assert "--accent:" in html
        if name.endswith("-es"):
            assert '<html lang="es"' in html
            assert "Firmar por mensaje" in html or "Correo electrónico" in html


def test_a_browser_that_fails_leaves_the_pages(texting, tmp_path: Path) -> None:
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    broken.chmod(0o755)
    folder, told = write(texting(), "--browser", str(broken))
    assert "CalledProcessError" in told
    assert (folder / "pages" / "texts-en.html").exists()


@pytest.mark.usefixtures("browser")
def test_pictures_show_the_whole_pages(texting) -> None:
    instance = texting()
    (instance.home / "pack" / "pages").mkdir(parents=True)
    (instance.home / "pack" / "checklist.md").write_text("of an earlier pack", "utf-8")
    (instance.home / "pack" / "pages" / "texts-en.html").write_text("of an earlier pack", "utf-8")
    folder, told = write(instance, "--browser", str(chromium_path()))
    assert "No pictures" not in told
    names = [item["file"] for item in checklist(folder) if item["tick"] == "x" and item["file"].startswith("pages/")]
    assert names == [f"pages/{name}.png" for name in ("texts-en", "sign-en", "texts-es", "sign-es")]
    for name in names:
        assert (folder / name).read_bytes().startswith(PNG)
        with Image.open(folder / name) as picture:
            assert picture.width == 1280
            assert 1500 < picture.height < 6000
            assert len(picture.convert("RGB").getcolors(2**24)) > 50, "it is not blank"
    assert not (folder / "pages" / "texts-en.html").exists()


def test_the_zip_holds_the_same(texting, no_browser) -> None:
    folder, told = write(texting())
    archive = folder.with_suffix(".zip")
    assert f"{archive}: the same to send" in told
    with zipfile.ZipFile(archive) as packed:
        assert packed.testzip() is None
        names = {name for name in packed.namelist() if not name.endswith("/")}
        assert names == {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
        assert packed.read("brand.md") == (folder / "brand.md").read_bytes()


def test_it_is_written_below_var_where_nothing_else_is_said(texting, no_browser) -> None:
    instance = texting()
    assert run(instance, SLUG).exit_code == 0
    assert (instance.home / "var" / "evidence" / SLUG / "checklist.md").exists()
    assert run(instance, SLUG).exit_code == 0, "once more in the same place"


@pytest.mark.parametrize(("base_url", "warned"), [("http://127.0.0.1:8000", True), ("https://a.example", False)])
def test_addresses_that_nobody_else_reaches_are_warned_of(texting, no_browser, base_url: str, warned: bool) -> None:
    assert ("make it again on the real site" in write(texting(base_url=base_url))[1]) == warned


def test_a_folder_with_something_else_is_left_alone(texting, no_browser) -> None:
    instance = texting()
    (instance.home / "pack").mkdir()
    (instance.home / "pack" / "letter.txt").write_text("mine", "utf-8")
    done = run(instance, SLUG, "--out", str(instance.home / "pack"))
    assert done.exit_code == 1
    assert "holds something else" in done.output
    assert [p.name for p in (instance.home / "pack").iterdir()] == ["letter.txt"]


def test_without_texts_or_a_petition_it_says_what_to_do(make_instance, make_folder) -> None:
    instance = make_instance(plugins={"sms": {}})
    assert "publish it first: clarion publish library" in run(instance, "library").output
    instance.publish(make_folder())
    assert "Write [plugins.sms] in its campaign.toml" in run(instance, "library").output
