"""Logging in by mail: who is known gets in, who is not is told the same, and nothing is good twice."""

from __future__ import annotations

import re

from clarion.console import create_console
from clarion.staff import tickets
from clarion.staff.marks import Marks

from .conftest import Site


def test_by_the_link_of_a_mail(site) -> None:
    site.give("ana@readers.example")
    ana = site.person()
    assert ana.get("/staff/").headers["Location"].startswith("/staff/login")
    answer = ana.log_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/")
    page = ana.get("/staff/")
    assert page.status_code == 200
    assert "Keep the library open" in page.get_data(as_text=True)


def test_the_first_one_of_an_empty_site_begins_for_their_own_organisation(make_instance) -> None:
    instance = make_instance()
    site = Site(instance, create_console(instance.app.extensions["clarion.settings"]))
    with site.console.app_context():
        ticket = tickets.make("setup")
        token = Marks(site.console.extensions["clarion.keyring"]).token("setup", ticket.id, ticket.nonce)
    ana = site.person()
    path = f"/staff/setup/{token}"
    wrong = ana.post(path, path, email="ana", named="Casa del Barrio")
    assert (wrong.status_code, 'value="Casa del Barrio"' in wrong.text) == (422, True)
    assert ana.post(path, path, email="ana@casa.example", named="Casa del Barrio").status_code == 303
    assert "casa-del-barrio" in ana.get("/staff/").text
    new = "/staff/campaigns/new"
    made = ana.post(
        new, new, text="Open the park\n\nWe ask you to open it.", slug="park", organisation="casa-del-barrio"
    )
    assert made.status_code == 303
    assert 'value="Casa Del Barrio"' in ana.get("/staff/campaigns/park/texts").text
    assert site.person().get(path).status_code == 410, "there is somebody now"


def test_by_the_code_in_the_browser_that_asked(site) -> None:
    site.give("ana@readers.example")
    ana, stranger = site.person(), site.person()
    place = ana.ask().headers["Location"]
    ticket = re.search(r"ticket=(\d+)", place)[1]
    code = site.code("ana@readers.example")
    assert stranger.post("/staff/login/code", ticket=ticket, code=code).status_code == 422
    assert ana.post("/staff/login/code", ticket=ticket, code=f"{code[:3]} {code[3:]}").status_code == 303
    assert ana.get("/staff/").status_code == 200


def test_an_address_that_is_not_known_is_answered_alike(site) -> None:
    site.give("ana@readers.example")
    known, unknown = site.person(), site.person("nobody@readers.example")
    answers = [known.ask(), unknown.ask()]
    assert [answer.status_code for answer in answers] == [303, 303]
    pages = [
        re.sub(r'value="[0-9a-f]*"|ticket=\d+', "", person.get(answer.headers["Location"]).get_data(as_text=True))
        for person, answer in zip((known, unknown), answers, strict=True)
    ]
    assert pages[0] == pages[1]
    assert site.mails("nobody@readers.example") == []
    assert len(site.mails("ana@readers.example")) == 1
