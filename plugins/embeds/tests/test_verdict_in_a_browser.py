"""What is said of a page is what a browser does with it: each page of the table, on a site of its own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Error, Frame, Page

from clarion_embeds.loader import INTEGRITY, PATH
from clarion_embeds.pagehead import PageHead
from clarion_embeds.verdict import WAYS, judge

from .cases import CASES, Case
from .test_verdict import offer, page_of

SECONDS = 10.0
MAIL = re.compile("check your mail", re.IGNORECASE)


def _body(case: Case, home: str, *, pinned: bool) -> str:
    """All ways in one page; the frame of the script is the one without a name."""
    said = 'data-campaign="library" data-partner="writers" data-lang="en"'
    nonce = f'nonce="{case.nonce}"' if case.nonce else ""
    checked = f'src="{home}{PATH}" integrity="{INTEGRITY}" crossorigin="anonymous"'
    script = checked if pinned else f'src="{home}/embed.js"'
    return (
        f'<iframe name="plain" src="{home}/library/en/embed?partner=writers" width="100%" height="300"></iframe>'
        f'<img src="{home}/library/en/badge.svg" alt="">'
        f"<script {script} {nonce} {said}></script>"
    )


def _until(known: Callable[[], bool | None], case: str) -> bool:
    """Wait until it is known whether something works."""
    ends = time.monotonic() + SECONDS
    while (found := known()) is None:
        assert time.monotonic() < ends, f"{case}: the browser does not come to an end"
        time.sleep(0.02)
    return found


def _shows(page: Page, name: str) -> bool | None:
    """Whether the frame with this name shows our form; `None` while it is being loaded."""
    for frame in page.frames[1:]:
        if frame.name == name:
            if frame.url.startswith("chrome-error:"):
                return False
            return _has_form(frame) or None
    return None


def _has_form(frame: Frame) -> bool:
    try:
        return frame.locator("#sign-form").count() == 1
    except Error:  # it moves on to another page just now
        return False


def _can_sign(frame: Frame) -> bool:
    """Whether what is typed into a form that is shown can be sent."""
    frame.locator("#name").fill("Ana Reader")
    frame.locator("#email").fill("ana@readers.example")
    frame.locator("button.main").press("Enter")
    try:
        frame.locator("h1", has_text=MAIL).wait_for(timeout=1500)
    except Error:
        return False
    return True


def _seen(page: Page, case: str, *, sends: bool) -> set[str]:
    """Which ways do not work in a page, as one sees."""
    broken = set()
    frames = {"frame": "plain"}
    if page.evaluate("Boolean(customElements.get('clarion-petition'))"):
        frames["script"] = ""
    else:
        broken.add("script")
    for way, name in frames.items():
        works = _until(lambda name=name: _shows(page, name), case)
        if works and sends:
            works = _can_sign(next(frame for frame in page.frames[1:] if frame.name == name))
        if not works:
            broken.add(way)
    if not page.evaluate("document.images[0].naturalWidth"):
        broken.add("pictures")
    return broken


def test_the_browser_agrees(host, embeds, serve_instance, open_page) -> None:
    instance = embeds(host.origin)
    home = serve_instance(instance)
    page = open_page(host.page("/", "<p>Empty</p>"))
    wrong, ever = {}, set[str]()
    for number, (name, case) in enumerate(CASES.items()):
        headers, html = page_of(case, home)
        told = judge(PageHead.read(headers, html), offer(home, host.origin), host.origin)
        pinned = any(finding.code == "pinned" for finding in told.findings) and told.works("script")
        # one header twice, as two keys of a dictionary
        sent = {header if not n else header.lower(): value for n, (header, value) in enumerate(headers)}
        start = html.partition("<script src")[0]
        host.pages[f"/{number}"] = f"<!doctype html>{start}{_body(case, home, pinned=pinned)}", sent
        page.goto(f"{host.origin}/{number}")
        seen = _seen(page, name, sends="sandbox" in name)
        ever |= seen
        said = {way for way in WAYS if not told.works(way)}
        if seen != said:
            wrong[name] = f"said {sorted(said)}, seen {sorted(seen)}"
    assert wrong == {}
    assert ever == set(WAYS), "the browser keeps each way out of some page"
