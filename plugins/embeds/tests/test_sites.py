"""The frame in pages of other sites, in a real browser that keeps no cookie of third parties."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Page, expect
from sqlalchemy import select

from clarion.extensions import db
from clarion.signatures.models import Signature
from clarion.testing import Instance, plain
from clarion_embeds import frame as frames
from clarion_embeds.loader import INTEGRITY, PATH

RECORDER = """
<script>
  window.told = [];
  addEventListener("message", ({ origin, data }) => told.push({ origin, data }));
  window.heard = [];
  for (const name of ["clarion:loaded", "clarion:signed"]) addEventListener(name, (event) =>
    heard.push({ name, campaign: event.target.getAttribute("campaign"), detail: event.detail }));
</script>
"""
"""Writes down all that a page is told."""

MAIL = re.compile("check your mail|revise su correo", re.IGNORECASE)


@dataclass
class Scene:
    """Clarion at one address, a partner's site at another."""

    instance: Instance
    url: str
    host: Any

    def frame(self, more: str = "", language: str = "en") -> str:
        """A plain frame, as it is pasted."""
        address = f"{self.url}/library/{language}/embed?partner=writers"
        return f'<iframe src="{address}" width="100%" height="900" {more}></iframe>'


@pytest.fixture
def scene(host, embeds, serve_instance) -> Scene:
    instance = embeds(host.origin)
    return Scene(instance, serve_instance(instance), host)


def sign(frame: FrameLocator, email: str = "ana@readers.example") -> None:
    """Fill the form in and send it."""
    frame.locator("#name").fill("Ana Reader")
    frame.locator("#email").fill(email)
    frame.locator("button.main").press("Enter")  # a click may miss while the page above still moves


def type_code(scene: Scene, frame: FrameLocator) -> None:
    """Look into the mailbox, and type the code from there."""
    scene.instance.work()
    code = re.search(r"\b\d{6}\b", plain(scene.instance.mails()[-1]))
    assert code
    frame.locator("#code").fill(code[0])
    frame.locator(".code button").press("Enter")


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


def loaded(page: Page, how_many: int = 1) -> None:
    """Wait until so many forms have said that they are there."""
    page.wait_for_function("n => heard.filter(({ name }) => name === 'clarion:loaded').length >= n", arg=how_many)


def code(scene: Scene, kind: str, language: str = "en") -> str:
    """What is pasted, with this server's address."""
    said = {"campaign": "library", "partner": "writers", "lang": language}
    prefix = "data-" if kind == "script" else ""
    named = " ".join(f'{prefix}{name}="{value}"' for name, value in said.items())
    if kind == "script":
        return f'<script src="{scene.url}/embed.js" {named}></script>'
    link = f'<a href="{scene.url}/library/en">Keep the library open</a>'
    return f'<clarion-petition {named}>{link}</clarion-petition><script async src="{scene.url}/embed.js"></script>'


@pytest.mark.parametrize("kind", ["script", "element"])
def test_the_host_is_told_height_and_events_and_nothing_else(scene: Scene, open_page, kind: str) -> None:
    page = open_page(scene.host.page("/", RECORDER + code(scene, kind)))
    frame = page.frame_locator("clarion-petition iframe")
    loaded(page)
    sign(frame, "secret@readers.example")
    expect(frame.locator("h1")).to_have_text(MAIL)
    page.wait_for_function("() => heard.length === 2")
    type_code(scene, frame)
    expect(frame.locator("h1")).to_have_text("Thank you: your name counts")
    told = page.evaluate("told")
    assert {one["origin"] for one in told} == {scene.url}
    for one in told:
        data = one["data"]
        assert data["clarion"] == 1
        assert data.get("event", "loaded") in ("loaded", "signed")
        assert isinstance(data.get("height", 1), int)
        assert set(data) in ({"clarion", "height"}, {"clarion", "event"})
    assert [one["data"]["event"] for one in told if "event" in one["data"]] == ["loaded", "signed"]
    assert page.evaluate("heard") == [
        {"name": f"clarion:{name}", "campaign": "library", "detail": None} for name in ("loaded", "signed")
    ]


def test_where_every_site_may_show_it_each_is_told_by_its_own_origin(host, embeds, serve_instance, open_page) -> None:
    instance = embeds(anywhere=True)
    scene = Scene(instance, serve_instance(instance), host)
    page = open_page(host.page("/", RECORDER + code(scene, "script")))
    loaded(page)
    inside = page.frames[1]
    assert inside.evaluate("document.querySelector('main').dataset.origins") == "*"
    sign(page.frame_locator("clarion-petition iframe"))
    page.wait_for_function("() => heard.length === 2")
    assert {one["origin"] for one in page.evaluate("told")} == {scene.url}


def test_each_is_told_also_by_browsers_that_do_not_say_what_is_around(
    host, embeds, serve_instance, open_page, monkeypatch
) -> None:
    """As Firefox, without `ancestorOrigins`, which Chromium lets nobody take away."""
    monkeypatch.setattr(frames, "SCRIPT", frames.SCRIPT.replace("location.ancestorOrigins", "undefined"))
    instance = embeds(anywhere=True)
    scene = Scene(instance, serve_instance(instance), host)
    page = open_page(host.page("/", RECORDER + code(scene, "script")))
    loaded(page)
    inside, frame = page.frames[1], page.frame_locator("clarion-petition iframe")
    assert "undefined ? undefined[0]" in inside.content()
    frame.get_by_role("button", name="Español").press("Enter")
    loaded(page, 2)
    sign(frame)
    page.wait_for_function("() => heard.some(({ name }) => name === 'clarion:signed')")
    inside.wait_for_function("document.documentElement.scrollHeight <= innerHeight && innerHeight < 1000")
    before = len(page.evaluate("told.filter(({ data }) => data.height)"))
    type_code(scene, frame)
    expect(frame.locator("h1")).to_have_text(re.compile("cuenta"))
    page.wait_for_function("n => told.filter(({ data }) => data.height).length > n", arg=before)


