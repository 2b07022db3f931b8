"""The page that shows how people sign by text: whole, in each language, the same for everyone, open to everyone."""

from __future__ import annotations

import html
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from clarion.testing import Instance

from .texting import SLUG, texting_folder

WIDTHS = (320, 390, 768, 1280)


@pytest.fixture
def texting(make_instance):
    """An instance with the petition live and signed by text."""

    def make(more: str = "", **replaced: str) -> Instance:
        instance = make_instance(plugins={"sms": {}}, signing={"network_limit": 1000})
        instance.publish(texting_folder(instance, more, **replaced))
        return instance

    return make


def words_of(instance: Instance, path: str) -> str:
    """What somebody reads there."""
    answer = instance.client.get(path)
    assert answer.status_code == 200, path
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.get_data(as_text=True))))


MUST_SAY = {
    "en": (
        "SANCTUARY", "+1 202 555 0123", "Reply STOP", "Reply HELP", "Reply START", "Msg & data rates may apply",
        "up to 4 a month from each organisation", "hello@sanctuary-dc.example", "You can say no",
        "not sold, and not shared with third parties or affiliates for marketing or promotional purposes",
        "Sanctuary DC may text me about this campaign.", "Casa del Barrio may text me about this campaign.",
    ),
    "es": (
        "SANTUARIO", "+1 202 555 0123", "Responda STOP", "Responda HELP", "Responda START",
        "Pueden aplicarse tarifas de mensajes y datos", "hasta 4 al mes de cada organización",
        "hello@sanctuary-dc.example", "Puede decir que no",
        "no se venden ni se comparten con terceros ni afiliados con fines de mercadeo o promoción",
        "Sanctuary DC puede enviarme mensajes de texto", "Casa del Barrio puede enviarme mensajes de texto",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", MUST_SAY)
def test_it_says_all_that_carriers_look_for(texting, language: str) -> None:
    words = words_of(texting(), f"/{SLUG}/{language}/texts")
    assert [wanted for wanted in MUST_SAY[language] if wanted not in words] == []


def test_the_example_is_texted_in_just_these_words(texting) -> None:
    own = '[plugins.sms.words.ask_name]\nes = "{{who}}: ¡hola! ¿Su nombre? HELP, STOP. {{title}}"\n'
    words = words_of(texting(own), f"/{SLUG}/es/texts")
    assert "Sanctuary DC: ¡hola! ¿Su nombre? HELP, STOP. Alcaldesa Bowser" in words
    assert 'Sanctuary DC pregunta: "Sanctuary DC puede enviarme' in words
    assert words.index("20009") > words.index("Ana Luna") > words.index("¡hola!")


def test_it_sets_no_cookie_and_can_be_kept(texting) -> None:
    instance = texting()
    answer = instance.client.get(f"/{SLUG}/en/texts")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"].startswith("public, max-age=60")
    assert answer.headers["Content-Language"] == "en"
    again = instance.client.get(f"/{SLUG}/en/texts", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    body = answer.get_data(as_text=True)
    assert 'href="sms:+12025550123?&amp;body=SANCTUARY"' in body
    assert "noindex" not in body


@pytest.mark.parametrize("path", [f"/{SLUG}/fr/texts", "/nothing/en/texts"])
def test_elsewhere_there_is_no_such_page(texting, path: str) -> None:
    assert texting().client.get(path).status_code == 404


def test_a_petition_that_is_not_signed_by_text_has_none(make_instance, make_folder) -> None:
    instance = make_instance(plugins={"sms": {}})
    instance.publish(make_folder())
    assert instance.client.get("/library/en/texts").status_code == 404
    assert "/texts" not in instance.client.get("/library/en").get_data(as_text=True)


def test_the_petitions_page_invites_below_its_form(texting) -> None:
    instance = texting()
    for language, words in (
        ("en", "No email? Text SANCTUARY to +1\u00a0202\u00a0555\u00a00123. How signing by text works"),
        ("es", "Envíe SANTUARIO por mensaje de texto al +1\u00a0202\u00a0555\u00a00123. Cómo se firma"),
    ):
        page = instance.client.get(f"/{SLUG}/{language}").get_data(as_text=True)
        assert f'href="/{SLUG}/{language}/texts"' in page
        assert words in words_of(instance, f"/{SLUG}/{language}")


@pytest.mark.parametrize("status", ["paused", "closed"])
def test_while_nobody_can_sign_nobody_is_invited(texting, status: str) -> None:
    instance = texting(**{'status = "live"': f'status = "{status}"'})
    assert "sms:" not in instance.client.get(f"/{SLUG}/en/texts").get_data(as_text=True)
    assert "takes no signatures at the moment" in words_of(instance, f"/{SLUG}/en/texts")
    assert "/texts" not in instance.client.get(f"/{SLUG}/en").get_data(as_text=True)


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("+1 (202) 555-0199", 'href="tel:+12025550199"'),
        ("https://sanctuary-dc.example/help/", 'href="https://sanctuary-dc.example/help/"'),
        ("hello@sanctuary-dc.example", 'href="mailto:hello@sanctuary-dc.example"'),
    ],
)
def test_who_answers_can_be_reached_by_a_press(texting, contact: str, link: str) -> None:
    instance = texting(**{'status = "live"': 'status = "live"'})
    folder = instance.home / "campaigns" / SLUG / "campaign.toml"
    words = folder.read_text("utf-8").replace('help = "hello@sanctuary-dc.example"', f'help = "{contact}"')
    folder.write_text(words, "utf-8")
    instance.publish(folder.parent)
    assert link in instance.client.get(f"/{SLUG}/en/texts").get_data(as_text=True)


def test_terms_elsewhere_are_linked(texting) -> None:
    table = '[plugins.sms.title]\nen = "Safe neighbors"\n'
    instance = texting(table, **{"keep_days = 90": "keep_days = 30"})
    words = words_of(instance, f"/{SLUG}/en/texts")
    assert 'to sign "Safe neighbors"' in words
    assert "deleted 30 days after the petition ends" in words


def _faults(page: Page) -> list[str]:
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{width}: {over} px too wide"] if over > 0 else []
        small = page.eval_on_selector_all(
            "main .links a, main .button, main .intro a",
            "all => all.filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)",
        )
        found += [f"{width}: too small to press: {one}" for one in small]
        page.evaluate(Axe().axe_script)
        violations = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        found += [f"{width}: {v['id']}: {[node['target'] for node in v['nodes']]}" for v in violations]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_it_is_open_to_everyone(texting, serve_instance, browser: Browser, language: str, scheme: str) -> None:
    url = serve_instance(texting())
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))
    page.on("console", lambda message: foreign.append(message.text))
    page.goto(f"{url}/{SLUG}/{language}/texts")
    assert _faults(page) == []
    other = "es" if language == "en" else "en"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(f"nav.langs a[lang={other}]").click()
    page.wait_for_url(f"{url}/{SLUG}/{other}/texts")
    assert [asked for asked in foreign if not asked.startswith(url)] == []
    assert context.cookies() == []
    context.close()


def test_it_needs_no_script(texting, serve_instance, browser: Browser) -> None:
    url = serve_instance(texting())
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/{SLUG}/en/texts")
    yours, ours = page.locator(".yours").first.bounding_box(), page.locator(".ours").first.bounding_box()
    assert yours
    assert ours
    assert yours["x"] > ours["x"], "what one writes stands on the right"
    context.close()
