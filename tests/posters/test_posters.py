"""Posters and handbills: one page of the right size, whose code leads where it says."""

from __future__ import annotations

import io
from dataclasses import replace

import pikepdf
import pytest
import zxingcpp
from PIL import Image

from clarion.campaigns.live import live_campaigns
from clarion.posters.service import KINDS, PAPERS, drawing, poster
from clarion.testing import Instance
from clarion.typesetting.pictures import draw

SIZES = {"letter": (612.0, 792.0), "a4": (595.28, 841.89)}
"""In points."""


def live(instance: Instance):
    found = live_campaigns().get("library")
    assert found
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("languages", [["en"], ["es"], ["en", "es"]])
def test_it_is_one_page_of_its_paper(instance: Instance, kind, paper, languages) -> None:
    with instance.context():
        made = poster(live(instance), languages, kind, paper)
    with pikepdf.open(io.BytesIO(made)) as opened:
        (page,) = opened.pages
        _, _, width, height = (float(edge) for edge in page.mediabox)
        title = str(opened.docinfo["/Title"])
    assert (width, height) == pytest.approx(SIZES[paper], abs=0.5)
    assert title == {"en": "Keep the library open", "es": "Que siga la biblioteca"}[languages[0]]


@pytest.mark.parametrize(
    ("languages", "address"),
    [(["en"], "/library/en?utm_source="), (["es"], "/library/es?utm_source="), (["en", "es"], "/library?utm_source=")],
)
@pytest.mark.parametrize(("kind", "codes"), [("poster", 1), ("handbill", 4)])
def test_a_phone_reads_every_code(instance: Instance, languages, address: str, kind, codes: int) -> None:
    with instance.context():
        picture = draw(replace(drawing(live(instance), languages, kind, "letter"), form="png", scale=2.0))
    with Image.open(io.BytesIO(picture)) as opened:
        read = [one.text for one in zxingcpp.read_barcodes(opened.convert("L"))]
    assert read == [f"http://127.0.0.1:8000{address}{kind}"] * codes


def test_long_words_stay_on_the_page(instance: Instance, make_folder) -> None:
    title = "Bundeswehrersatzkrankenhausverwaltungsvorschrift and " + "very " * 18 + "long"
    ask = "We ask for this and for that, as much as anybody can. " * 70
    texts = dict.fromkeys(("en", "es"), f"---\ntitle: {title}\nask: {ask}\n---\n\nBecause.\n")
    folder = make_folder("long")
    for code, words in texts.items():
        (folder / f"{code}.md").write_text(words, "utf-8")
    instance.publish(folder)
    with instance.context():
        found = live_campaigns().get("long")
        assert found
        for kind in KINDS:
            for languages in (["en"], ["en", "es"]):
                with pikepdf.open(io.BytesIO(poster(found, languages, kind, "letter"))) as opened:
                    assert len(opened.pages) == 1
                picture = draw(replace(drawing(found, languages, kind, "letter"), form="png", scale=2.0))
                with Image.open(io.BytesIO(picture)) as shown:
                    assert len(zxingcpp.read_barcodes(shown.convert("L"))) == (1 if kind == "poster" else 4)


@pytest.mark.parametrize("languages", [[], ["xx"], ["en", "es", "en"]])
def test_other_languages_are_refused(instance: Instance, languages) -> None:
    with instance.context(), pytest.raises(ValueError, match="one or two of en, es"):
        poster(live(instance), languages, "poster", "a4")
