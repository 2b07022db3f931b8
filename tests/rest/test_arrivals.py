"""How a signer came, told by a program; and what an organisation may read of it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from clarion.campaigns.live import live_campaigns
from clarion.extensions import db, transaction
from clarion.signatures.models import CountDelta, Signature
from clarion.signatures.sharecodes import Shared, share_codes

from .conftest import Api, problem


def code(api: Api) -> str:
    with api.instance.context():
        live = live_campaigns().get("library")
        assert live
        return share_codes().make(live, Shared("writers"))


def test_a_program_says_how_a_signer_came(api: Api) -> None:
    answer = api.sign(via=code(api), utm_source="Mail", utm_medium="", utm_campaign="may", key=api.key("readers"))
    assert answer.status_code == 202
    with api.instance.context():
        (row,) = db.session.scalars(select(Signature))
        assert (row.source, row.organisation, row.brought_by) == ("api", "readers", "writers")
        assert row.origin == "utm:mail//may"


def test_a_forged_code_is_answered_like_a_good_one(quick: Api) -> None:
    good, forged = quick.sign(via=code(quick)), quick.sign(via="A" * 14, email="bea@readers.example")
    assert (good.status_code, good.data) == (forged.status_code, forged.data)
    with quick.instance.context():
        brought = db.session.scalars(select(Signature.brought_by).order_by(Signature.id))
        assert list(brought) == ["writers", "readers"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("via", "x", "no code of a share link"),
        ("via", "A" * 13 + "=", "no code of a share link"),
        ("via", 7, "text"),
        ("utm_source", "ana@example.org", "a tag of at most 40"),
        ("utm_medium", "202-555-0143", "a tag of at most 40"),
        ("utm_campaign", "a b", "a tag of at most 40"),
        ("utm_campaign", None, "text"),
        ("utm_source", "\ud800", "cannot be shown"),
        ("utm_term", "x", 'no "utm_term"'),
        ("host", "a.example", 'no "host"'),
        ("arrival", "?via=x", 'no "arrival"'),
    ],
)
def test_what_cannot_be_read_is_named(quick: Api, name: str, value: object, told: str) -> None:
    body = {"name": "Ana", "email": "ana@readers.example", "token": quick.token(), name: value}
    answer = quick.call("/campaigns/library/signatures", method="POST", json=body)
    errors = problem(answer, 422, "fields-invalid").errors
    assert errors is not None
    assert list(errors) == [name]
    assert told in errors[name][0]


def test_an_organisation_reads_who_brought_how_many_and_only_its_own_origins(api: Api) -> None:
    row = {"campaign_id": 1, "language": "en", "area": "", "organisation": "readers", "step": 1}
    with api.instance.context(), transaction() as session:
        for brought_by, source, origin, n in (
            ("readers", "page", "utm:mail//", 12),
            ("writers", "share", "utm:radio//", 11),
            ("writers", "share", "utm:few//", 2),
        ):
            more = {"brought_by": brought_by, "source": source, "origin": origin}
            session.execute(insert(CountDelta).values([{**row, **more}] * n))
    for _ in range(2):
        for who, origins in (("readers", {"utm:mail//": 12}), ("writers", {"utm:radio//": 11})):
            told = api.call("/campaigns/library/breakdown", api.key(who)).get_json()
            assert told["by_organisation"] == {"readers": 25}
            assert told["by_brought"] == {"writers": 13, "readers": 12}
            assert told["by_share"] == {"writers": 13}
            assert told["origins"] == origins
        api.instance.work()
