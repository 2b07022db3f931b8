"""Who brought a signature: share links, tags of addresses, and what is counted of it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, insert, select

from clarion.campaigns.live import live_campaigns
from clarion.domain.areas import SMALL_AREA
from clarion.examination import examine
from clarion.extensions import db, transaction
from clarion.signatures import counting, origins
from clarion.signatures.models import LINK, SHARE, CountArrival, CountDelta, Signature
from clarion.signatures.sharecodes import Shared, share_codes
from clarion.testing import Instance, link, plain


def signatures(instance: Instance) -> list[Signature]:
    with instance.context():
        return list(db.session.scalars(select(Signature).order_by(Signature.id)))


def code_in(page: str) -> str:
    """The code of the share link that a page shows as the reader's own."""
    found = re.search(r'id="own-link" value="[^"]*[?]via=([\w-]{14})"', page)
    assert found, page
    return found[1]


def code_in_mail(words: str) -> str:
    """The one code in a mail."""
    (found,) = set(re.findall(r"(?:[?]via=|%3Fvia%3D)([\w-]{14})", words))
    return str(found)


def code_of(instance: Instance, brought_by: str, source: str = SHARE, slug: str = "library") -> str:
    with instance.context():
        live = live_campaigns().get(slug)
        assert live
        return share_codes().make(live, Shared(brought_by, source))


def sign(instance: Instance, who: str, query: str = "", language: str = "en") -> str:
    """Sign as somebody who came by an address with this query; gives the code that the page after it shows."""
    page = instance.client.get(f"/library/{language}{query}").get_data(as_text=True)
    (arrival,) = re.findall(r'name="arrival" value="([^"]*)"', page)
    arrival = arrival.replace("&amp;", "&")
    answer = instance.sign("library", language, email=f"{who}@readers.example", arrival=arrival)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return code_in(instance.client.get(answer.headers["Location"]).get_data(as_text=True))


def confirm_all(instance: Instance) -> None:
    instance.work()
    for mail in instance.mails():
        if "/confirm/" in plain(mail):
            instance.confirm(link(mail, "confirm"))


def told(instance: Instance) -> counting.Breakdown:
    with instance.context():
        assert counting.drift() == {}
        return counting.breakdown(1)


def test_each_link_of_a_chain_can_be_used_at_once(either_instance: Instance) -> None:
    first = sign(either_instance, "ana")
    second = sign(either_instance, "bea", f"?via={first}", "es")
    sign(either_instance, "cora", f"?via={second}")
    ana, bea, cora = signatures(either_instance)
    assert [s.source for s in (ana, bea, cora)] == ["page", "share", "share"]
    assert {s.brought_by for s in (ana, bea, cora)} == {"readers"}
    confirm_all(either_instance)
    before = told(either_instance)
    assert (before.by_source, before.by_brought, before.by_share) == (
        (("share", 2), ("page", 1)),
        (("readers", 3),),
        (("readers", 2),),
    )
    either_instance.work()
    assert told(either_instance) == before, "folding changes nothing"


def test_who_comes_by_a_link_is_counted_to_who_brought_the_first(either_instance: Instance) -> None:
    code = code_of(either_instance, "writers")
    later = sign(either_instance, "ana", f"?via={code}")
    sign(either_instance, "bea", f"?via={later}")
    ana, bea = signatures(either_instance)
    assert {(s.source, s.organisation, s.brought_by) for s in (ana, bea)} == {("share", "readers", "writers")}
    confirm_all(either_instance)
    for _ in range(2):
        found = told(either_instance)
        assert found.by_organisation == (("readers", 2),)
        assert found.by_brought == (("writers", 2),)
        assert found.by_share == (("writers", 2),)
        either_instance.work()
    me = link(next(m for m in reversed(either_instance.mails()) if "/me/" in plain(m)), "me")
    either_instance.client.post(me, data={"action": "withdraw"})
    assert told(either_instance).by_brought == (("writers", 1),)
    either_instance.client.post(me, data={"action": "sign-again"})
    either_instance.work()
    assert told(either_instance).by_brought == (("writers", 2),)
    either_instance.client.post(me, data={"action": "erase"})
    assert told(either_instance).by_brought == (("writers", 1),)


