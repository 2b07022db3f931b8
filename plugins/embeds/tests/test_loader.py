"""The loader's bytes, and the code that partners paste."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from click.testing import CliRunner

from clarion.api import petition
from clarion_embeds.codes import Codes
from clarion_embeds.commands import command
from clarion_embeds.look import Look

LISTED = "https://writers.example"
MOST_BYTES = 3_000


def test_it_is_one_small_file_under_two_addresses(embeds) -> None:
    instance = embeds(LISTED)
    newest = instance.client.get("/embed.js")
    digest = hashlib.sha256(newest.data).hexdigest()[:12]
    versioned = instance.client.get(f"/embed.{digest}.js")
    assert newest.data == versioned.data
    assert len(newest.data) < MOST_BYTES
    for answer in (newest, versioned):
        assert answer.content_type == "text/javascript; charset=utf-8"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers
    assert "immutable" not in newest.headers["Cache-Control"]
    assert versioned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert instance.client.get("/embed.000000000000.js").status_code == 404


def test_it_names_no_target_but_exact_ones_and_needs_nothing_else(embeds) -> None:
    instance = embeds(LISTED)
    frame = instance.client.get("/library/en/embed?partner=writers").get_data(as_text=True)
    loader = instance.client.get("/embed.js").get_data(as_text=True)
    assert not re.search(r"postMessage\([^)]*[\"']\*", frame + loader)
    assert "import" not in loader
    assert not re.search(r"https?://", loader)


def run(instance, *words: str) -> tuple[int, str]:
    with instance.context():
        done = CliRunner().invoke(command("http://127.0.0.1:8000"), list(words))
    return done.exit_code, done.output


def test_the_command_prints_what_to_paste(embeds) -> None:
    code, told = run(embeds(LISTED), "library")
    assert code == 0
    assert told.startswith(f"Writers ({LISTED})\n")
    for words in (
        '<script async src="http://127.0.0.1:8000/embed.js" data-campaign="library" data-partner="writers"',
        ' data-lang="en" data-label="Keep the library open"></script>',
        '<noscript><a href="http://127.0.0.1:8000/library/en?via=',
        '<clarion-petition campaign="library" partner="writers" lang="en">',
        '<iframe src="http://127.0.0.1:8000/library/en/embed?partner=writers" title="Keep the library open"',
        '<iframe src="http://127.0.0.1:8000/library/en/embed/thermometer?partner=writers" title="',
        "/library/en/badge.svg",
        '/library/en/badge.png" alt="Keep the library open" height="40">',
        "/library/en/qr.svg",
    ):
        assert words in told


def test_the_pinned_script_is_what_is_served(embeds) -> None:
    instance = embeds(LISTED)
    found = re.search(
        r'src="http://127\.0\.0\.1:8000(/embed\.\w+\.js)" integrity="sha384-([^"]+)"', run(instance, "library")[1]
    )
    assert found
    assert base64.b64decode(found[2]) == hashlib.sha384(instance.client.get(found[1]).data).digest()


def test_every_code_says_what_it_knows_and_no_more(embeds) -> None:
    with embeds(LISTED).context():
        shown = petition("library")
        assert shown
        codes = Codes("https://petitions.example", shown, "writers", Look("dark", "#1d4e89", True, ()))
        for code in (codes.script(), codes.pinned_script()):
            assert f"</script>\n<noscript>{codes.link()}</noscript>" in code
        assert 'embed/thermometer?partner=writers&amp;theme=dark&amp;accent=1d4e89"' in codes.thermometer()
        assert 'compact=1&amp;show=none"' in codes.frame()


def test_each_partner_has_its_own(embeds) -> None:
    instance = embeds(LISTED, more='[plugins.embeds.partners.readers]\norigins = ["https://readers.example"]')
    code, told = run(instance, "library", "--language", "es")
    assert code == 0
    assert "Readers (https://readers.example)" in told
    assert told.count("Que siga la biblioteca") > 6
    one = run(instance, "library", "--partner", "readers")[1]
    assert "writers" not in one


@pytest.mark.parametrize(
    ("origins", "words", "told"),
    [
        ((LISTED,), ("nothing",), 'No campaign "nothing" is published.'),
        ((LISTED,), ("library", "--partner", "dancers"), "Known are writers."),
        ((LISTED,), ("library", "--language", "fr"), "It has the languages en, es."),
        ((), ("library",), "[plugins.embeds.partners.writers]"),
    ],
)
def test_what_cannot_be_had_is_told_with_what_to_do(embeds, origins, words, told: str) -> None:
    code, output = run(embeds(*origins), *words)
    assert code == 1
    assert told in output
    assert len(output.splitlines()) == 1
