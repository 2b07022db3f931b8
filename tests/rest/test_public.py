"""What everyone may read: campaigns, and counts that are exact."""

from __future__ import annotations

from datetime import datetime

import pytest

from clarion.campaigns.live import Live, init_live
from clarion.domain.areas import SMALL_AREA
from clarion.extensions import now
from clarion.rest import service
from clarion.rest.schema import Breakdown, Campaign, CampaignList, Counts
from clarion.testing import TABLE, Instance, link

from .conftest import Api, problem


def test_the_list_comes_in_pages(api: Api, make_folder) -> None:
    for slug in ("alpha", "beta", "gamma"):
        api.instance.publish(make_folder(slug))
    seen, path = [], "/campaigns?limit=2"
    while path:
        page = CampaignList.model_validate(api.call(path).get_json())
        assert len(page.data) <= 2
        seen += [one.slug for one in page.data]
        path = f"/campaigns?limit=2&cursor={page.next}" if page.next else ""
    assert seen == ["gamma", "beta", "alpha", "garden", "library"]


def test_a_campaign_says_what_its_form_asks(api: Api) -> None:
    told = Campaign.model_validate(api.call("/campaigns/library").get_json())
    assert told.titles == {"en": "Keep the library open", "es": "Que siga la biblioteca"}
    assert [(one.name, one.required) for one in told.fields] == [
        ("name", True),
        ("email", True),
        ("postal_code", False),
        ("phone", False),
        ("reason", False),
        ("show_name", False),
    ]
    assert [one.name for one in told.consents] == ["consent-readers-email", "consent-writers-email"]
    assert all(set(one.wording) == {"en", "es"} for one in told.consents)
    assert [(one.id, one.lead) for one in told.organisations] == [("readers", True), ("writers", False)]
    assert told.form_token
    assert told.urls["es"] == "http://127.0.0.1:8000/library/es"
    assert [(one.role, one.name, one.office) for one in told.recipients] == [("to", "Ana Mayor", {"en": "Mayor"})]
    assert "mayor@city.example" not in str(told), "a recipient's address is nobody's business"


def test_a_box_is_told_in_its_organisations_own_words(quick: Api, make_folder) -> None:
    own = {"en": "Yes, the Writers may email me.", "es": "Sí, Writers puede escribirme."}
    lines = "".join(f'consent.email.{code} = "{words}"\n' for code, words in own.items())
    quick.instance.publish(make_folder("archive", {"campaign.toml": TABLE + lines}))
    told = Campaign.model_validate(quick.call("/campaigns/archive").get_json())
    assert [dict(one.wording) == own for one in told.consents] == [False, True]


