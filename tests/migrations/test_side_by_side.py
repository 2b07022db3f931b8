"""Step 0003 with people's names in the database: the count stays exact up, down, and while two releases share it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import text

from clarion.domain.campaign import Campaign, Organisation
from clarion.extensions import db, transaction
from clarion.signatures import counting
from clarion.signatures.models import Signature
from rig.steps import application_at, step

READERS = Organisation("readers", "Readers", lead=True)
LIBRARY = Campaign("library", "live", ("en",), {}, (READERS, Organisation("writers", "Writers")))

# The statements of release 0002, as it writes them to whatever schema it finds.
THEIR_SIGNATURE = """
INSERT INTO signature (
  campaign_id, email_index, state, language, source, area, edition_id, show_name, reason_due, sealed, record,
  confirm_look_up, me_look_up, code_mark, code_tries, signed_at
) VALUES (1, :x, 'confirmed', 'en', 'page', 'US-200', 1, false, false, :x, :x, :x, :x, :x, 0, '2026-07-12')
"""
THEIR_STEP = "INSERT INTO count_delta (campaign_id, language, source, area, step) VALUES (1, 'en', 'page', 'US-200', 1)"
THEIR_TOTAL = """
INSERT INTO count_total (campaign_id, language, source, area, n) VALUES (1, 'en', 'page', 'US-200', 0)
ON CONFLICT DO NOTHING
"""
THEIR_ADDING = """
UPDATE count_total SET n = n + :n WHERE (campaign_id, language, source, area) = (1, 'en', 'page', 'US-200')
"""
THEIR_COUNT = "SELECT sum(n) FROM (SELECT n FROM count_total UNION ALL SELECT step FROM count_delta) AS both_of_them"


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database stands at step 0002 and holds one live campaign."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with application_at("0002", url, tmp_path, LIBRARY) as made:
        yield made


def they_sign(number: int) -> None:
    """A confirmed signature with its step, by release 0002."""
    with db.engine.begin() as connection:
        connection.execute(text(THEIR_SIGNATURE), {"x": number.to_bytes(16)})
        connection.execute(text(THEIR_STEP))


def they_fold() -> None:
    """Fold all that waits as release 0002 does, which knows nothing of organisations."""
    with db.engine.begin() as connection:
        waiting = connection.scalar(text("SELECT coalesce(sum(step), 0) FROM count_delta"))
        connection.execute(text(THEIR_TOTAL))
        connection.execute(text(THEIR_ADDING), {"n": waiting})
        connection.execute(text("DELETE FROM count_delta"))


def they_count() -> int:
    """What release 0002 shows."""
    with db.engine.connect() as connection:
        return int(connection.scalar(text(THEIR_COUNT)) or 0)


def we_sign(number: int, organisation: str) -> None:
    """A confirmed signature with its step, by this release."""
    they_sign(number)
    with transaction() as session:
        session.execute(text("DELETE FROM count_delta WHERE id = (SELECT max(id) FROM count_delta)"))
        signature = session.query(Signature).filter_by(email_index=number.to_bytes(16)).one()
        signature.organisation = organisation
        counting.add_step(session, signature, +1)


def test_what_is_there_is_the_leads(app: Flask) -> None:
    they_sign(1)
    they_sign(2)
    they_fold()
    they_sign(3)
    step(command.upgrade, "head")
    assert counting.all_counts() == {1: 3}
    assert counting.drift() == {}
    assert counting.breakdown(1).by_organisation == (("readers", 3),)


def test_two_releases_side_by_side_keep_the_count_exact(app: Flask) -> None:
    """While a site is renewed both write, and either folds what the other wrote."""
    step(command.upgrade, "head")
    for number in range(0, 12, 4):
        they_sign(number)
        we_sign(number + 1, "readers")
        assert counting.fold() == 2
        they_sign(number + 2)
        we_sign(number + 3, "readers")
        they_fold()
        assert counting.all_counts() == {1: number + 4}
        assert they_count() == number + 4
        assert counting.drift() == {}
    assert counting.breakdown(1).by_organisation == (("readers", 12),)


def test_each_organisation_is_told_apart_without_a_second_row_in_the_totals(app: Flask) -> None:
    """The earlier release adds to every row with its four names: a second one would count its steps twice."""
    step(command.upgrade, "head")
    we_sign(1, "readers")
    we_sign(2, "writers")
    we_sign(3, "writers")
    assert counting.fold() == 3
    they_sign(4)
    they_fold()
    assert they_count() == 4
    assert counting.drift() == {}
    assert counting.breakdown(1).by_organisation == (("readers", 2), ("writers", 2))
    we_sign(5, "writers")
    they_fold()
    assert they_count() == 5
    assert counting.all_counts() == {1: 5}
    assert counting.drift() == {1: {("organisation", "readers"): 1, ("organisation", "writers"): -1}}


def test_the_way_back_keeps_the_count(app: Flask) -> None:
    step(command.upgrade, "head")
    for number, organisation in enumerate(("readers", "writers", "writers")):
        we_sign(number, organisation)
    counting.fold()
    we_sign(3, "writers")
    step(command.downgrade, "0002")
    assert they_count() == 4
    they_fold()
    they_sign(4)
    assert they_count() == 5
    step(command.upgrade, "head")
    assert counting.all_counts() == {1: 5}
    assert counting.drift() == {}
