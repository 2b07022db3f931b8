"""What a host page is told by the loader, and how its frames come, go and change; in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from clarion.extensions import db
from clarion.signatures.models import Signature
from clarion_embeds import frame as frames

from .scenes import MAIL, RECORDER, Scene, code, loaded, sign, type_code


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
