"""What staff are mailed: links that are good once and in time, few enough, and invitations."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine

from clarion.extensions import now

from .conftest import Site

ANA = "ana@readers.example"


def test_a_link_is_good_once_and_for_a_quarter_of_an_hour(site) -> None:
    site.give(ANA)
    with time_machine.travel(now(), tick=False) as clock:
        ana = site.person()
        ana.ask()
        link = site.link(ANA)
        scanner = site.person()
        assert scanner.get(link).status_code == 200, "a mail scanner follows links and changes nothing"
        assert ana.post(link).status_code == 303
        assert site.person().post(link).status_code == 410
        site.person().ask()
        late = site.link(ANA)
        clock.shift(timedelta(minutes=16))
        assert site.person().get(late).status_code == 410
        assert site.person().post(late).status_code == 410
        assert site.person().post(late[:-3] + "AAA").status_code == 410


def test_wrong_codes_use_up_the_tries_of_that_browser_only(site) -> None:
    site.give(ANA)
    ana, stranger = site.person(), site.person()
    ticket = _ticket(ana.ask())
    code = site.code(ANA)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(9):
        assert stranger.post("/staff/login/code", ticket=ticket, code=wrong).status_code == 422
    assert ana.post("/staff/login/code", ticket=ticket, code=code).status_code == 303
    ben = site.person()
    ticket = _ticket(ben.ask())
    code = site.code(ANA)
    for _ in range(5):
        ben.post("/staff/login/code", ticket=ticket, code="000000" if code != "000000" else "111111")
    assert ben.post("/staff/login/code", ticket=ticket, code=code).status_code == 422
    assert ben.post(site.link(ANA)).status_code == 303, "the link of the mail is good all the same"


def _ticket(answer) -> str:
    return re.search(r"ticket=(\d+)", answer.headers["Location"])[1]


def test_asking_again_and_again_fills_no_mailbox_and_locks_nobody_out(site) -> None:
    site.give(ANA)
    with time_machine.travel(now(), tick=False) as clock:
        first = site.person()
        first.ask()
        link = site.link(ANA)
        for _ in range(20):
            assert site.person().ask().status_code == 303
        assert len(site.mails(ANA)) == 6
        assert first.post(link).status_code == 303
        clock.shift(timedelta(minutes=61))
        site.person().ask()
        assert len(site.mails(ANA)) == 7


def test_one_network_does_not_fill_the_database(site) -> None:
    site.give(ANA)
    ana = site.person()
    ana.ask()
    link = site.link(ANA)
    answers = [ana.post("/staff/login", email=f"nobody{n}@readers.example").status_code for n in range(130)]
    assert answers[:100] == [303] * 100
    assert answers[-1] == 429
    assert ana.post("/staff/login/challenge").status_code == 429
    assert ana.post(link).status_code == 303, "who has a mail gets in all the same"


def test_what_is_no_address_is_told_and_kept(site) -> None:
    answer = site.person("ana readers").ask()
    assert answer.status_code == 422
    assert 'value="ana readers"' in answer.get_data(as_text=True)


def test_who_is_invited_is_in_with_the_mail_and_in_no_other_way(site: Site, logged_in) -> None:
    ana = logged_in(role="owner")
    people = "/staff/organisations/readers/people"
    invited = ana.post(f"{people}/invite", people, email="Ben@Readers.example", role="moderator")
    assert invited.status_code == 303
    assert "ben@readers.example" in ana.get(people).get_data(as_text=True)
    assert "ana@readers.example" in site.mails("ben@readers.example")[-1]
    link = site.link("ben@readers.example")
    ben = site.person("ben@readers.example")
    assert ben.get(link).status_code == 200
    assert ben.post(link).status_code == 303
    assert ben.get("/staff/campaigns/library/reasons").status_code == 200
    assert ben.get(people).status_code == 200
    assert ben.post(f"{people}/invite", people, email="cem@readers.example", role="owner").status_code == 403
    assert site.person().post(link).status_code == 410


def test_an_invitation_that_was_taken_back_is_nothing(site, logged_in) -> None:
    ana = logged_in(role="owner")
    people = "/staff/organisations/readers/people"
    ana.post(f"{people}/invite", people, email="ben@readers.example", role="owner")
    link = site.link("ben@readers.example")
    number = re.search(r"/invitations/(\d+)/take-back", ana.get(people).get_data(as_text=True))[1]
    assert ana.post(f"{people}/invitations/{number}/take-back", people).status_code == 303
    assert site.person().get(link).status_code == 410
    assert site.person().post(link).status_code == 410


def test_the_last_owner_stays(site, logged_in) -> None:
    ana = logged_in(role="owner")
    number = site.give(ANA, role="owner")
    people = "/staff/organisations/readers/people"
    for what, more in (("remove", {}), ("role", {"role": "editor"})):
        answer = ana.post(f"{people}/{number}/{what}", people, **more)
        assert answer.status_code == 422
        assert "needs an owner" in answer.get_data(as_text=True)
    assert ana.get(people).status_code == 200
