"""The frame as it is answered: who may show it, how it looks, what may be sent from it."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from sqlalchemy import select

from clarion.api import petition
from clarion.extensions import db
from clarion.signatures.models import CountTotal, Signature
from clarion.testing import TABLE
from clarion_embeds.codes import Codes

from .frames import FRAME, LISTED, policy, send

MOST_BYTES = 30_000


OTHER = "https://other.writers.example"
MATRIX = {
    "a partner": ("writers", (LISTED, OTHER), False, f"{LISTED} {OTHER}"),
    "nobody in particular": ("", (LISTED,), False, LISTED),
    "an unknown one": ("dancers", (LISTED,), False, LISTED),
    "one without a site": ("readers", (LISTED,), False, LISTED),
    "anywhere": ("", (), True, "*"),
    "a partner anywhere": ("writers", (LISTED,), True, "*"),
    "nowhere": ("writers", (), False, "'none'"),
}


@pytest.mark.parametrize("case", MATRIX)
def test_who_may_show_it(case: str, embeds) -> None:
    partner, origins, anywhere, wanted = MATRIX[case]
    instance = embeds(*origins, anywhere=anywhere)
    path = f"/library/en/embed?partner={partner}"
    answer = instance.client.get(path)
    assert answer.status_code == 200
    assert policy(instance, path)["frame-ancestors"] == wanted
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"].startswith("public, max-age=1")
    assert "Set-Cookie" not in answer.headers
    told = "" if wanted == "'none'" else wanted
    assert f'data-origins="{told}"' in answer.get_data(as_text=True)


def test_no_other_page_can_be_framed(embeds) -> None:
    instance = embeds(LISTED)
    for path in ("/", "/library/en", "/library.json", "/library/en/thanks", "/oembed", "/embed.js", "/nothing/here"):
        answer = instance.client.get(path)
        assert answer.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path


def test_a_campaign_that_says_nothing_is_shown_nowhere(make_instance, make_folder) -> None:
    instance = make_instance(plugins={"embeds": {}})
    instance.publish(make_folder(files={"campaign.toml": TABLE}))
    assert policy(instance, FRAME)["frame-ancestors"] == "'none'"


def test_its_policy_lets_it_work_without_an_origin(embeds) -> None:
    instance = embeds(LISTED)
    said = policy(instance, FRAME, base_url="http://127.0.0.1:8123")
    assert said["form-action"] == said["connect-src"] == "'self' http://127.0.0.1:8123"
    assert re.fullmatch(r"'self' 'sha256-[\w+/=]{44}'", said["style-src"])
    assert re.fullmatch(r"'self' 'sha256-[\w+/=]{44}'", said["script-src"])
    assert "unsafe" not in str(said)
    page = instance.client.get(FRAME).get_data(as_text=True)
    assert not re.search(r"<(img|script|iframe|embed|object|source)[^>]*\ssrc=", page)
    assert 'rel="stylesheet"' not in page


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("look", ["", "&theme=dark&compact=1&accent=1d4e89"])
def test_a_first_view_is_light(embeds, language: str, look: str) -> None:
    instance = embeds(LISTED)
    assert len(instance.client.get(f"/library/{language}/embed?partner=writers{look}").data) < MOST_BYTES


def test_it_is_the_same_for_everyone_and_asked_for_again_by_its_tag(embeds) -> None:
    instance = embeds(LISTED)
    first = instance.client.get(FRAME)
    again = instance.client.get(
        FRAME, headers={"Accept-Language": "es", "Cookie": "a=b", "Referer": "https://x.example/"}
    )
    assert first.data == again.data
    same = instance.client.get(FRAME, headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
    assert instance.client.get(FRAME + "&theme=dark").data != first.data


LOOKS = {
    "theme=dark": ("@media  all{", "color-scheme:dark"),
    "theme=light": ("@media  not all{", "color-scheme:light"),
    "theme=": ("(prefers-color-scheme:dark)", "color-scheme:light dark"),
    "accent=1D4E89": ("--accent:#1d4e89",),
    "accent=%231d4e89": ("--accent:#1d4e89",),
    "compact=1": ("frame compact",),
}
FALLBACKS = [
    "theme=purple",
    "accent=ffff00",
    "accent=red",
    "accent=1d4e89;}body{display:none",
    "accent=" + "1" * 5000,
    "compact=maybe",
    "show=",
    "show=nothing,%00,%ff",
    "partner=" + quote("'; DROP TABLE--"),
    "partner=%ff%00",
    "unknown=1&theme[]=dark",
    "&&&===",
]


@pytest.mark.parametrize("asked", LOOKS)
def test_looks_are_had(embeds, asked: str) -> None:
    page = embeds(LISTED).client.get(f"{FRAME}&{asked}").get_data(as_text=True)
    assert [words for words in LOOKS[asked] if words not in page] == []


@pytest.mark.parametrize("asked", FALLBACKS)
def test_looks_that_cannot_be_had_fall_back(embeds, asked: str) -> None:
    instance = embeds(LISTED)
    partner = "" if asked.startswith("partner") else "partner=writers&"
    answer = instance.client.get(f"/library/en/embed?{partner}{asked}")
    assert answer.status_code == 200
    usual = instance.client.get(f"/library/en/embed?{partner.rstrip('&')}")
    assert answer.data == usual.data


def test_a_partner_has_its_own_colour_and_the_address_goes_before(embeds) -> None:
    instance = embeds(LISTED, more='accent = "#0b6e4f"')
    assert "--accent:#0b6e4f" in instance.client.get(FRAME).get_data(as_text=True)
    assert "--accent:#0b6e4f" not in instance.client.get("/library/en/embed").get_data(as_text=True)
    assert "--accent:#1d4e89" in instance.client.get(f"{FRAME}&accent=1d4e89").get_data(as_text=True)


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 1246, "1,246</b> people have signed"),
        ("es", 1, "1</b> persona ha firmado"),
        ("en", 0, "Be the first to sign"),
    ],
)
def test_it_shows_the_count_in_its_language(embeds, language: str, number: int, words: str) -> None:
    instance = embeds(LISTED)
    path = f"/library/{language}/embed?partner=writers"
    instance.client.get(path)
    with instance.context():
        db.session.add(CountTotal(campaign_id=1, language="en", source="earlier", area="", n=number))
        db.session.commit()
    assert instance.count("library") == number
    assert words in instance.client.get(path).get_data(as_text=True)


def test_what_is_shown_can_be_chosen(embeds) -> None:
    instance = embeds(LISTED)
    whole = instance.client.get(FRAME).get_data(as_text=True)
    bare = instance.client.get(f"{FRAME}&show=title").get_data(as_text=True)
    for words in ("Fund it.", "<progress", 'class="langs"'):
        assert words in whole
        assert words not in bare
    assert "<h1>Keep the library open</h1>" in bare
    nothing = instance.client.get(f"{FRAME}&show=none").get_data(as_text=True)
    for words in ("<h1>", "Fund it.", "<progress", 'class="langs"'):
        assert words not in nothing
    assert "show=none" in nothing, "it stays so in the steps that follow"
    assert '<h1 class="off">' in instance.client.get(f"{FRAME}&show=count").get_data(as_text=True), "it has a heading"
    assert "Fund it." not in instance.client.get(f"{FRAME}&compact=1").get_data(as_text=True)


def test_the_partner_is_asked_for_first_unticked_and_in_the_signers_language(embeds) -> None:
    instance = embeds(LISTED)
    for path, first, words in (
        ("/library/en/embed?partner=writers", "writers", "Writers may email me"),
        ("/library/es/embed?partner=writers", "writers", "Writers puede"),
        ("/library/en/embed", "readers", "Readers may email me"),
    ):
        page = instance.client.get(path).get_data(as_text=True)
        boxes = re.findall(r"<input[^>]*name=\"consent-(\w+)-email\"[^>]*>", page)
        assert boxes[0] == first
        assert sorted(boxes) == ["readers", "writers"]
        assert " checked" not in page
        assert words in page


def test_the_partner_asks_in_its_own_words(embeds, make_folder, table) -> None:
    instance = embeds(LISTED)
    own = 'consent.email.en = "Yes, Writers!"\nconsent.email.es = "Sí, Writers & Cía puede escribirme."\n'
    toml = table(LISTED).replace("[plugins.embeds]", f"{own}\n[plugins.embeds]")
    instance.publish(make_folder("archive", {"campaign.toml": toml}))
    page = instance.client.get("/archive/es/embed?partner=writers").get_data(as_text=True)
    labels = re.findall(r"<label[^>]*for=\"consent-(\w+)-email\">.*?<span>(.*?)</span>", page)
    assert labels[0] == ("writers", "Sí, Writers &amp; Cía puede escribirme.")
    assert labels[1][1].startswith("Readers puede")
    assert " checked" not in page


@pytest.mark.parametrize(
    ("asked", "accepted", "got"),
    [
        ("es-MX", "en", "es"),
        ("auto", "es-ES,es;q=0.9", "es"),
        ("auto", "fr", "en"),
        ("xx", "es", "es"),
        ("EN", "fr", "en"),
    ],
)
def test_a_language_that_it_does_not_have_leads_to_one_that_it_has(embeds, asked: str, accepted: str, got: str) -> None:
    instance = embeds(LISTED)
    path = f"/library/{asked}/embed?partner=writers&theme=dark"
    answer = instance.client.get(path, headers={"Accept-Language": accepted})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/library/{got}/embed?partner=writers&theme=dark"
    assert answer.headers["Vary"] == "Accept-Language"


def test_a_campaign_that_is_not_there_says_so_in_any_frame(embeds) -> None:
    client = embeds(LISTED).client
    for path in ("/nothing/es/embed", "/nothing/es/embed/thermometer"):
        answer = client.get(path)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 404
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert '<html lang="es"' in page
        assert "«nothing»" in page
        assert "<nav" not in page
        assert "<a " not in page


def test_one_person_in_every_place_is_one_signature_of_the_first(embeds) -> None:
    both = '[plugins.embeds.partners.readers]\norigins = ["https://readers.example"]'
    instance = embeds(LISTED, more=both)
    send(instance, FRAME, email="Ana.Reader+a@gmail.com")
    send(instance, "/library/es/embed?partner=readers", email="anareader@googlemail.com")
    instance.sign("library", email="ana.reader@gmail.com")
    with instance.context():
        signature = db.session.scalars(select(Signature)).one()
        assert (signature.source, signature.organisation) == ("embed", "writers")
    assert instance.work() == 1


def test_words_of_a_campaign_are_words_wherever_they_are_shown(make_instance, make_folder, table) -> None:
    title = 'Ask "why" & onload=alert(1)'
    text = f"---\ntitle: '{title}'\nask: Fund it.\n---\n\nBecause.\n"
    instance = make_instance(plugins={"embeds": {}})
    instance.publish(make_folder(files={"campaign.toml": table(LISTED), "en.md": text, "es.md": text}))
    for path in (FRAME, "/library/en", "/library/en/badge.svg", "/library/en/embed/thermometer"):
        told = instance.client.get(path).get_data(as_text=True)
        assert title not in told, path
        assert "Ask &#34;why&#34; &amp; onload" in told, path
    html = instance.client.get("/oembed?url=http://127.0.0.1:8000/library/en").get_json()["html"]
    with instance.context():
        shown = petition("library")
        assert shown
        codes = Codes("https://petitions.example", shown, "writers")
        scripts = [codes.script(), codes.pinned_script(), codes.element()]
        pasted = [*scripts, codes.frame(), codes.thermometer(), codes.link(), codes.pictures()]
    for code in (html, *pasted):
        assert title not in code
        assert "Ask &#34;why&#34; &amp; onload" in code
