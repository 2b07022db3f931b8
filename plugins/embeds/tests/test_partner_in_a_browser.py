"""The page of a partner in a real browser: with its script and without, for every eye, in both languages."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from clarion.testing import Instance, link

from .test_partner import LISTED, brought, path_of

WIDTHS = (320, 390, 800, 1280)


@pytest.fixture
def at(embeds, serve_instance) -> tuple[Instance, str]:
    """The instance and the address of the partner's page."""
    instance = embeds(LISTED)
    return instance, serve_instance(instance) + path_of(instance)


def test_what_is_chosen_is_shown_at_once(at, open_page) -> None:
    page = open_page(f"{at[1]}?lang=en", width=1280)
    preview, code = page.frame_locator(".preview iframe"), page.locator("#code-script")
    expect(preview.locator("h1")).to_have_text("Keep the library open")
    expect(page.get_by_role("button", name="Show it like this")).to_be_hidden()
    page.get_by_label("Language of the form").select_option("es")
    expect(preview.locator("h1")).to_have_text("Que siga la biblioteca")
    expect(code).to_contain_text('data-lang="es"')
    page.get_by_text("A plain frame").click()
    page.get_by_label("The text").uncheck()
    page.get_by_label("Color of buttons and links").fill("#1d4e89")
    page.get_by_label("Light or dark").select_option("dark")
    expect(code).to_contain_text('data-theme="dark" data-accent="1d4e89" data-show="title,count,languages"')
    expect(page.locator("#code-frame")).to_contain_text("theme=dark&amp;accent=1d4e89&amp;show=title,count")
    expect(page.locator("#code-frame")).to_be_visible()
    assert "accent=%231d4e89" in page.url, "it can be reloaded and kept"
    page.get_by_label("Color of buttons and links").fill("#ffcc00")
    page.get_by_label("Smaller").check()
    expect(page.locator("#accent-error")).to_contain_text("cannot be read on white")
    expect(page.locator("#accent")).to_have_attribute("aria-invalid", "true")
    expect(code).not_to_contain_text("data-accent")
    page.get_by_label("Color of buttons and links").fill("")
    page.get_by_label("Smaller").uncheck()
    expect(page.locator("#accent-error")).to_have_count(0)


def test_nothing_is_sent_from_the_preview(at, open_page) -> None:
    page = open_page(at[1], width=1280)
    frame = page.frame_locator(".preview iframe")
    frame.locator("#name").fill("Ana Reader")
    frame.locator("#email").fill("ana@readers.example")
    with page.expect_console_message(lambda message: "sandboxed" in message.text):
        frame.locator("button.main").press("Enter")
    expect(frame.locator("#name")).to_have_value("Ana Reader")
    assert at[0].work() == 0


def test_code_is_copied(at, open_page) -> None:
    page = open_page(f"{at[1]}?lang=en", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#code-script").text_content()
    assert copied.startswith('<script async src="http')


def test_a_signature_is_seen_without_a_reload(at, open_page) -> None:
    instance, url = at
    page = open_page(url)
    figures = page.locator("[data-figure]")
    expect(figures).to_have_text(["fewer than 10", "0"])
    place = "/library/en/embed?partner=writers"
    token = re.search(r'name="token"[^>]*value="([^"]+)"', instance.client.get(place).get_data(as_text=True))
    assert token
    form = {"token": token[1], "name": "Ana Reader", "email": "ana@readers.example"}
    instance.client.post(place, data=form)
    instance.work()
    instance.client.post(link(instance.mails()[-1], "confirm"), data={"action": "confirm"})
    expect(figures).to_have_text(["fewer than 10", "1"], timeout=3000)
    brought(instance, "writers", 9)
    expect(figures).to_have_text(["10", "10"], timeout=3000)


def test_without_a_script_it_does_all_of_it(at, open_page) -> None:
    page = open_page(f"{at[1]}?lang=en", script=False)
    page.get_by_label("Language of the form").select_option("es")
    page.get_by_role("button", name="Show it like this").click()
    expect(page.frame_locator(".preview iframe").locator("h1")).to_have_text("Que siga la biblioteca")
    expect(page.locator("#code-script")).to_contain_text('data-lang="es"')
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_text("Or paste what your server says").click()
    page.locator("#pasted").fill("content-security-policy: frame-src 'none'")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#result")).to_contain_text("The form cannot be shown here yet.")
    expect(page.locator("#result pre")).to_contain_text("frame-src http")


def _faults(page: Page) -> list[str]:
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{width}: {over} px too wide"] if over > 0 else []
        page.evaluate(Axe().axe_script)
        # the preview runs no script, so the form in it is examined by itself in test_sites.py
        violations = page.evaluate("axe.run({ exclude: ['iframe'] }, { resultTypes: ['violations'] })")["violations"]
        found += [f"{width}: {v['id']}: {[node['target'] for node in v['nodes']]}" for v in violations]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_it_is_open_to_everyone(at, open_page, language: str, scheme: str) -> None:
    page = open_page(f"{at[1]}?lang={language}&accent=%23ffcc00", color_scheme=scheme)
    found = {"page": _faults(page)}
    page.eval_on_selector_all("details", "all => all.forEach((details) => { details.open = true })")
    found["opened"] = _faults(page)
    page.locator("#test form button").last.click()
    expect(page.locator("#result")).to_have_attribute("role", "alert")
    expect(page.locator("#result")).to_be_focused()
    found["a fault"] = _faults(page)
    page.eval_on_selector_all("#test details", "all => all.forEach((details) => { details.open = true })")
    page.locator("#url").fill("https://blog.writers.example/")
    page.locator("#pasted").fill("content-security-policy: default-src 'self'; script-src 'nonce-a' 'strict-dynamic'")
    page.locator("#test form button").last.click()
    expect(page.locator(".finding")).to_have_count(5)
    found["a verdict"] = _faults(page)
    page.locator("#url").fill("https://writers.example/")
    page.locator("#pasted").fill("server: nginx")
    page.locator("#test form button").last.click()
    expect(page.locator(".ways .works")).to_have_count(3)
    found["all well"] = _faults(page)
    assert {step: faults for step, faults in found.items() if faults} == {}
