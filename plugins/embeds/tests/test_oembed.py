"""oEmbed as its specification has it, and the pictures."""

from __future__ import annotations

import io
import re
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from PIL import Image
from sqlalchemy import select

from clarion.api import petition
from clarion.extensions import db
from clarion.signatures.models import CountTotal, Signature
from clarion_embeds.badge import drawing
from clarion_embeds.codes import Codes
from clarion_embeds.look import Look

LISTED = "https://writers.example"
BASE = "http://127.0.0.1:8000"


def ask(instance, url: str = f"{BASE}/library/en", **more: str):
    said = "".join(f"&{name}={quote(value)}" for name, value in more.items())
    return instance.client.get(f"/oembed?url={quote(url, safe='')}{said}")


def test_an_address_becomes_a_form(embeds) -> None:
    answer = ask(embeds(LISTED), f"{BASE}/library/es?partner=writers&utm_source=x#sign")
    told = answer.get_json()
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (told["type"], told["version"], told["title"]) == ("rich", "1.0", "Que siga la biblioteca")
    assert (told["author_name"], told["provider_url"]) == ("Readers", BASE)
    assert (told["width"], told["height"]) == (640, 900)
    assert f' src="{BASE}/library/es/embed?partner=writers&amp;compact=1"' in told["html"]
    assert 'width="100%" height="900"' in told["html"], "as wide as its place"


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/library",
        f"{BASE}/library/",
        f"{BASE}/library/en/",
        f"{BASE}/library/en/embed",
        "http://localhost:8000/library/en",
    ],
)
def test_other_spellings_of_the_address_are_known(embeds, url: str) -> None:
    told = ask(embeds(LISTED), url).get_json()
    assert f'src="{BASE}/library/en/embed?compact=1"' in told["html"]


def test_the_size_that_is_asked_for_is_kept_to(embeds) -> None:
    told = ask(embeds(LISTED), maxwidth="320", maxheight="480").get_json()
    assert (told["width"], told["height"]) == (320, 480)
    assert 'height="480"' in told["html"]


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("theme=light&theme=dark", "theme=light&amp;compact=1"),
        ("compact=0&show=title", "show=title"),
        ("accent=1d4e89&partner=nobody", "accent=1d4e89&amp;compact=1"),
        ("theme=neon&" + "&".join("a=1" for _ in range(15)), "compact=1"),
        ("theme=light&" + "&".join("a=1" for _ in range(50)), "compact=1"),
    ],
)
def test_an_address_may_ask_for_a_look(embeds, asked: str, query: str) -> None:
    told = ask(embeds(LISTED), f"{BASE}/library/en?{asked}").get_json()
    assert f' src="{BASE}/library/en/embed?{query}"' in told["html"]


def test_xml_says_the_same(embeds) -> None:
    instance = embeds(LISTED)
    answer = ask(instance, format="xml")
    assert answer.content_type == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(answer.data)  # noqa: S314 - our own answer
    told = ask(instance).get_json()
    assert root.tag == "oembed"
    assert {child.tag: child.text for child in root} == {name: str(value) for name, value in told.items()}


def test_a_campaign_that_may_be_shown_nowhere_becomes_a_card(embeds) -> None:
    told = ask(embeds()).get_json()
    assert (told["type"], told["url"]) == ("link", f"{BASE}/library/en")
    assert "html" not in told


def test_the_address_that_a_partner_pastes_is_its_own_link(embeds) -> None:
    readers = '[plugins.embeds.partners.readers]\norigins = ["https://readers.example"]'
    instance = embeds(LISTED, more=readers)
    with instance.context():
        shown = petition("library")
        assert shown
        codes = Codes(BASE, shown, "writers", Look.asked({"theme": "light", "compact": "1"}))
        own, pasted = shown.link_of("writers"), codes.oembed_address
        assert Codes(BASE, shown).oembed_address == f"{BASE}/library/en"
    assert pasted == f"{own}&theme=light&compact=1"
    told = ask(instance, pasted).get_json()
    assert f' src="{BASE}/library/en/embed?partner=writers&amp;theme=light&amp;compact=1"' in told["html"]
    assert (
        f'src="{BASE}/library/en/embed?compact=1"'
        in ask(instance, f"{BASE}/library/en?via={'A' * 28}").get_json()["html"]
    )
    instance.sign("library", arrival=f"?{own.partition('?')[2]}")
    with instance.context():
        assert db.session.scalars(select(Signature)).one().brought_by == "writers"


def test_a_card_is_the_partners_own_link(embeds, make_folder, table) -> None:
    instance = embeds(LISTED)
    folder = instance.home / "campaigns" / "library" / "campaign.toml"
    folder.write_text(folder.read_text("utf-8").replace('status = "live"', 'status = "closed"'), "utf-8")
    instance.publish(folder.parent)
    with instance.context():
        shown = petition("library")
        assert shown
        own = shown.link_of("writers")
    for asked in (f"{BASE}/library/en?partner=writers", own):
        told = ask(instance, asked).get_json()
        assert (told["type"], told["url"]) == ("link", own)