@pytest.mark.parametrize("said", ["en-US", "fr", "", "es"])
def test_the_site_around_is_known_whatever_language_its_page_is_in(scene: Scene, open_page, said: str) -> None:
    address = scene.host.page("/", RECORDER + f'<script src="{scene.url}/embed.js" data-campaign="library"></script>')
    html, headers = scene.host.pages["/"]
    scene.host.pages["/"] = html.replace('<html lang="en">', f'<html lang="{said}">' if said else "<html>"), headers
    page = open_page(address)
    loaded(page)
    assert page.frames[1].evaluate("document.referrer") == f"{scene.host.origin}/"
    sign(page.frame_locator("clarion-petition iframe"))
    page.wait_for_function("() => heard.length === 2")
    with scene.instance.context():
        assert db.session.scalars(select(Signature.origin)).one() == "host:localhost"


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


def test_a_page_may_hold_several(scene: Scene, open_page) -> None:
    page = open_page(
        scene.host.page("/", RECORDER + code(scene, "script") + code(scene, "script", "es") + code(scene, "element"))
    )
    page.locator("clarion-petition").nth(2).scroll_into_view_if_needed()
    loaded(page, 3)
    for place in range(3):
        frame = page.frame_locator("clarion-petition >> nth=" + str(place) + " >> iframe")
        sign(frame, f"signer{place}@readers.example")
        expect(frame.locator("h1")).to_have_text(MAIL)
    page.wait_for_function("() => heard.filter(({ name }) => name === 'clarion:signed').length === 3")
    assert scene.instance.work() == 3


def test_one_may_come_go_move_and_change_as_applications_have_it(scene: Scene, open_page) -> None:
    page = open_page(
        scene.host.page("/", f'{RECORDER}<main></main><aside></aside><script src="{scene.url}/embed.js"></script>')
    )
    make = """() => {
      const petition = document.createElement("clarion-petition");
      petition.setAttribute("campaign", "library");
      petition.setAttribute("partner", "writers");
      document.querySelector("main").replaceChildren(petition);
    }"""
    frame = page.frame_locator("clarion-petition iframe")
    page.evaluate(make)
    loaded(page)
    page.evaluate("document.querySelector('aside').append(document.querySelector('clarion-petition'))")
    loaded(page, 2)
    page.evaluate("document.querySelector('clarion-petition').setAttribute('lang', 'es')")
    loaded(page, 3)
    expect(frame.locator("html")).to_have_attribute("lang", "es")
    page.evaluate("window.gone = document.querySelector('clarion-petition'); gone.remove()")
    assert page.evaluate("gone.shadowRoot.childElementCount") == 0
    page.evaluate(make)
    loaded(page, 4)
    sign(frame)
    expect(frame.locator("h1")).to_have_text(MAIL)


def test_one_may_be_told_what_to_show_after_it_is_there(scene: Scene, open_page) -> None:
    page = open_page(scene.host.page("/", f'{RECORDER}<script src="{scene.url}/embed.js"></script>'))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("""() => {
      const petition = document.body.appendChild(document.createElement("clarion-petition"));
      for (const [name, value] of [["partner", "writers"], ["campaign", "library"], ["theme", "dark"]])
        petition.setAttribute(name, value);
    }""")
    loaded(page)
    assert asked == [f"{scene.url}/library/en/embed?partner=writers&theme=dark"]
    page.evaluate("""async () => {
      const petition = document.body.appendChild(document.createElement("clarion-petition"));
      await new Promise((done) => setTimeout(done));
      petition.setAttribute("campaign", "library");
    }""")
    page.locator("clarion-petition").nth(1).scroll_into_view_if_needed()
    loaded(page, 2)


def test_the_loader_believes_its_own_frame_only(scene: Scene, open_page, make_host) -> None:
    stranger = make_host("127.0.0.1")
    liar = (
        "<script>setInterval(() => parent.postMessage({ clarion: 1, height: 51, event: 'signed' }, '*'), 20)</script>"
    )
    body = f'{RECORDER}{code(scene, "script")}<iframe src="{stranger.page("/", liar)}"></iframe>'
    page = open_page(scene.host.page("/", body))
    loaded(page)
    page.wait_for_function("origin => told.filter((one) => one.origin === origin).length > 5", arg=stranger.origin)
    page.evaluate("postMessage({ clarion: 1, height: 52, event: 'signed' }, '*')")
    page.wait_for_function("() => told.some(({ data }) => data.height === 52)")
    assert [one["name"] for one in page.evaluate("heard")] == ["clarion:loaded"]
    assert page.evaluate(
        "document.querySelector('clarion-petition').shadowRoot.querySelector('iframe').height"
    ) not in ("51", "52")


def test_heights_out_of_bounds_are_not_taken(scene: Scene, open_page) -> None:
    page = open_page(scene.host.page("/", RECORDER + code(scene, "script")))
    loaded(page)
    page.frames[1].wait_for_function("document.documentElement.scrollHeight <= innerHeight")
    height = "document.querySelector('clarion-petition').shadowRoot.querySelector('iframe').height"
    before = page.evaluate(height)
    lies = "height => parent.postMessage({ clarion: 1, height }, document.querySelector('main').dataset.origins)"
    for lie in (0, -5, 10_000, 1e308, "900px", {"toString": 1}, None, [900]):
        page.frames[1].evaluate(lies, lie)
    page.frames[1].evaluate(lies, 777)
    page.wait_for_function(f"() => {height} === '777'")
    assert before != "777"


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