def test_a_forged_or_foreign_code_is_left_out_and_the_signature_counts(either_instance: Instance, make_folder) -> None:
    either_instance.publish(make_folder("bridge"))
    good = code_of(either_instance, "writers")
    swapped = "A" if good[9] != "A" else "B"
    for who, code in {
        "ana": good[:9] + swapped + good[10:],
        "bea": code_of(either_instance, "writers", slug="bridge"),
        "cora": "A" * 14,
        "dina": good[:-1],
        "eva": good + "A",
    }.items():
        sign(either_instance, who, f"?via={code}")
    for signature in signatures(either_instance):
        assert (signature.source, signature.brought_by) == ("page", "readers")


def test_an_organisations_own_link_is_no_signers(either_instance: Instance) -> None:
    code = code_of(either_instance, "writers", LINK)
    assert code == code_of(either_instance, "writers", LINK), "it can be printed"
    assert len({code, code_of(either_instance, "readers", LINK), code_of(either_instance, "writers")}) == 3
    own = sign(either_instance, "ana", f"?via={code}")
    sign(either_instance, "bea", f"?via={own}")
    ana, bea = signatures(either_instance)
    assert (ana.source, ana.brought_by) == ("link", "writers")
    assert (bea.source, bea.brought_by) == ("share", "writers")
    confirm_all(either_instance)
    for _ in range(2):
        found = told(either_instance)
        assert (found.by_brought, found.by_share) == ((("writers", 2),), (("writers", 1),))
        either_instance.work()


def test_a_code_of_an_organisation_that_left_is_the_leads(either_instance: Instance) -> None:
    sign(either_instance, "ana", f"?via={code_of(either_instance, 'dancers')}")
    (ana,) = signatures(either_instance)
    assert (ana.source, ana.brought_by) == ("share", "readers")


def test_who_signs_again_changes_nothing_by_their_own_link_or_another(either_instance: Instance) -> None:
    own = sign(either_instance, "ana")
    for query in (f"?via={own}", f"?via={code_of(either_instance, 'writers')}&utm_source=mail"):
        sign(either_instance, "ana", query)
    (ana,) = signatures(either_instance)
    assert (ana.source, ana.brought_by, ana.origin) == ("page", "readers", "")


def test_all_whom_an_organisation_brought_pass_on_the_same_code(either_instance: Instance) -> None:
    """So none names its signer, to whoever holds the keys, and none depends on who is there (rule 5)."""
    codes = [sign(either_instance, who, f"?via={code_of(either_instance, 'writers')}") for who in ("ana", "bea", "ana")]
    assert set(codes) == {code_of(either_instance, "writers")}
    assert sign(either_instance, "cora") == code_of(either_instance, "readers") == code_of(either_instance, "")


def test_a_strangers_code_tells_nothing_of_who_brought_them(either_instance: Instance) -> None:
    """Whoever types an address gets a code that counts to the place where they typed it (rule 5)."""
    sign(either_instance, "ana", f"?via={code_of(either_instance, 'writers')}")
    assert signatures(either_instance)[0].brought_by == "writers"
    typed_by_another = sign(either_instance, "ana")
    sign(either_instance, "eve", f"?via={typed_by_another}")
    assert signatures(either_instance)[1].brought_by == "readers"


def test_from_the_mailbox_on_links_are_counted_to_who_brought_them(either_instance: Instance) -> None:
    sign(either_instance, "ana", f"?via={code_of(either_instance, 'writers')}")
    either_instance.work()
    path = link(either_instance.mails()[0], "confirm")
    pages = [either_instance.confirm(path), either_instance.client.get(path)]
    either_instance.work()
    thanks = either_instance.mails()[-1]
    pages.append(either_instance.client.get(link(thanks, "me")))
    codes = [code_in(page.get_data(as_text=True)) for page in pages]
    html = thanks.get_body(("html",))
    assert html is not None
    codes += [code_in_mail(plain(thanks)), code_in_mail(html.get_content())]
    assert set(codes) == {code_of(either_instance, "writers")}
    assert "%3Fvia%3D" + codes[-1] in html.get_content(), "the buttons of other services carry it too"
    me = link(thanks, "me")
    either_instance.client.post(me, data={"action": "withdraw"})
    assert "via=" not in either_instance.client.get(me).get_data(as_text=True)