def test_its_picture_comes_as_all_three_or_not_at_all(embeds, make_folder, table) -> None:
    instance = embeds(LISTED)
    told = ask(instance).get_json()
    assert (told["thumbnail_width"], told["thumbnail_height"]) == (1200, 630)
    assert told["thumbnail_url"].startswith(f"{BASE}/library/en/share.png?v=")
    assert told["thumbnail_url"] in instance.client.get("/library/en").get_data(as_text=True)
    for size in ({"maxwidth": "1199"}, {"maxheight": "629"}):
        assert not [name for name in ask(instance, **size).get_json() if name.startswith("thumbnail")]
    picture = io.BytesIO()
    Image.new("RGB", (1200, 630), "#a3321f").save(picture, "PNG")
    files = {
        "campaign.toml": 'image = "media/share.png"\n' + table(LISTED),
        "media/share.png": picture.getvalue(),
        **{f"{code}.md": "---\ntitle: T\nask: A.\nimage_alt: P\n---\n\nW.\n" for code in ("en", "es")},
    }
    instance.publish(make_folder("other", files=files))
    told = ask(instance, f"{BASE}/other/en").get_json()
    assert (told["thumbnail_width"], told["thumbnail_height"]) == (1200, 630)
    assert instance.client.get(told["thumbnail_url"].removeprefix(BASE)).content_type == "image/png"
    assert "thumbnail_url" not in ask(instance, f"{BASE}/other/en", maxwidth="600").get_json()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("url=", 400),
        (f"url={BASE}/library/en&maxwidth=wide", 400),
        (f"url={BASE}/library/en&maxheight=-1", 400),
        (f"url={BASE}/library/en&maxwidth=0", 400),
        (f"url={BASE}/library/en&maxwidth={'9' * 500}", 400),
        (f"url={BASE}/library/en&format=yaml", 501),
        (f"url={BASE}/library/en&format=", 501),
        (f"url={BASE}/nothing/en", 404),
        (f"url={BASE}/library/fr", 404),
        (f"url={BASE}/library/en/thanks", 404),
        (f"url={BASE}/", 404),
        ("url=https://evil.example/library/en", 404),
        ("url=javascript:alert(1)//127.0.0.1/library/en", 404),
        ("url=http://[::1/library", 404),
        ("url=%ff%00", 404),
        ("url=" + "a" * 4000, 404),
    ],
)
def test_what_cannot_be_had_has_the_status_of_the_specification(embeds, query: str, status: int) -> None:
    answer = embeds(LISTED).client.get(f"/oembed?{query}")
    assert answer.status_code == status
    assert answer.content_type == "text/plain; charset=utf-8"
    assert "evil" not in answer.get_data(as_text=True)


def test_pages_lead_to_it(embeds) -> None:
    instance = embeds(LISTED)
    for language, title in (("en", "Keep the library open"), ("es", "Que siga la biblioteca")):
        head = instance.client.get(f"/library/{language}").get_data(as_text=True).partition("</head>")[0]
        found = dict(re.findall(r'<link rel="alternate" type="(\w+/\w+\+oembed)" title="[^"]+" href="([^"]+)">', head))
        assert set(found) == {"application/json+oembed", "text/xml+oembed"}
        address = found["application/json+oembed"].replace("&amp;", "&").removeprefix(BASE)
        assert instance.client.get(address).get_json()["title"] == title


def test_the_badge_counts(embeds) -> None:
    instance = embeds(LISTED)
    assert "Be the first to sign" in instance.client.get("/library/en/badge.svg").get_data(as_text=True)
    with instance.context():
        db.session.add(CountTotal(campaign_id=1, language="en", source="earlier", area="", n=1246))
        db.session.commit()
    assert instance.count("library") == 1246
    for language, words in (("en", "1,246 people have signed"), ("es", "1,246 personas han firmado")):
        answer = instance.client.get(f"/library/{language}/badge.svg")
        assert answer.content_type == "image/svg+xml; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=1"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        svg = ElementTree.fromstring(answer.data)  # noqa: S314 - our own answer
        assert svg.get("aria-label") == words
    assert instance.client.get("/library/fr/badge.svg").status_code == 404
    assert instance.client.get("/nothing/en/badge.svg").status_code == 404


def test_the_badge_as_png_is_twice_as_large_and_can_be_seen_through(embeds) -> None:
    instance = embeds(LISTED)
    answer = instance.client.get("/library/en/badge.png")
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert answer.headers["Cache-Control"].startswith("public, max-age=60,")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.height == 80
        assert 300 < picture.width < 500
        seen = picture.convert("RGBA")
        assert seen.getpixel((0, 0))[3] == 0
        assert seen.getpixel((picture.width // 2, 4)) == (0xA3, 0x32, 0x1F, 255)
        assert (255, 255, 255, 255) in {colour for _, colour in seen.getcolors(1 << 16)}
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert instance.client.get("/library/en/badge.png", headers=etag).status_code == 304
    spanish = instance.client.get("/library/es/badge.png")
    assert spanish.data != answer.data
    for path in ("library/fr", "nothing/en"):
        assert instance.client.get(f"/{path}/badge.png").status_code == 404


def test_the_badge_as_png_says_what_the_other_says(embeds) -> None:
    instance = embeds(LISTED)
    with instance.context():
        db.session.add(CountTotal(campaign_id=1, language="en", source="earlier", area="", n=1246))
        db.session.commit()
    instance.count("library")
    with instance.context():
        given = {language: drawing(petition("library", language)).given for language in ("en", "es")}
    for language, words in (("en", "1,246 people have signed"), ("es", "1,246 personas han firmado")):
        assert (given[language]["tally"], given[language]["figure"]) == (words, "1,246")


def test_the_code_to_scan_holds_the_address_of_the_page(embeds) -> None:
    instance = embeds(LISTED)
    answers = [instance.client.get(f"/library/{language}/qr.svg") for language in ("en", "es")]
    assert {answer.content_type for answer in answers} == {"image/svg+xml; charset=utf-8"}
    assert answers[0].data != answers[1].data
    assert ElementTree.fromstring(answers[0].data).tag.endswith("svg")  # noqa: S314 - our own answer
