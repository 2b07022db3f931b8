"""Step 0007 with people's names in the database: who brought them stays right while two releases share it."""

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

# The statements of release 0006, as it writes them to whatever schema it finds.
THEIR_SIGNATURE = """
INSERT INTO signature (
  campaign_id, email_index, state, language, source, area, organisation, edition_id, show_name, reason_due, sealed,
  record, confirm_look_up, me_look_up, code_mark, code_tries, signed_at
) VALUES (1, :x, 'confirmed', 'en', 'embed', '', 'writers', 1, false, false, :x, :x, :x, :x, :x, 0, '2026-07-12')
"""
THEIR_STEP = """
INSERT INTO count_delta (campaign_id, language, source, area, organisation, step)
VALUES (1, 'en', 'embed', '', 'writers', 1)
"""
THEIR_FOLD = (
    "INSERT INTO count_total (campaign_id, language, source, area, n) "
    "SELECT campaign_id, language, source, area, 0 FROM count_delta WHERE true ON CONFLICT DO NOTHING",
    "UPDATE count_total SET n = n + (SELECT coalesce(sum(step), 0) FROM count_delta AS d WHERE "
    "d.language = count_total.language AND d.source = count_total.source AND d.area = count_total.area)",
    "INSERT INTO count_organisation (campaign_id, organisation, n) "
    "SELECT DISTINCT campaign_id, organisation, 0 FROM count_delta WHERE true ON CONFLICT DO NOTHING",
    "UPDATE count_organisation SET n = n + (SELECT coalesce(sum(step), 0) FROM count_delta AS d WHERE "
    "d.organisation = count_organisation.organisation)",
    "DELETE FROM count_delta",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database stands at step 0006 and holds one live campaign."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with application_at("0006", url, tmp_path, LIBRARY) as made:
        yield made


def they_sign(number: int) -> None:
    """A confirmed signature from the writers' frame with its step, by release 0006."""
    with db.engine.begin() as connection:
        connection.execute(text(THEIR_SIGNATURE), {"x": number.to_bytes(16)})
        connection.execute(text(THEIR_STEP))


def they_fold() -> None:
    """Fold all that waits as release 0006 does, which knows nothing of who brought it."""
    with db.engine.begin() as connection:
        for statement in THEIR_FOLD:
            connection.execute(text(statement))


def we_sign(number: int, organisation: str, brought_by: str, source: str = "page", origin: str = "") -> None:
    """A confirmed signature with its step, by this release."""
    with db.engine.begin() as connection:
        connection.execute(text(THEIR_SIGNATURE), {"x": number.to_bytes(16)})
    with transaction() as session:
        signature = session.query(Signature).filter_by(email_index=number.to_bytes(16)).one()
        signature.organisation, signature.brought_by = organisation, brought_by
        signature.source, signature.origin = source, origin
        counting.add_step(session, signature, +1)


def brought() -> dict[str, int]:
    return dict(counting.breakdown(1).by_brought)


def test_what_is_there_was_brought_by_its_own_place(app: Flask) -> None:
    they_sign(1)
    they_fold()
    they_sign(2)
    step(command.upgrade, "head")
    for _ in range(2):
        assert brought() == {"writers": 2}
        assert counting.drift() == {}
        counting.fold()


def test_two_releases_side_by_side(app: Flask) -> None:
    """While a site is renewed both write, and this one folds what the other wrote."""
    step(command.upgrade, "head")
    for number in range(0, 9, 3):
        they_sign(number)
        we_sign(number + 1, "readers", "writers", "share")
        we_sign(number + 2, "writers", "writers", "embed", "host:writers.example")
        assert counting.fold() == 3
        they_sign(100 + number)
        they_fold()
        assert counting.drift() == {}
    assert brought() == {"writers": 12}
    assert dict(counting.breakdown(1).by_organisation) == {"writers": 9, "readers": 3}


def test_what_the_earlier_release_folds_stays_with_its_place(app: Flask) -> None:
    """The totals are exact; whose doing it was is named by the doctor."""
    step(command.upgrade, "head")
    we_sign(1, "readers", "writers", "share")
    they_fold()
    assert counting.all_counts() == {1: 1}
    assert brought() == {"readers": 1}
    assert counting.drift() == {1: {("brought", "readers"): 1, ("brought", "writers"): -1, ("shared", "writers"): -1}}


def test_the_way_back_keeps_the_count(app: Flask) -> None:
    step(command.upgrade, "head")
    we_sign(1, "readers", "writers", "share")
    counting.fold()
    we_sign(2, "writers", "readers", "embed", "host:a.example")
    step(command.downgrade, "0006")
    they_sign(3)
    they_fold()
    step(command.upgrade, "head")
    assert counting.all_counts() == {1: 3}
    assert counting.drift() == {}
    assert brought() == {"readers": 1, "writers": 2}
