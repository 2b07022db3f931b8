"""Who may call: a good key in its header, nothing else; and how often."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from clarion.extensions import db, now, transaction
from clarion.rest import keys
from clarion.rest.models import ApiKey
from clarion.rest.pace import Pace
from clarion.settings import load_settings
from clarion.testing import Instance

from .conftest import Api, problem

OWN = "/campaigns/library/consents"


def test_a_key_is_shown_once_and_kept_as_a_hash(api: Api) -> None:
    key = api.key()
    assert re.fullmatch(r"clk_[A-Za-z0-9_-]{43}", key)
    with api.instance.context():
        (row,) = keys.listed()
        kept = [getattr(row, column.name) for column in ApiKey.__table__.columns]
    assert len(row.digest) == 32
    assert key not in str(kept)
    assert api.key() != key


def test_a_good_key_is_answered_and_its_day_noted(api: Api) -> None:
    key = api.key()
    assert api.call(OWN, key).status_code == 200
    with api.instance.context():
        assert keys.listed()[0].last_used_on == now().date()
    assert api.call(OWN, key).status_code == 200


def test_a_key_that_has_ended_is_none(api: Api) -> None:
    revoked, expired = api.key(), api.key()
    with api.instance.context():
        first, second = keys.listed()
        assert keys.revoke(first.id) is True
        assert keys.revoke(first.id) is False
        with transaction() as session:
            session.execute(update(ApiKey).filter_by(id=second.id).values(expires_at=now() - timedelta(seconds=1)))
        assert [keys.state(key) for key in db.session.scalars(select(ApiKey).order_by(ApiKey.id))] == [
            "revoked",
            "expired",
        ]
    for key in (revoked, expired):
        answer = api.call(OWN, key)
        problem(answer, 401, "key-needed")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer clk_", "Bearer clk_" + "A" * 5000, "Basic YTpi", "clk_x", "Bearer é"],
)
def test_what_is_no_key_is_told_so(quick: Api, header: str) -> None:
    for method, path in (("GET", OWN), ("POST", "/campaigns/library/signatures")):
        answer = quick.call(path, method=method, headers={"Authorization": header})
        problem(answer, 401, "key-needed")


def test_a_key_may_do_what_it_says_only(quick: Api) -> None:
    key = quick.key(scopes=("signatures:write",))
    for path, scope in (("consents", "consents:read"), ("signers", "signers:read"), ("breakdown", "counts:read")):
        assert scope in problem(quick.call(f"/campaigns/library/{path}", key), 403, "scope-missing").detail
    reader = quick.key(scopes=("signers:read",))
    problem(quick.sign(key=reader), 403, "scope-missing")


def test_a_key_in_an_address_is_refused_wherever(quick: Api, capsys: pytest.CaptureFixture[str]) -> None:
    key = quick.key()
    for path in ("/campaigns", "/campaigns/library", "/campaigns/library/counts", OWN, "/campaigns/library/signers"):
        for query in (f"?key={key}", f"?x={key}", "?access_token=1", f"?cursor=a{key}"):
            told = problem(quick.call(path + query, key), 400, "key-in-address")
            assert "Authorization: Bearer" in told.detail
            assert key not in told.detail
    answer = quick.call(f"/campaigns/library/signatures?key={key}", key, method="POST", json={})
    problem(answer, 400, "key-in-address")
    assert key not in capsys.readouterr().out


def test_answers_say_what_is_left_and_end_in_429(make_instance, make_folder) -> None:
    made = make_instance(api={"key_per_minute": 3, "network_per_minute": 2})
    made.publish(make_folder())
    made.app.extensions["clarion.pace"].clock = lambda: 1_000_000.0
    api = Api(made)
    one, other = api.key(), api.key()
    answers = [api.call(OWN, one) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0", "r=0"]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"minute";q=3;w=60'}
    assert answers[3].headers["Retry-After"] == "20"
    problem(answers[3], 429, "too-many-calls")
    assert api.call(OWN, other).status_code == 200, "each key is counted by itself"
    tries = [api.call(OWN, f"clk_{number}").status_code for number in range(4)]
    assert tries == [401, 401, 429, 429], "who guesses keys is counted by network"
    assert api.sign().status_code == 429, "and so is who signs without one"
    assert api.call("/campaigns").status_code == 200, "what is public is not counted"


def test_all_processes_count_together_and_go_on_alone(instance: Instance) -> None:
    from rig.site import Valkey

    server = Valkey()
    settings = load_settings({"CLARION_HOME": str(instance.home)}, broker={"url": server.url})
    processes = [Pace(settings, lambda: 1_000_000.0) for _ in range(2)]
    standings = [process.count("key:1", 16) for _ in range(8) for process in processes]
    assert {standing.reset for standing in standings} == {20}
    assert (standings[-1].remaining, standings[-2].remaining) == (0, 1)
    assert processes[0].count("key:1", 16).remaining == -1
    server.stop()
    assert processes[1].count("key:1", 16).remaining == 16 - 9, "this one's own calls"


def test_the_store_and_the_counts_know_no_address(quick: Api) -> None:
    quick.call(OWN, "clk_x")
    (mark,) = quick.instance.app.extensions["clarion.pace"]._seen
    assert re.fullmatch(r"[0-9a-f]{32}", mark)
