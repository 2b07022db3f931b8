"""What visitors of a real WordPress get where somebody has pasted the address of a petition."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from clarion.testing import plain
from wordpress.blog import WordPress
from wordpress.conftest import Petition

DOCS = Path(__file__).parents[2] / "docs" / "embedding.md"
FRAME, CARD = "iframe.wp-embedded-content", "blockquote.wp-embedded-content"

BLOCK = """\
<!-- wp:paragraph --><p>Sign with us:</p><!-- /wp:paragraph -->
<!-- wp:embed {{"url":"{0}","type":"rich","providerNameSlug":"127-0-0-1"}} -->
<figure class="wp-block-embed is-type-rich"><div class="wp-block-embed__wrapper">
{0}
</div></figure>
<!-- /wp:embed -->"""
WAYS = {
    "a line in a classic theme": ("twentytwentyone", "Sign with us:\n\n{}\n\nThank you."),
    "a line in a block theme": ("twentytwentythree", "Sign with us:\n\n{}\n\nThank you."),
    "a block in a classic theme": ("twentytwentyone", BLOCK),
    "a block in a block theme": ("twentytwentythree", BLOCK),
}


def sign(frame: FrameLocator, petition: Petition) -> None:
    """Sign in the frame to the end: form, mailbox, code."""
    frame.locator("#name").fill("Ana Reader")
    frame.locator("#email").fill("ana@readers.example")
    frame.locator("button.main").press("Enter")
    expect(frame.locator("h1")).to_have_text(re.compile("check your mail", re.IGNORECASE))
    petition.instance.work()
    code = re.search(r"\b\d{6}\b", plain(petition.instance.mails()[-1]))
    assert code
    frame.locator("#code").fill(code[0])
    frame.locator(".code button").press("Enter")
    expect(frame.locator("h1")).to_have_text("Thank you: your name counts")
    assert petition.instance.count("library") == 1


def high(page: Page) -> float:
    """How high the frame is."""
    box = page.locator(FRAME).bounding_box()
    assert box
    return box["height"]


@pytest.mark.parametrize("way", WAYS)
def test_it_is_a_form_that_signs(blog: WordPress, petition: Petition, open_page: Callable[..., Page], way: str) -> None:
    theme, content = WAYS[way]
    page = open_page(blog.write(content.format(petition.address), theme), width=390)
    frame = page.locator(FRAME)
    expect(frame).to_be_visible()
    expect(page.locator(CARD)).to_be_hidden()
    assert [frame.get_attribute(name) for name in ("sandbox", "style")] == ["allow-scripts", None], (
        "as WordPress has it"
    )
    box = frame.bounding_box()
    assert box
    assert box["x"] >= 0
    assert 300 < box["width"] <= 390 - box["x"]
    form = high(page)
    sign(page.frame_locator(FRAME), petition)
    page.wait_for_function("([one, form]) => document.querySelector(one).offsetHeight < form", arg=[FRAME, form])
    assert "partner=writers" in str(frame.get_attribute("src"))


def test_links_lead_on_from_the_sandbox(blog: WordPress, petition: Petition, open_page: Callable[..., Page]) -> None:
    page = open_page(blog.write(petition.address))
    page.frame_locator(FRAME).get_by_role("button", name="Español").press("Enter")
    page.frame_locator(FRAME).get_by_role("link", name="Ver la petición completa").click()
    there = re.escape(petition.address.replace("/en?partner=writers", "/es"))
    page.wait_for_url(re.compile(rf"{there}\?via=[\w-]{{14}}$"))
    expect(page.locator("h1")).to_have_text("Que siga la biblioteca")


@pytest.mark.parametrize("way", WAYS)
def test_without_a_script_it_is_a_card(
    blog: WordPress, petition: Petition, open_page: Callable[..., Page], way: str
) -> None:
    theme, content = WAYS[way]
    page = open_page(blog.write(content.format(petition.address), theme), script=False)
    card = page.locator(CARD)
    expect(card).to_have_text("Keep the library open · Readers")
    card.get_by_role("link").click()
    expect(page.locator("#sign-form")).to_be_visible()


def test_a_site_that_is_not_listed_has_the_card(
    blog: WordPress, petition: Petition, open_page: Callable[..., Page]
) -> None:
    folder = petition.instance.home / "campaigns" / "library" / "campaign.toml"
    folder.write_text(folder.read_text("utf-8").replace(blog.url, "https://writers.example"), "utf-8")
    petition.instance.publish(folder.parent)
    page = open_page("about:blank")
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(blog.write(petition.address))
    expect(page.locator(CARD).get_by_role("link")).to_be_visible()


def test_a_petition_that_is_closed_is_a_link(
    blog: WordPress, petition: Petition, open_page: Callable[..., Page]
) -> None:
    folder = petition.instance.home / "campaigns" / "library" / "campaign.toml"
    folder.write_text(folder.read_text("utf-8").replace('status = "live"', 'status = "closed"'), "utf-8")
    petition.instance.publish(folder.parent)
    page = open_page(blog.write(petition.address))
    expect(page.get_by_role("link", name="Keep the library open")).to_have_attribute("href", petition.address)
    expect(page.locator("iframe")).to_have_count(0)


@pytest.fixture
def trusting(blog: WordPress, petition: Petition) -> WordPress:
    """A WordPress whose administrator has listed the petition's site, as the docs say."""
    found = re.search(r"^    <\?php\n(?:    .*\n)+", DOCS.read_text("utf-8"), re.MULTILINE)
    assert found
    site = petition.address.partition("/library")[0]
    (blog.rules / "petitions.php").write_text(found[0].replace("https://petitions.example.org", site), "utf-8")
    return blog


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_where_the_site_is_trusted_the_form_needs_no_script(
    trusting: WordPress, petition: Petition, open_page: Callable[..., Page], way: str, script: bool
) -> None:
    theme, content = WAYS[way]
    page = open_page(trusting.write(content.format(petition.address), theme), script=script)
    frame = page.locator(FRAME)
    expect(frame).to_be_visible()
    expect(page.locator(CARD)).to_be_hidden()
    assert "allow-forms" in str(frame.get_attribute("sandbox"))
    form = high(page)
    sign(page.frame_locator(FRAME), petition)
    if script:
        page.wait_for_function("([one, form]) => document.querySelector(one).offsetHeight < form", arg=[FRAME, form])
    else:
        assert high(page) == form