def test_showing_a_link_writes_nothing(instance: Instance) -> None:
    location = instance.sign("library").headers["Location"]
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    instance.work()
    written: list[str] = []
    with instance.context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: written.append(args[2]))
    for path in (location, link(instance.mails()[0], "confirm"), link(instance.mails()[1], "me")):
        assert code_in(instance.client.get(path).get_data(as_text=True))
    assert [words for words in written if not words.lstrip().startswith(("SELECT", "PRAGMA", "BEGIN"))] == []


def test_signing_by_a_link_asks_the_database_nothing_more(either_instance: Instance) -> None:
    asked: list[str] = []
    with either_instance.context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    counts = []
    for who, arrival in (
        ("ana", ""),
        ("bea", "?utm_source=mail"),
        ("cora", f"?via={code_of(either_instance, 'writers')}"),
    ):
        either_instance.form_token("library")
        token = either_instance.form_token("library")
        asked.clear()
        form = {"token": token, "name": who, "email": f"{who}@readers.example", "arrival": arrival}
        assert either_instance.client.post("/library/en/sign", data=form).status_code == 303
        counts.append(sum("signature" in words and "campaign" not in words.split("FROM")[0] for words in asked))
    assert len(set(counts)) == 1


def test_tags_are_kept_and_junk_is_not(either_instance: Instance) -> None:
    sign(either_instance, "ana", "?utm_source=Mail&utm_medium=letter&utm_campaign=may")
    sign(either_instance, "bea", "?utm_source=bea%40readers.example&utm_medium=202-555-0143&utm_campaign=ok")
    sign(either_instance, "cora", "?utm_source=cora%40readers.example")
    sign(either_instance, "dina", "?host=evil.example")
    assert [s.origin for s in signatures(either_instance)] == ["utm:mail/letter/may", "utm://ok", "", ""]
    assert {s.source for s in signatures(either_instance)} == {"page"}


def add(steps: int, origin: str, brought_by: str = "readers", source: str = "page", step: int = 1) -> None:
    row = {"campaign_id": 1, "language": "en", "source": source, "area": "", "organisation": "readers"}
    with transaction() as session:
        row |= {"brought_by": brought_by, "origin": origin, "step": step}
        session.execute(insert(CountDelta).values([row] * steps))


def test_so_many_origins_are_told_apart_and_no_more(either_instance: Instance, monkeypatch) -> None:
    monkeypatch.setattr(origins, "MOST", 3)
    with either_instance.context():
        for number in range(6):
            add(SMALL_AREA, f"utm:tag{number}//")
            counting.fold()
        shown = dict(counting.breakdown(1).origins_of("readers"))
        assert shown == {"other": 30, "utm:tag0//": 10, "utm:tag1//": 10, "utm:tag2//": 10}
        add(SMALL_AREA, "utm:tag0//")
        add(SMALL_AREA, "utm:tag4//")
        for _ in range(2):
            shown = dict(counting.breakdown(1).origins_of("readers"))
            assert (shown["utm:tag0//"], shown["other"]) == (20, 40)
            counting.fold()
        add(SMALL_AREA + 1, "utm:tag1//", step=-1)
        add(SMALL_AREA, "utm:tag4//", step=-1)
        counting.fold()
        assert dict(counting.breakdown(1).origins_of("readers")) == {"utm:tag0//": 20, "other": 30, "utm:tag2//": 10}
        assert db.session.scalar(select(func.count()).select_from(CountArrival)) == 4


def tags_counted() -> dict[str, int]:
    """What stands in clear of origins."""
    return {row.origin: row.n for row in db.session.scalars(select(CountArrival).where(CountArrival.origin != ""))}


def test_a_tag_goes_with_the_last_who_came_by_it(either_instance: Instance) -> None:
    """Whoever wrote the link may have put a name into it."""
    for who in ("ana", "bea"):
        sign(either_instance, who, "?utm_source=maria.lopez")
    confirm_all(either_instance)
    either_instance.work()
    pages = [link(mail, "me") for mail in either_instance.mails() if "/me/" in plain(mail)]
    for action, left in (("withdraw", {"utm:maria.lopez//": 1}), ("erase", {})):
        either_instance.client.post(pages.pop(), data={"action": action})
        either_instance.work()
        told(either_instance)
        with either_instance.context():
            assert tags_counted() == left


