"""Every page can be read, reached and pressed: by axe's rules, by finger, by keyboard, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from clarion.testing import link, plain

LANGUAGES = ("en", "es")
PHONE, DESK = 360, 1280

FOCUSED = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body || focused === document.documentElement) return null;
  const box = [...focused.getClientRects()].sort((a, b) => b.width - a.width)[0];
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const points = [[x, y], [x, box.top + 3], [x, box.bottom - 3], [box.left + 3, y], [box.right - 3, y]];
  const shows = ([px, py]) => {
    const top = document.elementFromPoint(px, py);
    return top && focused.contains(top);
  };
  const style = getComputedStyle(focused);
  return {
    what: focused.outerHTML.slice(0, 90),
    unseen: Boolean(focused.closest(".off")),
    hidden: !points.every(shows),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""


def _press(page: Any, selector: str) -> None:
    with page.expect_navigation():
        page.click(selector)


def _steps(site: Any, visitor: Any, language: str) -> Iterator[str]:
    """Go to one page after another, giving the name of each."""
    campaign = f"/dc-sanctuary/{language}"
    site.confirmed(language, name="Ana Luna", reason="We look after each other.", show_name="y")
    site.approve_reasons()
    visitor.open(f"/?lang={language}")
    yield "index"
    visitor.open(campaign)
    yield "campaign"
    visitor.send_anyway(name="=1", email="ana", postal_code="2", phone="1", reason="Kept.")
    yield "refused"
    with site.overloaded():
        visitor.send_anyway(name="Ana Luna")
        yield "one moment"
    yield from _steps_of_a_signer(site, visitor, language)
    yield from _steps_of_news(site, visitor, language)
    visitor.open(site.signer(language).confirm)
    _press(visitor.page, "button[value=deny]")
    yield "denied"
    visitor.open("/confirm/unknown")
    yield "link not valid"
    visitor.open("/nothing/here")
    yield "nothing here"
    visitor.open(f"/api/?lang={language}")
    yield "for developers"
    site.publish("paused")
    visitor.open(campaign)
    yield "paused"
    site.publish("closed", story="The city listened.")
    visitor.open(campaign)
    yield "closed"
    visitor.open(f"/?lang={language}")
    yield "index without a petition"


def _steps_of_news(site: Any, visitor: Any, language: str) -> Iterator[str]:
    site.confirmed(language, **{"consent_sanctuary-dc_email": "y"})
    for name in ("2026-07-11-march", "2026-07-12-hearing"):
        site.send_news(name)
    page, campaign = visitor.page, f"/dc-sanctuary/{language}"
    visitor.open(campaign)
    yield "campaign with news"
    with page.expect_navigation():
        page.click(f"a[href='{campaign}/updates/2026-07-12-hearing']")
    yield "news"
    visitor.open(link(site.instance.mails()[-1], "unsubscribe"))
    yield "unsubscribe"
    _press(page, "button[value=end]")
    yield "unsubscribed"
    _press(page, "button[value=undo]")
    yield "subscribed again"


def _steps_of_a_signer(site: Any, visitor: Any, language: str) -> Iterator[str]:
    consents = {"consent_sanctuary-dc_email": "y", "consent_casa-del-barrio_email": "y"}
    signer, page = site.signer(language, reason="My neighbors.", **consents), visitor.page
    visitor.open(signer.thanks)
    yield "thanks"
    page.fill("#code", "x")
    _press(page, ".code button")
    yield "wrong code"
    _press(page, "button[name=resend]")
    yield "sent again"
    visitor.open(signer.me)
    yield "me, pending"
    visitor.open(signer.confirm)
    yield "confirm"
    _press(page, "button.main")
    yield "confirmed"
    visitor.open(signer.confirm)
    yield "confirmed already"
    visitor.open(signer.me)
    yield "me, confirmed"
    page.eval_on_selector("form", "form => { form.noValidate = true }")
    page.fill("#name", "=1")
    _press(page, "button[value=save]")
    yield "me, refused"
    _press(page, "button[value=withdraw]")
    yield "me, withdrawn"
    page.eval_on_selector(".more", "more => { more.open = true }")
    _press(page, "button[value=erase]")
    yield "erased"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_open_to_everyone(visit, site, examine, language: str) -> None:
    visitor = visit(locale=language)
    found = {name: examine(visitor.page) for name in _steps(site, visitor, language)}
    assert len(found) == 27
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_without_its_script_is_open_to_everyone(visit, examine, language: str) -> None:
    """Axe is a script itself, so only the page's own is left out."""
    visitor = visit()
    visitor.page.route("**/page.*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    visitor.open(f"/dc-sanctuary/{language}")
    assert examine(visitor.page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_mails_are_open_to_everyone(visit, site, examine, language: str) -> None:
    site.confirmed(language)
    site.instance.sign("dc-sanctuary", language, email="signer1@readers.example", postal_code="20009")
    site.instance.work()
    site.confirmed(language, **{"consent_sanctuary-dc_email": "y"})
    site.send_news()
    mails = [mail for mail in site.instance.mails() if mail["To"] == "signer1@readers.example"]
    assert ["/me/" in plain(mail) for mail in mails] == [False, True, True], "an address may be mistyped"
    mails.append(site.instance.mails()[-1])
    assert "List-Unsubscribe" in mails[-1]
    page = visit().page
    for mail in mails:
        assert max(map(len, mail.as_bytes().splitlines())) <= 900, "RFC 5322 allows 998"
        part = mail.get_body(("html",))
        page.set_content(part.get_content())
        assert examine(page, targets=False) == [], mail["Subject"]


def _walk(page: Any, key: str = "Tab") -> list[dict[str, Any]]:
    """Press Tab until the page has no further stop."""
    stops: list[dict[str, Any]] = []
    while True:
        page.keyboard.press(key)
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return stops
        stops.append(stop)
        assert len(stops) < 100


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_keyboard_reaches_everything_and_its_focus_is_seen(visit, site, width: int) -> None:
    signer = site.signer(**{"consent_sanctuary-dc_email": "y"})
    visitor = visit(width)
    page = visitor.page
    for path, most_needed in (
        ("/dc-sanctuary/en", {'id="name"', 'id="email"', 'lang="es"', "<summary>", 'id="reason"', 'class="main"'}),
        (signer.thanks, {'id="code"', 'name="resend"'}),
        (signer.confirm, {'value="confirm"', 'value="deny"'}),
        (signer.me, {'id="name"', 'value="save"', 'value="withdraw"', 'value="consent"'}),
    ):
        visitor.open(path)
        stops = _walk(page)
        assert [stop["what"] for stop in stops if stop["unseen"]] == [], "unseen fields are passed over"
        assert [stop["what"] for stop in stops if stop["hidden"]] == []
        assert [stop["what"] for stop in stops if not stop["ring"]] == []
        assert not {needed for needed in most_needed if not any(needed in stop["what"] for stop in stops)}


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_the_bar_hides_no_stop_of_the_keyboard(visit, key: str) -> None:
    """On windows of several heights, because what Chromium takes for seen it does not move."""
    visitor = visit(PHONE)
    page = visitor.page
    visitor.open("/dc-sanctuary/es")
    for height in range(440, 800, 60):
        page.set_viewport_size({"width": PHONE, "height": height})
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        stops = _walk(page, key)
        assert len(stops) > 30
        assert [stop["what"] for stop in stops if stop["hidden"]] == [], f"hidden at a height of {height}"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_bar_leads_to_the_form(visit, script: bool) -> None:
    visitor = visit(PHONE, script=script)
    visitor.open("/dc-sanctuary/en")
    visitor.page.locator(".head .jump a").click()
    form = visitor.page.locator("#sign-title").bounding_box()
    assert form
    assert 0 <= form["y"] < 120
    field = visitor.page.locator("#name").bounding_box()
    assert field
    assert field["y"] < 500
