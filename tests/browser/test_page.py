"""The campaign page as people see it: on a phone and on a desk, in both languages, with and without scripts."""

from __future__ import annotations

import io
import re
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from clarion.assets import FOLDER

WIDTHS = (360, 1280)
LANGUAGES = ("en", "es")
MOST_BYTES = 50_000
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

either_way = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
each_width = pytest.mark.parametrize("width", WIDTHS)
each_language = pytest.mark.parametrize("language", LANGUAGES)


@either_way
@each_language
@each_width
def test_the_page_is_there(visit, width: int, language: str, script: bool) -> None:
    visitor = visit(width, script=script)
    visitor.open(f"/dc-sanctuary/{language}")
    page = visitor.page
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("h1")).to_contain_text("Alcaldesa" if language == "es" else "Mayor")
    expect(page.locator(".reasons")).to_have_count(0)
    expect(page.get_by_role("button", name="Copiar" if language == "es" else "Copy")).to_have_count(int(script))
    if width < 900:
        expect(page.locator(".head .jump a")).to_be_in_viewport(ratio=1)
    else:
        expect(page.locator("#name")).to_be_in_viewport(ratio=1)
    for summary in page.locator("summary").all():
        summary.click()
    for narrow in (width, min(width, 320)):
        page.set_viewport_size({"width": narrow, "height": 740})
        assert page.evaluate(OVERFLOW) <= 0


def test_a_visitor_is_sent_to_their_language(visit) -> None:
    for locale, language in (("es-MX", "es"), ("en-GB", "en"), ("fr-FR", "en")):
        visitor = visit(locale=locale)
        visitor.open("/dc-sanctuary")
        assert visitor.page.url.endswith(f"/dc-sanctuary/{language}")


@each_language
def test_a_first_view_is_light(visit, site, language: str) -> None:
    for reason in ("Because we are neighbors. " * 20, "Porque somos vecinos. " * 20):
        site.confirmed(reason=reason, show_name="y")
    site.approve_reasons()
    visitor = visit()
    visitor.open(f"/dc-sanctuary/{language}")
    expect(visitor.page.locator(".reasons li")).to_have_count(2)
    sizes = {response.url: len(response.body()) for response in visitor.responses if ".svg" not in response.url}
    kinds = sorted(url.rpartition(".")[2] for url in sizes)
    assert kinds[1:] == ["css", "js"], "only the page, its style and its script are loaded"
    assert sum(sizes.values()) + len((FOLDER / "icon.svg").read_bytes()) < MOST_BYTES


@each_width
def test_the_other_recipients_open_without_a_script(visit, width: int) -> None:
    visitor = visit(width, script=False)
    visitor.open("/dc-sanctuary/en")
    more = visitor.page.locator(".to")
    expect(more.locator("li").first).to_be_hidden()
    more.get_by_text("and 12 more").click()
    expect(more.locator("li")).to_have_count(15)
    expect(more.get_by_text("Trayon White, Sr.")).to_be_visible()
    assert "Councilmember, Ward 8" in more.inner_text()


@either_way
@each_width
def test_the_language_switch_keeps_what_was_typed(visit, width: int, script: bool) -> None:
    visitor = visit(width, script=script)
    visitor.open("/dc-sanctuary/en")
    page = visitor.page
    typed = {"name": "Ana O’Brien", "email": "ana@", "postal_code": "2", "reason": 'One line,\nand "another" <b>.'}
    visitor.sign(**typed)
    ticks = ("#show_name", "#consent-casa-del-barrio-email")
    for tick in ticks:
        page.check(tick)
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    for name, words in typed.items():
        expect(page.locator(f"#{name}")).to_have_value(words)
    for tick in ticks:
        expect(page.locator(tick)).to_be_checked()
    expect(page.locator("#consent-sanctuary-dc-email")).not_to_be_checked()
    expect(page.locator(".error")).to_have_count(0)
    visitor.sign()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#email")).to_have_value("ana@readers.example")
    page.locator("button.main").click()
    page.wait_for_url("**/dc-sanctuary/en/thanks?*")


@either_way
def test_with_nothing_typed_the_switch_leads_to_a_plain_address(visit, script: bool) -> None:
    visitor = visit(script=script)
    visitor.open("/dc-sanctuary/es")
    visitor.page.get_by_role("button", name="English").click()
    visitor.page.wait_for_url("**/dc-sanctuary/en")


@each_language
def test_the_copy_button_copies_the_pages_address(visit, language: str) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    visitor.open(f"/dc-sanctuary/{language}")
    page = visitor.page
    button = page.locator("[data-copy]")
    button.click()
    expect(button).to_have_text("Copiado" if language == "es" else "Copied")
    address = page.locator("link[rel=canonical]").get_attribute("href")
    assert page.evaluate("navigator.clipboard.readText()") == address
    assert address.endswith(f"/dc-sanctuary/{language}")


@each_language
def test_the_count_renews_itself(visit, site, language: str) -> None:
    site.count_up(1246)
    visitor = visit()
    page = visitor.page
    page.clock.install()
    visitor.open(f"/dc-sanctuary/{language}")
    expect(page.locator("#sign-title")).to_contain_text("1,246")
    progress = page.eval_on_selector("progress", "bar => bar.value")
    site.confirmed(language)
    site.forget()
    page.clock.run_for(15_500)
    for figure in page.locator("[data-count]").all():
        expect(figure).to_have_text("1,247")
    assert page.eval_on_selector("progress", "bar => bar.value") >= progress


def test_a_count_whose_words_would_not_fit_waits_for_the_next_page(visit, site) -> None:
    site.confirmed()
    site.forget()
    visitor = visit()
    visitor.page.clock.install()
    visitor.open("/dc-sanctuary/en")
    expect(visitor.page.locator("#sign-title")).to_have_text("1 person has signed")
    site.confirmed()
    site.forget()
    with visitor.page.expect_response(re.compile(r"\.json$")) as answer:
        visitor.page.clock.run_for(15_500)
    assert answer.value.json()["signatures"] == 2
    expect(visitor.page.locator("#sign-title")).to_have_text("1 person has signed")


@each_language
def test_the_list_of_petitions_leads_to_the_page(visit, language: str) -> None:
    visitor = visit(locale=language)
    visitor.open("/")
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)
    visitor.page.locator(".list a").click()
    visitor.page.wait_for_url(f"**/dc-sanctuary/{language}")


def test_the_shared_picture_is_there(visit, site) -> None:
    visitor = visit()
    visitor.open("/dc-sanctuary/es")
    shared = visitor.page.locator("meta[property='og:image']").get_attribute("content") or ""
    answer = site.instance.client.get(urlsplit(shared).path)
    assert answer.content_type == "image/png"
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.size == (1200, 630)
    alt = visitor.page.locator("meta[property='og:image:alt']").get_attribute("content") or ""
    assert "Protejamos a nuestros vecinos" in alt
