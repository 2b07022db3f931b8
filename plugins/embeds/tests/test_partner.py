"""The page of a partner: who comes to it, what it shows, and what it tells of a site without ever being a scanner."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from itsdangerous import TimestampSigner
from sqlalchemy import insert

from clarion.console import create_console
from clarion.extensions import transaction
from clarion.signatures import tasks
from clarion.signatures.models import CountDelta
from clarion.testing import Instance, link, staff_browser
from clarion_embeds.commands import command

from .partners import LISTED, path_of, words


def test_the_command_prints_a_link_that_opens_it(embeds) -> None:
    instance = embeds(LISTED)
    with instance.context():
        printed = CliRunner().invoke(command("http://127.0.0.1:8000"), ["library", "--partner", "writers"])
    found = re.search(r"^    http://127\.0\.0\.1:8000(/partners/\S+)$", printed.output, re.MULTILINE)
    assert found, printed.output
    assert instance.client.get(found[1]).status_code == 200


def test_it_is_nobody_elses_and_kept_nowhere(embeds) -> None:
    instance = embeds(LISTED)
    answer = instance.client.get(path_of(instance), headers={"Accept-Language": "es"})
    assert answer.status_code == 200
    assert '<html lang="es"' in answer.get_data(as_text=True)
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert (answer.headers["Referrer-Policy"], answer.headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert "Set-Cookie" not in answer.headers
    told = answer.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in told
    assert "frame-ancestors 'none'" in told
    assert "unsafe" not in told


def test_the_preview_is_for_this_page_alone_and_the_form_for_the_partner_alone(embeds) -> None:
    instance = embeds(LISTED)
    preview = instance.client.get(f"{path_of(instance)}/preview?language=es&theme=dark")
    assert "frame-ancestors 'self';" in preview.headers["Content-Security-Policy"]
    assert preview.headers["Cache-Control"] == "no-store"
    body = preview.get_data(as_text=True)
    assert '<html lang="es"' in body
    assert "<script" not in body
    form = instance.client.get("/library/en/embed?partner=writers").headers["Content-Security-Policy"]
    assert f"frame-ancestors {LISTED};" in form
    assert "frame-src" not in form


def _forged(path: str) -> str:
    # not the last letter, of which base 64 does not read every bit
    return path[:-5] + ("a" if path[-5] != "a" else "b") + path[-4:]


def test_a_link_ends(embeds, table, monkeypatch) -> None:
    instance = embeds(LISTED)
    path = path_of(instance)

    def status(one: str = path) -> set[int]:
        client = instance.client
        found = {client.get(one + part).status_code for part in ("", "/count", "/preview")}
        return found | {client.post(one, data={"pasted": "server: nginx"}).status_code}

    assert status() == {200}
    assert status(_forged(path)) == {404}
    assert status("/partners/x") == {404}

    folder = instance.home / "campaigns" / "library"
    for more, known in (("link = 2", {404}), ("link = 1", {200})):
        (folder / "campaign.toml").write_text(table(LISTED, more=more))
        instance.publish(folder)
        assert status() == known, more
    made = TimestampSigner.get_timestamp
    for days, known in ((365, {200}), (367, {404})):
        shift = int(timedelta(days=days).total_seconds())
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self, shift=shift: made(self) + shift)
        assert status() == known, days


def test_a_partner_without_a_site_has_no_page(embeds) -> None:
    instance = embeds(LISTED)
    assert instance.client.get(path_of(instance, "readers")).status_code == 404
    assert instance.client.get(path_of(instance, "dancers")).status_code == 404


def _sign(instance: Instance, number: int, place: str) -> None:
    page = instance.client.get(place).get_data(as_text=True)
    hidden = dict(re.findall(r'name="(token|arrival)"[^>]*value="([^"]*)"', page))
    assert hidden.keys() == {"token", "arrival"}
    form = {**hidden, "name": "Ana Reader", "email": f"ana{number}@readers.example"}
    instance.client.post(place if "embed" in place else f"{place.partition('?')[0]}/sign", data=form)
    instance.work()
    instance.client.post(link(instance.mails()[-1], "confirm"), data={"action": "confirm"})


def brought(instance: Instance, organisation: str, how_many: int) -> None:
    """So many more signatures that an organisation brought."""
    row = {"campaign_id": 1, "language": "en", "source": "embed", "area": "", "origin": "", "step": 1}
    with instance.context(), transaction() as session:
        row |= {"organisation": organisation, "brought_by": organisation}
        session.execute(insert(CountDelta).values([row] * how_many))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_it_counts_who_came_through_them_at_once(
    database: str, request, make_instance, make_folder, table, monkeypatch
) -> None:
    url = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    instance = make_instance(url, plugins={"embeds": {}})
    instance.publish(make_folder(files={"campaign.toml": table(LISTED, anywhere=True)}))
    writers, readers = path_of(instance), path_of(instance, "readers")
    monkeypatch.setattr("clarion.pages.pulse.FRESH_SECONDS", 0.0)

    def counts() -> list[tuple[int | None, int]]:
        told = [instance.client.get(f"{path}/count").get_json() for path in (writers, readers)]
        assert {one["through_from"] for one in told} == {10}
        return [(one["through"], one["signatures"]) for one in told]

    assert counts() == [(None, 0)] * 2
    places = ["/library/en/embed?partner=writers", "/library/es/embed?partner=writers", "/library/en"]
    for number, place in enumerate([*places, "/library/en/embed?partner=readers"]):
        _sign(instance, number, place)
    assert counts() == [(None, 4)] * 2, "who sends the link to one person cannot watch them sign"
    assert "Signatures through you fewer than 10 In all: 4" in words(instance.client.get(writers))
    brought(instance, "writers", 7)
    brought(instance, "readers", 8)
    expected = [(None, 19), (10, 19)]
    assert counts() == expected, "the lead's are those of the petition's own page too"
    with instance.context():
        tasks.fold_counts()
    assert counts() == expected
    own = re.search(r"/library/en\?via=[\w-]{14}", instance.client.get(writers).get_data(as_text=True))
    assert own
    _sign(instance, 4, own[0])
    assert counts()[0] == (10, 20), "who came by a link of theirs, too"
    assert "Signatures through you 10 In all: 20" in words(instance.client.get(writers))


def test_what_is_chosen_is_in_the_code_and_in_the_preview(embeds) -> None:
    instance = embeds(LISTED)
    query = "lang=en&language=es&theme=dark&accent=%231d4e89&compact=1&show=title&show=count"
    page = instance.client.get(f"{path_of(instance)}?{query}").get_data(as_text=True)
    said = "theme=dark&amp;accent=1d4e89&amp;compact=1&amp;show=title,count"
    assert f'/preview?language=es&amp;{said}"' in page
    assert "data-lang=&#34;es&#34; data-theme=&#34;dark&#34; data-accent=&#34;1d4e89&#34;" in page
    assert f"/library/es/embed?partner=writers&amp;amp;{said.replace('&amp;', '&amp;amp;')}" in page
    assert "integrity=&#34;sha384-" in page
    assert "http://127.0.0.1:8000/library/es?via=" in page


@pytest.mark.parametrize(("ticked", "said"), [("", "show=none"), ("&show=title", "show=title")])
def test_what_is_not_ticked_is_not_shown(embeds, ticked: str, said: str) -> None:
    """The form of the page says `none` by itself, and what is ticked beside it."""
    instance = embeds(LISTED)
    path = path_of(instance)
    assert '<input type="hidden" name="show" value="none">' in instance.client.get(path).get_data(as_text=True)
    page = instance.client.get(f"{path}?lang=en&language=en&theme=auto&accent=&show=none{ticked}")
    text = page.get_data(as_text=True)
    assert f'/preview?language=en&amp;{said}"' in text
    boxes = re.findall(
        r'<input[^>]*type="checkbox"[^>]*name="show"[^>]*>|<input[^>]*name="show"[^>]*type="checkbox"[^>]*>', text
    )
    assert len(boxes) == 4
    assert sum(" checked" in box for box in boxes) == (1 if ticked else 0)


COLOURS = {
    "#ffcc00": "#ffcc00 cannot be read on white. The nearest color that can is #8",
    "ffffff": "cannot be read on white. The nearest color",
    "red": "This is no color",
    "#12": "This is no color",
    "<b>": "This is no color",
    "#1d4e89": "",
    "": "",
}


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_that_cannot_be_read_is_told_with_one_that_can(colour: str, embeds) -> None:
    instance = embeds(LISTED)
    answer = instance.client.get(path_of(instance), query_string={"accent": colour})
    assert COLOURS[colour] in words(answer)
    assert ('id="accent-error"' in answer.get_data(as_text=True)) == bool(COLOURS[colour])


@pytest.mark.parametrize(
    "query", ["language=xx", "theme=red", "show=", "show=nothing", "compact=%00", "lang=xx", "accent=" + "a" * 9000]
)
def test_what_cannot_be_had_is_left_out(query: str, embeds) -> None:
    instance = embeds(LISTED)
    for part in ("", "/preview"):
        assert instance.client.get(f"{path_of(instance)}{part}?{query}").status_code == 200


# -- Test my site


def test_the_console_leads_to_the_pages_of_partners(embeds) -> None:
    console = create_console(embeds(LISTED).app.extensions["clarion.settings"])
    assert console.test_client().get("/staff/embeds/library").status_code == 303
    lead, partner = staff_browser(console), staff_browser(console, "writers", "analyst")
    stranger = staff_browser(console, "readers-of-maps")
    assert stranger.get("/staff/embeds/library").status_code == 404
    for browser, names in ((lead, {"Writers"}), (partner, {"Writers"})):
        answer = browser.get("/staff/embeds/library")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert set(re.findall(r'<a href="/partners/[^"]+">(\w+)</a>', answer.get_data(as_text=True))) == names