def test_a_place_that_a_tag_leaves_is_not_taken_by_one_that_was_put_with_the_others(
    either_instance: Instance, monkeypatch
) -> None:
    """Else it would be taken from where it never was, and the doctor would recount it there."""
    monkeypatch.setattr(origins, "MOST", 2)
    with either_instance.context():
        for steps, tag, step in (
            (1, "a", 1),
            (1, "b", 1),
            (3, "c", 1),
            (1, "a", -1),
            (1, "b", -1),
            (1, "c", -1),
            (1, "d", 1),
        ):
            add(steps, f"utm:{tag}//", step=step)
            counting.fold()
        assert tags_counted() == {"other": 3}
        add(2, "utm:c//", step=-1)
        add(1, "utm:d//", step=-1)
        counting.fold()
        assert tags_counted() == {"other": 0}


def test_many_who_fold_at_once_decide_once(either_instance: Instance, monkeypatch) -> None:
    monkeypatch.setattr(origins, "MOST", 20)
    monkeypatch.setattr(counting, "FOLD_PAGE", 40)
    with either_instance.context():
        for number in range(100):
            add(10, f"utm:tag{number % 50}//")

    def fold(_: int) -> int:
        with either_instance.context():
            return sum(iter(counting.fold, 0))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(fold, range(4))) == 1000
    with either_instance.context():
        rows = {row.origin: row.n for row in db.session.scalars(select(CountArrival))}
        assert sum(rows.values()) == 1000
        assert len(rows) == 21
        assert {n for origin, n in rows.items() if origin != "other"} == {20}, "each wholly in one place"


def test_origins_with_few_people_are_not_told(either_instance: Instance) -> None:
    """An organisation that gave each of its people a tag of their own would see who signed."""
    with either_instance.context():
        add(SMALL_AREA - 1, "utm:ana//")
        add(SMALL_AREA, "host:readers.example", source="embed")
        add(SMALL_AREA, "host:writers.example", brought_by="writers", source="embed")
        found = counting.breakdown(1)
        assert found.origins_of("readers") == (("host:readers.example", 10),)
        assert found.origins_of("writers") == (("host:writers.example", 10),)
        assert found.origins_of("dancers") == ()
        assert (found.by_organisation, found.by_brought) == ((("readers", 29),), (("readers", 19), ("writers", 10)))


def test_doctor_recounts_it(either_instance: Instance) -> None:
    sign(either_instance, "ana", f"?via={code_of(either_instance, 'writers')}&utm_source=mail")
    confirm_all(either_instance)
    either_instance.work()
    with either_instance.context():
        assert counting.drift() == {}
        with transaction() as session:
            session.execute(CountArrival.__table__.update().values(n=3))
        assert [line for well, line in examine() if not well] == [
            "counts are off: library brought readers -2, brought writers +2, origin writers utm:mail// +2, "
            "shared writers +2"
        ]


@pytest.mark.parametrize("path", ["/library/en/thanks", "/library/en/thanks?r=forged"])
def test_the_page_after_signing_without_a_reference_shows_the_plain_link(instance: Instance, path: str) -> None:
    page = instance.client.get(path).get_data(as_text=True)
    assert "via=" not in page
    assert 'id="own-link"' not in page


def test_new_and_repeat_signers_see_the_same_page(either_instance: Instance) -> None:
    """Same bytes, but for the reference, and the same length, though one was brought by another organisation."""
    sign(either_instance, "old", f"?via={code_of(either_instance, 'writers')}")
    confirm_all(either_instance)
    pages = []
    for who in ("old", "new"):
        location = either_instance.sign("library", email=f"{who}@readers.example").headers["Location"]
        page = either_instance.client.get(location).get_data(as_text=True)
        pages.append(page)
    hidden = re.compile(r"/confirm/[\w-]+")
    assert hidden.sub("", pages[0]) == hidden.sub("", pages[1])
    assert len(pages[0]) == len(pages[1])