def test_public_answers_are_open_and_cached(quick: Api) -> None:
    for path in ("/campaigns", "/campaigns/library", "/campaigns/library/counts"):
        answer = quick.call(path, headers={"Origin": "https://anywhere.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "public" in answer.headers["Cache-Control"]
        again = quick.call(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Set-Cookie" not in answer.headers


def test_drafts_and_unknown_ones_are_alike(quick: Api, make_folder) -> None:
    quick.instance.publish(make_folder("secret", {"campaign.toml": TABLE.replace('"live"', '"draft"')}))
    assert "secret" not in quick.call("/campaigns").get_data(as_text=True)
    key = quick.key()
    for part in ("", "/counts", "/breakdown", "/consents", "/signers"):
        draft, unknown = (quick.call(f"/campaigns/{slug}{part}", key) for slug in ("secret", "nothing"))
        problem(draft, 404)
        assert draft.data == unknown.data
    draft, unknown = (
        quick.call(f"/campaigns/{slug}/signatures", key, method="POST", json={}) for slug in ("secret", "nothing")
    )
    problem(draft, 404)
    assert draft.data == unknown.data


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=1.5",
        "limit=x",
        "limit=",
        "limit=" + "9" * 5000,
        "limit=1&limit=2",
        "page=-1",
        "offset=10",
        "limitt=2",
        "%ff=%fe",
        "cursor=a&cursor=b",
    ],
)
def test_what_cannot_be_asked_is_told_by_name(quick: Api, query: str) -> None:
    told = problem(quick.call(f"/campaigns?{query}"), 422, "query-invalid")
    assert told.errors
    if query == "limitt=2":
        assert 'Did you mean "limit"?' in told.errors["limitt"][0]


@pytest.mark.parametrize("cursor", ["x", "c", "cAAAA", "c" + "A" * 200, "1", "é", "c" + "A" * 60_000, "%00"])
def test_forged_cursors_are_refused(quick: Api, cursor: str) -> None:
    problem(quick.call(f"/campaigns?cursor={cursor}"), 400, "cursor-unknown")


def test_counts_are_exact_and_tell_how_they_grew(api: Api) -> None:
    api.signed(email="ana@readers.example")
    api.signed(email="bea@readers.example", language="es")
    assert api.instance.count("library") == 2
    told = Counts.model_validate(api.call("/campaigns/library/counts").get_json())
    assert (told.total, told.by_language, told.by_source) == (2, {"en": 1, "es": 1}, {"page": 2})
    assert told.before == 0
    assert sum(hour.n for hour in told.by_hour) == sum(day.n for day in told.by_day) == 2
    hour = told.by_hour[-1].from_
    assert hour.tzinfo is not None
    assert (now() - hour).total_seconds() < 2 * 3600
    assert [day.day for day in told.by_day] == sorted(day.day for day in told.by_day)
    assert datetime.fromisoformat(api.call("/campaigns/library/counts").get_json()["by_hour"][0]["from"]).minute == 0


def test_steps_that_wait_are_in_this_hour(api: Api) -> None:
    api.instance.sign("library")
    api.instance.work()
    api.instance.confirm(link(api.instance.mails()[-1], "confirm"))
    told = Counts.model_validate(api.call("/campaigns/library/counts").get_json())
    assert told.total == sum(day.n for day in told.by_day) == 1


def test_areas_are_for_members_and_small_ones_for_nobody(quick: Api) -> None:
    for number in range(SMALL_AREA):
        quick.instance.sign("library", email=f"ana{number}@readers.example", postal_code="20009")
    quick.instance.sign("library", email="bea@readers.example", postal_code="10001")
    quick.instance.work()
    for mail in quick.instance.mails():
        quick.instance.confirm(link(mail, "confirm"))
    quick.instance.work()
    assert "US-" not in quick.call("/campaigns/library/counts").get_data(as_text=True)
    told = Breakdown.model_validate(quick.call("/campaigns/library/breakdown", quick.key("writers")).get_json())
    assert told.total == SMALL_AREA + 1
    assert told.by_organisation == {"readers": SMALL_AREA + 1}
    assert "US-100" not in told.by_area
    assert sum(told.by_area.values()) + told.small_areas + told.area_unknown == told.total


def test_counts_stay_up_while_the_database_is_away(instance: Instance, monkeypatch) -> None:
    from sqlalchemy.exc import OperationalError

    api = Api(instance)
    known = api.call("/campaigns/library/counts").data

    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(service, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(service.counting, "breakdown", away)
    assert api.call("/campaigns/library/counts").data == known
    init_live(instance.app)
    monkeypatch.setattr(Live, "_read", away)
    answer = api.call("/campaigns/library/counts")
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/campaigns/Library", 404),
        ("GET", "/campaigns/library/nothing", 404),
        ("GET", "/campaigns/%00", 404),
        ("GET", "/campaigns/..%2f..", 404),
        ("POST", "/campaigns", 405),
        ("DELETE", "/campaigns/library", 405),
        ("GET", "/campaigns/library/signatures", 405),
        ("PUT", "/campaigns/library/signers", 405),
    ],
)
def test_every_error_is_problem_details(quick: Api, method: str, path: str, status: int) -> None:
    answer = quick.call(path, method=method)
    problem(answer, status)
    assert status != 405 or answer.headers["Allow"]


def test_a_strange_host_too(quick: Api) -> None:
    problem(quick.call("/campaigns", headers={"Host": "evil.example"}), 400)


def test_words_for_people_are_in_their_language(quick: Api) -> None:
    english = problem(quick.call("/nothing", headers={"Accept-Language": "en"}), 404)
    answer = quick.call("/nothing", headers={"Accept-Language": "es"})
    spanish = problem(answer, 404)
    assert english.detail != spanish.detail
    assert english.code == spanish.code
    assert answer.headers["Content-Language"] == "es"
