"""The frame in pages of other sites, in a real browser that keeps no cookie of third parties."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from clarion.testing import plain
from clarion_embeds.loader import INTEGRITY, PATH

from .scenes import MAIL, RECORDER, Scene, code, loaded, sign, type_code

SANDBOXES = {
    "no sandbox": "",
    "forms": 'sandbox="allow-forms"',
    "scripts, as WordPress has it": 'sandbox="allow-scripts" security="restricted"',
    "forms and scripts": 'sandbox="allow-forms allow-scripts"',
}


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_it_signs_in_any_sandbox(scene: Scene, open_page, sandbox: str) -> None:
    page = open_page(scene.host.page("/", scene.frame(SANDBOXES[sandbox])))
    frame = page.frame_locator("iframe")
    sign(frame)
    expect(frame.locator("h1")).to_have_text(MAIL)
    type_code(scene, frame)
    expect(frame.locator("h1")).to_have_text("Thank you: your name counts")
    assert scene.instance.count("library") == 1


@pytest.mark.parametrize("sandbox", ["", 'sandbox="allow-forms"'], ids=["no sandbox", "forms"])
def test_it_signs_without_a_script(scene: Scene, open_page, sandbox: str) -> None:
    page = open_page(scene.host.page("/", scene.frame(sandbox)), script=False)
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Español").press("Enter")
    expect(frame.locator("button.main")).to_have_text("Firmar la petición")
    sign(frame)
    expect(frame.locator("h1")).to_have_text(MAIL)
    frame.get_by_role("button", name="otra vez").or_(frame.locator("button[name=resend]")).first.press("Enter")
    expect(frame.locator(".notice")).to_be_visible()
    type_code(scene, frame)
    expect(frame.locator(".count")).to_contain_text("1 persona")
    assert scene.instance.count("library") == 1


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_it_is_styled_and_says_what_to_mend(scene: Scene, open_page, sandbox: str) -> None:
    page = open_page(scene.host.page("/", scene.frame(SANDBOXES[sandbox])))
    frame = page.frame_locator("iframe")
    height = frame.locator("button.main").evaluate("button => button.getBoundingClientRect().height")
    assert height > 50, "the style is there"
    frame.locator("#name").fill("=1")
    frame.locator("#email").fill("ana@readers.example")
    frame.locator("button.main").press("Enter")  # a click may miss while the page above still moves
    expect(frame.locator("#name-error")).to_be_visible()
    expect(frame.locator("#email")).to_have_value("ana@readers.example")
    sign(frame)
    expect(frame.locator("h1")).to_have_text(MAIL)
    assert scene.instance.work() == 1


def test_it_signs_where_nothing_from_elsewhere_may_run(scene: Scene, open_page) -> None:
    policy = f"default-src 'self'; frame-src {scene.url}"
    page = open_page(scene.host.page("/", scene.frame(), Content_Security_Policy=policy))
    frame = page.frame_locator("iframe")
    sign(frame)
    expect(frame.locator("h1")).to_have_text(MAIL)


@pytest.mark.parametrize("isolated", ["require-corp", "credentialless"])
def test_it_signs_in_a_page_that_isolates_itself(scene: Scene, open_page, isolated: str) -> None:
    headers = {"Cross_Origin_Embedder_Policy": isolated, "Cross_Origin_Opener_Policy": "same-origin"}
    page = open_page(scene.host.page("/", scene.frame(), **headers))
    frame = page.frame_locator("iframe")
    sign(frame)
    expect(frame.locator("h1")).to_have_text(MAIL)


def test_an_origin_that_is_not_listed_is_refused_by_the_browser(scene: Scene, make_host, open_page) -> None:
    stranger = make_host()
    page = open_page(stranger.page("/empty", "<p>Empty</p>"))
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(stranger.page("/", RECORDER + scene.frame()))
    expect(page.frame_locator("iframe").locator("form")).to_have_count(0)
    assert page.evaluate("told") == []
    for path, served in (("/page", "/library/en"), ("/thanks", "/library/en/thanks"), ("/list", "/")):
        # what lists no origin is refused to the partner too
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(scene.host.page(path, f'<iframe src="{scene.url}{served}"></iframe>'))


def test_the_frame_is_as_high_as_what_it_shows(scene: Scene, open_page) -> None:
    page = open_page(scene.host.page("/", RECORDER + code(scene, "script")), width=360)
    loaded(page)
    inside = page.frames[1]
    fits = """() => {
      const whole = document.documentElement;
      return whole.scrollHeight <= innerHeight && whole.offsetHeight > innerHeight - 2;
    }"""
    inside.wait_for_function(fits)
    before = inside.evaluate("innerHeight")
    page.set_viewport_size({"width": 320, "height": 900})
    inside.wait_for_function(fits)
    sign(page.frame_locator("clarion-petition iframe"))
    expect(page.frame_locator("clarion-petition iframe").locator("h1")).to_have_text(MAIL)
    inside.wait_for_function(fits)
    assert inside.evaluate("innerHeight") < before
    expect(page.locator("clarion-petition")).to_be_in_viewport()


@pytest.mark.parametrize("script", [True, False])
def test_in_a_small_frame_the_button_stays_in_sight_and_hides_nothing(scene: Scene, open_page, script: bool) -> None:
    page = open_page(
        scene.host.page(
            "/",
            scene.frame().replace(
                'writers" width="100%" height="900"', 'writers&amp;compact=1" width="100%" height="600"'
            ),
        ),
        script=script,
    )
    frame = page.frame_locator("iframe")
    button = frame.locator("button.main")
    expect(button).to_be_in_viewport(ratio=1)
    before = button.bounding_box()
    for field in ("#name", "#email", "#reason", "#consent-writers-email"):
        frame.locator(field).focus()
        expect(button).to_be_in_viewport(ratio=1)
        shown, above = frame.locator(field).bounding_box(), button.bounding_box()
        assert shown
        assert above
        assert shown["y"] + shown["height"] <= above["y"], field
    assert above == before, "it has not moved while the form did"


@pytest.mark.parametrize("kind", ["script", "element"])
def test_where_it_may_not_be_shown_a_link_stands_above_a_small_box(
    scene: Scene, make_host, open_page, kind: str
) -> None:
    page = open_page(make_host().page("/", code(scene, kind)))
    box = page.locator("clarion-petition")
    link = box.get_by_role("link")
    expect(link).to_be_visible()
    there = {"script": "/library/en/embed?partner=writers", "element": "/library/en"}[kind]
    expect(link).to_have_attribute("href", scene.url + there)
    size = box.bounding_box()
    assert size
    assert size["height"] < 300
    link.click()
    expect(page.locator("#sign-form")).to_be_visible()
    page.goto(scene.host.page("/", RECORDER + code(scene, kind)))
    loaded(page)
    expect(link).not_to_be_visible()
    expect(page.frame_locator("iframe").locator("#sign-form")).to_be_visible()


def test_without_a_script_a_link_stands_in_its_place(scene: Scene, open_page) -> None:
    page = open_page(scene.host.page("/", code(scene, "element")), script=False)
    expect(page.get_by_role("link", name="Keep the library open")).to_be_visible()


def test_the_browser_checks_the_pinned_script(scene: Scene, open_page) -> None:
    def pinned(integrity: str) -> str:
        said = 'data-campaign="library" data-partner="writers"'
        checked = f'integrity="{integrity}" crossorigin="anonymous"'
        return f'{RECORDER}<script src="{scene.url}{PATH}" {checked} {said}></script>'

    loaded(open_page(scene.host.page("/", pinned(INTEGRITY))))
    page = open_page(scene.host.page("/wrong", pinned("sha384-" + "A" * 64)))
    expect(page.locator("clarion-petition")).to_have_count(0)


def test_the_browser_keeps_no_cookie_of_third_parties(scene: Scene, make_host, open_page) -> None:
    """What the tests here rest on. Clarion sets none: each of them ends with a look at the cookies."""
    third = make_host("127.0.0.1")
    cookie = "document.cookie = 'a=b; SameSite=None; Secure; Max-Age=60'"
    address = third.page(
        "/", f"<script>{cookie}; document.title = document.cookie || 'none'; {cookie.replace('60', '0')}</script>"
    )
    assert open_page(address).title() == "a=b"
    page = open_page(scene.host.page("/", f'<iframe src="{address}"></iframe>'))
    assert page.frames[1].title() == "none"


WIDTHS = (320, 480, 800)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_step_is_open_to_everyone(scene: Scene, open_page, language: str, scheme: str) -> None:
    page = open_page(f"{scene.url}/library/{language}/embed?partner=writers", color_scheme=scheme)
    found: dict[str, list[str]] = {}

    def examine(step: str) -> None:
        page.eval_on_selector_all("details", "all => all.forEach((details) => { details.open = true })")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            faults = [f"{over} px too wide"] if over > 0 else []
            page.evaluate(Axe().axe_script)
            violations = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
            faults += [f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in violations]
            if faults:
                found[f"{step}, {width}"] = faults

    examine("form")
    page.eval_on_selector("#sign-form", "form => { form.noValidate = true }")
    page.locator("button.main").click()
    examine("refused")
    desks = scene.instance.app.extensions["clarion.group_commit"].desks
    most, desks.most_inside = desks.most_inside, 0
    page.locator("#name").fill("Ana Reader")
    page.locator("#email").fill("ana@readers.example")
    page.locator("button.main").click()
    examine("one moment")
    desks.most_inside = most
    page.locator("button.main").click()
    examine("mail")
    page.locator("#code").fill("x")
    page.locator(".code button").click()
    examine("wrong code")
    scene.instance.work()
    code = re.search(r"\b\d{6}\b", plain(scene.instance.mails()[-1]))
    assert code
    page.locator("#code").fill(code[0])
    page.locator(".code button").click()
    examine("counted")
    assert found == {}
    assert scene.instance.count("library") == 1
