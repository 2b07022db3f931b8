"""Where WordPress shows what oEmbed gives: its rules as `make wordpress` sees them on the real one, here without it."""

from __future__ import annotations

import re
import socket
from typing import Any

import nh3
import pytest
from playwright.sync_api import Page, expect

from clarion.testing import Instance

HIDDEN = "position: absolute; clip: rect(1px, 1px, 1px, 1px);"
LISTENER = """
<script>
  const frame = document.querySelector("iframe"), card = document.querySelector("blockquote");
  const known = (one, secret) => one.dataset.secret === secret;
  window.told = [];
  addEventListener("message", ({ data, source }) => {
    if (source !== frame.contentWindow || !data.secret || !known(frame, data.secret)) return;
    told.push(data.message);
    if (known(card, data.secret)) card.style.display = "none";
    frame.removeAttribute("style");
    if (data.message === "height") frame.height = Math.min(Math.max(data.value, 200), 1000);
    const ours = data.message === "link" && new URL(data.value).host === new URL(frame.src).host;
    if (ours && document.activeElement === frame) location.href = data.value;
  });
</script>
"""
"""What WordPress's own script does: nothing is seen before the frame has said something under its secret."""


def cleaned(html: str) -> str:
    """What WordPress leaves of what a site that it does not know gives, and what it adds."""
    secret = "x7Yq0Zr1Ab"
    kept = {"a": {"href"}, "iframe": {"src", "width", "height", "frameborder", "title"}}
    html = nh3.clean(html, tags={"a", "blockquote", "iframe"}, attributes=kept, link_rel=None)
    assert re.fullmatch(r"<blockquote>.*?</blockquote><iframe [^>]*></iframe>", html), html
    html = re.sub(r' src="([^"]+)"', rf' src="\1#?secret={secret}" data-secret="{secret}"', html)
    html = html.replace("<blockquote", f'<blockquote data-secret="{secret}"')
    return html.replace("<iframe", f'<iframe sandbox="allow-scripts" security="restricted" style="{HIDDEN}"')


@pytest.fixture
def pasted(host, make_instance, make_folder, table, serve_instance) -> tuple[Instance, str]:
    """The petition with the address under which it is served, and what oEmbed gives for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    instance = make_instance(site={"base_url": base}, plugins={"embeds": {}}, signing={"network_limit": 1000})
    instance.publish(make_folder(files={"campaign.toml": table(host.origin)}))
    serve_instance(instance, port)
    told: dict[str, Any] = instance.client.get(f"/oembed?url={base}/library/en%3Fpartner=writers").get_json()
    return instance, told["html"]


def signed(page: Page, instance: Instance) -> None:
    """Fill the form in and send it."""
    frame = page.frame_locator("iframe")
    frame.locator("#name").fill("Ana Reader")
    frame.locator("#email").fill("ana@readers.example")
    frame.locator("button.main").press("Enter")
    expect(frame.locator("h1")).to_have_text(re.compile("check your mail", re.IGNORECASE))
    assert instance.work() == 1


def test_it_is_a_form_that_signs_in_the_sandbox(host, pasted, open_page) -> None:
    instance, html = pasted
    page = open_page(host.page("/", cleaned(html) + LISTENER))
    expect(page.locator("blockquote")).to_be_hidden()
    expect(page.locator("iframe")).to_have_attribute("height", "1000")
    signed(page, instance)
    page.wait_for_function("() => frame.height < 1000")


def test_it_says_its_height_anew_to_a_script_that_came_late(host, pasted, open_page) -> None:
    page = open_page(host.page("/", cleaned(pasted[1])))
    expect(page.frame_locator("iframe").locator("#name")).to_be_attached()
    page.add_script_tag(content=LISTENER.replace("<script>", "").replace("</script>", ""))
    expect(page.locator("blockquote")).to_be_visible()
    page.evaluate("frame.contentWindow.postMessage({ message: 'ready', secret: frame.dataset.secret }, '*')")
    expect(page.locator("iframe")).to_have_attribute("height", "1000")
    expect(page.locator("blockquote")).to_be_hidden()


def test_links_lead_the_page_around_to_the_petition(host, pasted, open_page) -> None:
    page = open_page(host.page("/", cleaned(pasted[1]) + LISTENER))
    page.frame_locator("iframe").get_by_role("link", name="See the whole petition").click()
    page.wait_for_url(re.compile(r"/library/en\?via="))


def test_links_to_elsewhere_lead_to_the_petition_too(host, make_folder, table, pasted, open_page) -> None:
    instance, html = pasted
    folder = instance.home / "campaigns" / "library"
    for code in ("en", "es"):
        text = (folder / f"{code}.md").read_text("utf-8")
        (folder / f"{code}.md").write_text(re.sub("ask: .*", "ask: Read [this](https://city.example/).", text), "utf-8")
    instance.publish(folder)
    page = open_page(host.page("/", cleaned(html).replace("&amp;compact=1", "") + LISTENER))
    page.frame_locator("iframe").get_by_role("link", name="this").click()
    page.wait_for_url(re.compile(r"/library/en\?via="))


def test_without_a_script_there_is_a_link(host, pasted, open_page) -> None:
    page = open_page(host.page("/", cleaned(pasted[1]) + LISTENER), script=False)
    expect(page.locator("blockquote")).to_have_text("Keep the library open · Readers")
    page.locator("blockquote a").click()
    expect(page.locator("#sign-form")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_where_it_is_trusted_all_is_taken_as_it_is(host, pasted, open_page, script: bool) -> None:
    instance, html = pasted
    page = open_page(host.page("/", html + LISTENER), script=script)
    expect(page.locator("blockquote")).to_be_hidden()
    signed(page, instance)
    if script:
        page.wait_for_function("() => frame.height < 900")


def test_no_other_page_is_told_what_wordpress_is_told(host, pasted, open_page) -> None:
    instance, html = pasted
    recorder = "<script>told = []; addEventListener('message', ({ data }) => told.push(Object.keys(data)))</script>"
    page = open_page(host.page("/", recorder + html.replace(' name="clarion"', "")))
    signed(page, instance)
    page.wait_for_function("() => told.filter((keys) => keys.includes('event')).length === 2")
    assert {tuple(keys) for keys in page.evaluate("told")} == {("clarion", "height"), ("clarion", "event")}
