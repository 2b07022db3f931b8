"""Reading reasons: shown, hidden, undone, many at a time, and only those of one's own campaign."""

from __future__ import annotations

import re

from clarion.extensions import db, transaction
from clarion.signatures.models import Reason
from clarion.testing import link

PATH = "/staff/campaigns/library/reasons"


def sign(site, number: int, words: str, **more: str) -> None:
    site.instance.sign("library", email=f"signer{number}@readers.example", reason=words, **more)
    site.instance.work()
    site.instance.confirm(link(site.instance.mails()[-1], "confirm"))
    site.instance.work()


def ids(person, state: str = "waiting") -> list[str]:
    return re.findall(r'type="checkbox" name="reason" value="(\d+)"', person.get(f"{PATH}?state={state}").text)


def test_they_wait_are_shown_and_the_decision_is_undone(site, logged_in) -> None:
    for n, words in enumerate(("Because of Ana.", "Por los libros.")):
        sign(site, n, words, **({"language": "es"} if n else {}))
    ana = logged_in(role="moderator")
    assert "Because of Ana." in ana.get(PATH).text
    both = ids(ana)
    assert len(both) == 2
    done = ana.post(PATH, "/staff/", reason=both, state="approved", back="waiting")
    page = ana.get(done.headers["Location"])
    assert "2 reasons are shown now." in page.text
    assert ids(ana) == []
    assert sorted(ids(ana, "approved")) == sorted(both)
    undone = dict(re.findall(r'type="hidden" name="(state|back)" value="(\w+)"', page.text))
    assert undone == {"state": "waiting", "back": "waiting"}
    ana.post(PATH, "/staff/", reason=both, **undone)
    assert ids(ana) == both
    ana.post(PATH, "/staff/", reason=both[:1], state="hidden", back="waiting")
    assert (ids(ana), ids(ana, "hidden")) == (both[1:], both[:1])


def test_what_one_had_better_look_at_is_marked_and_never_decided(site, logged_in) -> None:
    sign(site, 1, "See www.elsewhere.example or call 202 555 0100")
    sign(site, 2, "THIS IS WRONG AND EVERYBODY KNOWS IT")
    sign(site, 3, "<script>alert(1)</script> & friends")
    page = logged_in(role="moderator").get(PATH).text
    assert page.count('class="hint"') == 3
    assert "<script>alert(1)" not in page


def test_another_campaigns_reason_is_not_touched(site, make_folder, logged_in) -> None:
    site.instance.publish(make_folder("museum"))
    sign(site, 1, "Mine.")
    with site.instance.app.app_context():
        with transaction() as session:
            session.query(Reason).update({"state": "waiting"})
        number = db.session.query(Reason.id).scalar()
    ana = logged_in(role="moderator")
    answer = ana.post("/staff/campaigns/museum/reasons", "/staff/", reason=[str(number)], state="approved")
    assert "done=approved&ids=" in answer.headers["Location"]
    assert answer.headers["Location"].endswith("ids=")
    assert ids(ana) == [str(number)]


def test_odd_input_is_refused_calmly(site, logged_in) -> None:
    ana = logged_in(role="moderator")
    for fields in (
        {"state": "gone"},
        {"state": "approved", "reason": ["x", "-1", "9" * 40, "²"]},
        {"back": "x", "state": "hidden"},
    ):
        assert ana.post(PATH, "/staff/", **fields).status_code in (303, 400)
    for query in ("state=x", "page=0", "page=x", "page=99999", "ids=1,2,x&done=approved", "done=x&ids=" + "9," * 3000):
        assert ana.get(f"{PATH}?{query}").status_code in (200, 404)
