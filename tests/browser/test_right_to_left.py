"""The same pages in languages that are written from right to left."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from playwright.sync_api import expect

from clarion import i18n

LANGUAGES = """
[ar]
name = "العربية"
direction = "rtl"

[fa]
name = "فارسی"
direction = "rtl"
"""
TEXT = """\
---
title: احموا جيراننا من المداهمات
ask:
  نطلب من المدينة ثلاثة أمور لا تحتمل التأخير:

  1. **لا مساعدة محلية.** لا تتعاون الشرطة مع ICE بأي شكل.
  2. **مساعدة قانونية** لكل جار محتجز.
  3. **لا إشعارات من السجن** عند الإفراج.
share: وقّعوا معي
thanks: **شكرًا لكم.**
---

## ماذا يحدث

نريد مدينة يعيش فيها الجميع بلا خوف ([قانون DC](https://code.dccouncil.gov/)).

- نقطة أولى
- نقطة ثانية

> اقتباس
"""


@pytest.fixture
def campaign_folder(campaign_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The campaign in two more languages, whose interface words are the English ones."""
    folder = tmp_path / "translations"
    shutil.copytree(i18n.translations_folder(), folder)
    listed = folder / "languages.toml"
    listed.write_text(listed.read_text("utf-8") + LANGUAGES, "utf-8")
    template = read_po(io.BytesIO((folder / "messages.pot").read_bytes()))
    for code in ("ar", "fa"):
        catalog = Catalog(locale=code)
        for message in template:
            if message.id:
                forms = message.id if isinstance(message.id, tuple) else None
                words = (forms[0], *[forms[1]] * (catalog.num_plurals - 1)) if forms else message.id
                catalog.add(message.id, words)
        path = folder / code / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            write_po(file, catalog)
        (campaign_folder / f"{code}.md").write_text(TEXT, "utf-8")
    monkeypatch.setattr(i18n, "translations_folder", lambda: folder)
    table = campaign_folder / "campaign.toml"
    words = table.read_text("utf-8").replace('languages = ["en", "es"]', 'languages = ["en", "es", "ar", "fa"]')
    table.write_text(words, "utf-8")
    return campaign_folder


def test_the_page_is_laid_out_from_the_right(visit, site) -> None:
    page = visit(1280).page
    boxes = {}
    for language in ("en", "ar"):
        page.goto(f"{site.url}/dc-sanctuary/{language}")
        boxes[language] = {part: page.locator(part).bounding_box() for part in (".head", ".sign", ".ask ol")}
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for part, box in boxes["en"].items():
        mirrored = boxes["ar"][part]
        assert box
        assert mirrored
        assert abs(1280 - box["x"] - box["width"] - mirrored["x"]) <= 1, part


def test_every_page_is_open_to_everyone(visit, site, examine) -> None:
    site.confirmed("ar", name="ليلى حداد", reason="لأنهم جيراننا.", show_name="y")
    site.confirmed("en", name="Ana Luna", reason="They are our neighbors.", show_name="y")
    site.approve_reasons()
    signer = site.signer("ar", name="محمد", reason="نعم", **{"consent_sanctuary-dc_email": "y"})
    visitor = visit()
    page = visitor.page
    visitor.open("/dc-sanctuary/ar")
    shown = page.locator(".reasons li")
    expect(shown).to_contain_text(["They are our neighbors.", "لأنهم جيراننا."])
    expect(page.locator(".reasons li").last).to_have_css("direction", "rtl")
    expect(page.locator(".reasons li").first).to_have_css("direction", "ltr")
    found = {"campaign": examine(page)}
    visitor.send_anyway(name="=1", email="ana", postal_code="2")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#email")).to_have_css("direction", "ltr")
    found["refused"] = examine(page)
    for path in (signer.thanks, signer.confirm, signer.me, "/?lang=ar"):
        visitor.open(path)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        found[path.split("/")[1]] = examine(page)
    opened = visit().page
    opened.set_content(signer.mail.get_body(("html",)).get_content())
    expect(opened.locator("html")).to_have_attribute("dir", "rtl")
    found["mail"] = examine(opened, targets=False)
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_many_languages_stand_in_a_menu_that_keeps_what_was_typed(visit, script: bool) -> None:
    visitor = visit(script=script)
    page = visitor.page
    visitor.open("/dc-sanctuary/en")
    visitor.sign(name="ليلى حداد")
    menu = page.get_by_role("navigation")
    menu.get_by_text("English").first.click()
    for name in ("Español", "العربية", "فارسی"):
        expect(menu.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    menu.get_by_role("button", name="فارسی").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#name")).to_have_value("ليلى حداد")


def test_a_count_that_renews_itself_keeps_its_digits(visit, site) -> None:
    site.count_up(1246)
    page = visit().page
    page.clock.install()
    page.goto(f"{site.url}/dc-sanctuary/ar")
    site.confirmed("ar")
    site.forget()
    figure = page.locator("#sign-title [data-count]")
    expect(figure).to_contain_text("246")
    page.clock.run_for(15_500)
    expect(figure).to_contain_text("247")
    renewed = figure.inner_text()
    page.reload()
    assert figure.inner_text() == renewed
