"""The thermometer: what it tells, that every site may show it, and that it can be read and pressed by everyone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from clarion.extensions import db
from clarion.signatures.models import CountTotal
from clarion.testing import TABLE, Instance
from clarion_embeds.codes import THERMOMETER_HEIGHT

LISTED = "https://writers.example"
PATH = "/library/en/embed/thermometer"
MOST_BYTES = 10_000
WIDTHS = (320, 480, 800)


@pytest.fixture
def count_up() -> Callable[[Instance, int], None]:
    """Let the campaign have so many signatures more."""

    def add(instance: Instance, n: int) -> None:
        with instance.context():
            db.session.add(CountTotal(campaign_id=1, language="en", source="earlier", area="", n=n))
            db.session.commit()
        instance.count("library")

    return add


def test_it_tells_title_count_and_goal_and_leads_to_the_form(embeds, count_up) -> None:
    instance = embeds(LISTED)
    empty = instance.client.get(PATH).get_data(as_text=True)
    assert "Be the first to sign" in empty
    assert 'value="0"' in empty
    count_up(instance, 1246)
    for language, title, goal, sign in (
        ("en", "Keep the library open", "Next goal: 1,500", "Sign"),
        ("es", "Que siga la biblioteca", "Próxima meta: 1,500", "Firme"),
    ):
        answer = instance.client.get(f"/library/{language}/embed/thermometer")
        page = answer.get_data(as_text=True)
        assert answer.headers["Content-Language"] == language
        assert len(answer.data) < MOST_BYTES
        for words in (f"<h1>{title}</h1>", "1,246</b>", goal, 'value="83"'):
            assert words in page
        address = f"http://127.0.0.1:8000/library/{language}"
        assert f'<a class="button" href="{address}" target="_blank" rel="noopener">{sign}</a>' in page
        assert "<script" not in page
        assert "<form" not in page


@pytest.mark.parametrize("origins", [(), (LISTED,)])
def test_every_site_may_show_it(embeds, origins: tuple[str, ...]) -> None:
    answer = embeds(*origins).client.get(PATH)
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *;" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"].startswith("public, max-age=1,")


def test_who_has_it_is_told_so(embeds, count_up) -> None:
    instance = embeds(LISTED)
    etag = {"If-None-Match": instance.client.get(PATH).headers["ETag"]}
    assert instance.client.get(PATH, headers=etag).status_code == 304
    count_up(instance, 5)
    assert instance.client.get(PATH, headers=etag).status_code == 200


def accent(page: str) -> str:
    """The colour of its button in the light: ours and its own, each in the light and in the dark."""
    return re.findall(r"--accent:(#\w{6})", page)[2]


def test_it_looks_as_it_is_asked_to_or_as_usual(embeds) -> None:
    instance = embeds(LISTED, more='accent = "#1d4e89"')
    for query, wanted in (
        ("", "#a3321f"),
        ("?partner=writers", "#1d4e89"),
        ("?partner=nobody", "#a3321f"),
        ("?accent=2c6e49&partner=writers", "#2c6e49"),
        ("?accent=ffff00", "#a3321f"),
        ("?accent=%22%3E%3Cscript%3E", "#a3321f"),
    ):
        assert accent(instance.client.get(PATH + query).get_data(as_text=True)) == wanted, query
    for query in ("?theme=purple", "?theme=%00", "?show=&compact=x", "?x=" + "y" * 2000):
        assert instance.client.get(PATH + query).data == instance.client.get(PATH).data, query
    for theme in ("light", "dark"):
        page = instance.client.get(f"{PATH}?theme={theme}").get_data(as_text=True)
        assert f'content="{theme}"' in page
        assert "prefers-color-scheme" not in page


def test_a_closed_campaign_shows_its_count_and_no_goal(embeds, table, tmp_path, count_up) -> None:
    instance = embeds(LISTED)
    (tmp_path / "campaigns" / "library" / "campaign.toml").write_text(TABLE.replace('"live"', '"closed"'))
    instance.publish(tmp_path / "campaigns" / "library")
    page = instance.client.get(PATH).get_data(as_text=True)
    assert "0</b> people have signed" in page
    assert "<progress" not in page
    assert "See the petition</a>" in page


def test_what_is_not_there_is_told_and_another_language_leads_on(embeds, make_folder) -> None:
    instance = embeds(LISTED)
    instance.publish(make_folder("draft", files={"campaign.toml": TABLE.replace('"live"', '"draft"')}))
    for path in ("draft/en", "nothing/en"):
        assert instance.client.get(f"/{path}/embed/thermometer").status_code == 404
    moved = instance.client.get("/library/es-MX/embed/thermometer?theme=dark")
    assert (moved.status_code, moved.headers["Location"]) == (303, "/library/es/embed/thermometer?theme=dark")
    assert instance.client.post(PATH).status_code == 405


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_it_is_open_to_everyone(embeds, serve_instance, open_page, count_up, language: str, scheme: str) -> None:
    instance = embeds(LISTED)
    count_up(instance, 1_234_567)
    page = open_page(f"{serve_instance(instance)}/library/{language}/embed/thermometer", color_scheme=scheme)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": THERMOMETER_HEIGHT})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.documentElement.scrollHeight") <= THERMOMETER_HEIGHT
        page.evaluate(Axe().axe_script)
        violations = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations] == []


def test_pressed_in_a_frame_it_opens_the_petition_beside_the_page(
    embeds, serve_instance, host, open_page, count_up
) -> None:
    instance = embeds()
    count_up(instance, 12)
    url = serve_instance(instance)
    sandbox = 'sandbox="allow-popups allow-popups-to-escape-sandbox"'
    page = open_page(host.page("/", f'<iframe src="{url}{PATH}" width="100%" height="310" {sandbox}></iframe>'))
    frame = page.frame_locator("iframe")
    expect(frame.locator(".count")).to_have_text("12 people have signed")
    assert frame.locator(".button").evaluate("button => button.getBoundingClientRect().height") >= 48
    frame.locator(".button").evaluate("(link, url) => { link.href = url }", f"{url}/library/en")
    with page.context.expect_page() as opened:
        frame.locator(".button").press("Enter")
    expect(opened.value.locator("h1")).to_have_text("Keep the library open")
