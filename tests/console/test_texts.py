"""From a pasted petition to a live one, and two who write in it at the same time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clarion.campaigns import sources
from clarion.campaigns.live import live_campaigns

PASTED = Path(__file__).parents[1] / "campaigns" / "pasted"
NEW = "/staff/campaigns/new"
TEXTS = "/staff/campaigns/buses/texts"


def paste(person, name: str = "mail", slug: str = "buses"):
    text = (PASTED / f"{name}.txt").read_text("utf-8")
    return person.post(NEW, NEW, text=text, slug=slug, organisation="readers")


def base(person, path: str = TEXTS) -> str:
    return re.search(r'name="base" value="(\d+)"', person.get(path).text)[1]


def latest(site, slug: str = "buses") -> sources.Source:
    with site.console.app_context():
        found = sources.latest(slug)
    assert found
    return found


def public(site, path: str) -> tuple[int, str]:
    with site.instance.app.app_context():
        live_campaigns().forget()
    answer = site.instance.client.get(path)
    return answer.status_code, answer.text


def test_a_pasted_petition_goes_live(site, logged_in) -> None:
    ana = logged_in()
    made = paste(ana)
    assert made.headers["Location"] == TEXTS
    page = ana.get(TEXTS).text
    assert "Keep the night buses running" in page
    assert "Nothing is missing." in page
    assert public(site, "/buses/en")[0] == 404, "nobody sees a draft"
    launched = ana.post("/staff/campaigns/buses/status", TEXTS, base=base(ana), status="live")
    assert launched.headers["Location"] == "/staff/campaigns/buses"
    status, page = public(site, "/buses/en")
    assert status == 200
    assert "keep the fare at 2 dollars" in page
    assert "Nurses, cooks and cleaners" in page
    assert ana.post("/staff/campaigns/buses/status", TEXTS, base=base(ana), status="paused").status_code == 303
    assert "button" in public(site, "/buses/en")[1]
    assert site.instance.client.get("/buses.json").json["status"] == "paused"


def test_what_is_missing_keeps_it_from_going_live_and_nothing_is_lost(site, logged_in) -> None:
    ana = logged_in()
    paste(ana, "dc-sanctuary", "protect")
    path = "/staff/campaigns/protect/texts"
    page = ana.get(path).text
    assert "Español, title: there is no title" in page
    assert "it breaks off in the middle: Robert White, Jr." in page
    switched = ana.post(path, path, base=base(ana, path), on=["en", "es"])
    assert switched.status_code == 303
    assert "It can go live once what is wrong above is mended." in ana.get(path).text
    refused = ana.post("/staff/campaigns/protect/status", path, base=base(ana, path), status="live")
    assert refused.status_code == 422
    assert public(site, "/protect/es")[0] == 404
    ana.post(path, path, base=base(ana, path), **{"es.title": "Alcaldesa: proteja a los vecinos"})
    assert ana.post("/staff/campaigns/protect/status", path, base=base(ana, path), status="live").status_code == 303
    assert "Alcaldesa: proteja a los vecinos" in public(site, "/protect/es")[1]


def test_two_who_write_in_different_places_lose_nothing(site, logged_in) -> None:
    ana, ben = logged_in(), logged_in("ben@readers.example")
    paste(ana)
    seen = base(ana)
    assert ana.post(TEXTS, TEXTS, base=seen, **{"en.title": "Buses all night"}).status_code == 303
    assert ben.post(TEXTS, TEXTS, base=seen, goal="5000").status_code == 303
    files = latest(site).files
    assert "title: Buses all night" in files["en.md"]
    assert "goal = 5000" in files["campaign.toml"]


def test_two_who_write_in_one_place_are_shown_to_each_other(site, logged_in) -> None:
    ana, ben = logged_in(), logged_in("ben@readers.example")
    paste(ana)
    seen = base(ana)
    ana.post(TEXTS, TEXTS, base=seen, **{"en.title": "Buses all night"})
    clash = ben.post(TEXTS, TEXTS, base=seen, **{"en.title": "Run the buses", "goal": "700"})
    assert clash.status_code == 409
    assert "Run the buses" in clash.text
    assert "Buses all night" in clash.text
    assert "title: Buses all night" in latest(site).files["en.md"], "nothing was overwritten"
    again = re.search(r'name="base" value="(\d+)"', clash.text)[1]
    assert ben.post(TEXTS, TEXTS, base=again, **{"en.title": "Run the buses", "goal": "700"}).status_code == 303
    assert "title: Run the buses" in latest(site).files["en.md"]


def test_what_goes_live_is_what_was_seen(site, logged_in) -> None:
    ana, ben = logged_in(), logged_in("ben@readers.example")
    paste(ana)
    seen = base(ana)
    ben.post(TEXTS, TEXTS, base=seen, **{"en.title": "Something else"})
    answer = ana.post("/staff/campaigns/buses/status", TEXTS, base=seen, status="live")
    assert answer.headers["Location"].startswith(TEXTS)
    assert public(site, "/buses/en")[0] == 404


def test_what_the_console_does_not_edit_stays(site, logged_in) -> None:
    ana = logged_in()
    path = "/staff/campaigns/library/texts"
    before = sources.read_folder(site.instance.home / "campaigns" / "library")
    ana.get(path)
    with site.console.app_context():
        assert sources.latest("library") is None, "to look changes nothing"
    ana.post(path, path, base=base(ana, path), **{"es.title": "Otra"})
    after = latest(site, "library").files
    assert after["campaign.toml"] == before["campaign.toml"]
    assert after["en.md"] == before["en.md"]
    assert "thanks: Gracias." in after["es.md"]
    assert "title: Otra" in after["es.md"]


def test_recipients_are_added_and_taken_out(site, logged_in) -> None:
    ana = logged_in()
    paste(ana)
    people = {
        "recipient-role": ["to", "cc", "to"],
        "recipient-name": ["Luz Alvarez", "Omar Diaz", ""],
        "recipient-office": ["Mayor", "Clerk", "Nobody"],
        "recipient-email": ["luz@city.example", "", ""],
    }
    assert ana.post(TEXTS, TEXTS, base=base(ana), **people).status_code == 303
    assert latest(site).files["recipients.csv"].splitlines()[1:] == [
        "to,Luz Alvarez,Mayor,luz@city.example,,,,",
        "cc,Omar Diaz,Clerk,,,,,",
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "Paste the petition"),
        ({"text": "x" * 200_001}, "too long"),
        ({"text": "A title here\n\nAnd what we ask.", "slug": "Not Good"}, "short name for the address"),
        ({"text": "A title here\n\nAnd what we ask.", "slug": "library"}, "already"),
        ({"text": "A title here\n\nAnd what we ask.", "slug": "staff"}, "short name for the address"),
    ],
)
def test_bad_input_is_told_and_kept(logged_in, fields: dict[str, str], words: str) -> None:
    ana = logged_in()
    answer = ana.post(NEW, NEW, organisation="readers", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert fields["text"].strip()[:20] in answer.text


def test_nobody_begins_for_an_organisation_of_others(logged_in) -> None:
    ana = logged_in()
    assert ana.post(NEW, NEW, organisation="writers", text="A title here\n\nWe ask.").status_code == 404
    moderator = logged_in("mo@readers.example", role="moderator")
    assert moderator.get(NEW).status_code == 403


def test_a_draft_is_nobody_elses(site, logged_in) -> None:
    ana = logged_in()
    paste(ana, "dc-sanctuary", "protect")
    eve = logged_in("eve@strangers.example", "strangers", "owner")
    assert eve.get("/staff/campaigns/protect/texts").status_code == 404
    assert "protect" not in eve.get("/staff/").text


def test_odd_fields_break_nothing(site, logged_in) -> None:
    ana = logged_in()
    paste(ana)
    for odd in (
        {"en.title": "--- :\n---\n|"},
        {"en.title": '"quoted" and: more', "en.ask": "---\n---"},
        {"goal": "-1"},
        {"goal": "many"},
        {"lead.email": "nobody"},
        {"add": "xx"},
        {"add": "es"},
        {"on": ["xx", ""]},
        {"en.why": "<script>alert(1)</script>"},
    ):
        assert ana.post(TEXTS, TEXTS, base=base(ana), **odd).status_code == 303, odd
        page = ana.get(TEXTS)
        assert page.status_code == 200, odd
        assert "<script>alert(1)" not in page.text
    assert ana.post(TEXTS, TEXTS, base="999").status_code == 400
