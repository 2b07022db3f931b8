"""Somebody writes a post with the block editor."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from wordpress.blog import WordPress
from wordpress.conftest import Petition
from wordpress.test_posts import CARD, FRAME, sign


def test_an_editor_pastes_the_address(blog: WordPress, petition: Petition, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{blog.url}/wp-login.php", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#user_login").fill("editor")
    page.locator("#user_pass").fill("editor-password")
    page.locator("#wp-submit").click()
    expect(page.locator("#wpadminbar")).to_be_visible()
    page.goto(f"{blog.url}/wp-admin/post-new.php")
    page.evaluate("words => navigator.clipboard.writeText(words)", petition.address)
    page.get_by_role("textbox", name="Add title").fill("A petition that we are part of")
    page.keyboard.press("Enter")
    page.keyboard.type("/embed")
    page.get_by_role("option", name="Embed", exact=True).click()
    page.get_by_placeholder("Enter URL to embed here").click()
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")
    preview = page.get_by_role("figure").locator("iframe")
    expect(preview).to_have_attribute("title", "Keep the library open")
    expect(preview.content_frame.locator("button.main")).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).click()
    panel = page.get_by_label("Editor publish")
    panel.get_by_role("button", name="Publish", exact=True).click()
    panel.get_by_role("link", name="View Post").first.click()
    expect(page.locator(CARD)).to_be_hidden()
    sign(page.frame_locator(FRAME), petition)
