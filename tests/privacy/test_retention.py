"""What a page promised to delete after the end is deleted, and the count stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from clarion.campaigns.live import live_campaigns
from clarion.campaigns.models import CampaignRow
from clarion.extensions import db, now, transaction
from clarion.outbox.models import Message
from clarion.privacy import retention, tasks
from clarion.sealing import KeyMissing, Keyring
from clarion.signatures import counting
from clarion.signatures.models import Consent, CountArrival, CountDelta, Reason, Signature
from clarion.testing import TABLE, Instance, link


@pytest.fixture
def closed(either_instance: Instance, tmp_path) -> Instance:
    """A campaign with one confirmed and one pending signer that was closed just now."""
    either_instance.sign("library", email="one@readers.example", reason="We read.", consent_readers_email="y")
    either_instance.sign("library", email="two@readers.example")
    either_instance.work()
    either_instance.client.post(link(either_instance.mails()[0], "confirm"), data={"action": "confirm"})
    either_instance.work()
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', '"closed"').replace("goal = 100", "keep_days = 30"))
    either_instance.publish(folder)
    return either_instance


def _let_pass(instance: Instance, days: int) -> None:
    with instance.context(), transaction() as session:
        session.execute(update(CampaignRow).values(closed_at=now() - timedelta(days=days)))
    instance.app.extensions["clarion.live"].forget()


def test_details_are_kept_for_as_long_as_was_said(closed: Instance) -> None:
    _let_pass(closed, 29)
    with closed.context():
        assert tasks.apply_retention() == 0
        assert db.session.scalar(select(func.count()).select_from(Signature)) == 2


def test_then_keys_and_rows_go_and_the_count_stays(closed: Instance) -> None:
    _let_pass(closed, 31)
    keyring: Keyring = closed.app.extensions["clarion.keyring"]
    with closed.context():
        live = live_campaigns().get("library")
        assert live is not None
        assert tasks.apply_retention() == 1
        for model in (Signature, Consent, Reason, Message):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
        for opens in (keyring.private_key, keyring.index_key):
            with pytest.raises(KeyMissing):
                opens(live.key_id)
        assert counting.drift() == {}
        assert tasks.apply_retention() == 0
    assert closed.count("library") == 1
    assert closed.client.get("/library/en").status_code == 200


def test_an_erasure_that_was_cut_short_is_finished(closed: Instance) -> None:
    _let_pass(closed, 31)
    with closed.context():
        live = live_campaigns().get("library")
        assert live is not None
        closed.app.extensions["clarion.keyring"].destroy(live.key_id)
        assert db.session.get_one(CampaignRow, live.id).erased_at is None, "never called done too early"
        assert retention.erase_signers(live, closed.app.extensions["clarion.keyring"])
        assert db.session.scalar(select(func.count()).select_from(Signature)) == 0


def test_a_campaign_that_opens_again_gets_new_keys(closed: Instance, tmp_path) -> None:
    _let_pass(closed, 31)
    with closed.context():
        tasks.apply_retention()
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE)
    closed.publish(folder)
    assert closed.sign("library", email="three@readers.example").status_code == 303
    closed.work()
    assert closed.mails()[-1]["To"] == "three@readers.example"


def _republish(instance: Instance, tmp_path, table: str) -> None:
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(table)
    instance.publish(folder)


CLOSED = TABLE.replace('"live"', '"closed"').replace("goal = 100", "keep_days = 30")


def test_closing_a_second_time_begins_the_days_anew(closed: Instance, tmp_path) -> None:
    _let_pass(closed, 31)
    _republish(closed, tmp_path, TABLE)
    _republish(closed, tmp_path, CLOSED)
    with closed.context():
        assert tasks.apply_retention() == 0
        assert db.session.scalar(select(func.count()).select_from(Signature)) == 2


def test_a_correction_after_closing_does_not_prolong_the_days(closed: Instance, tmp_path) -> None:
    _let_pass(closed, 31)
    _republish(closed, tmp_path, CLOSED + "\n# a comment\n")
    (tmp_path / "campaigns" / "library" / "en.md").write_text("---\ntitle: New\nask: A.\nstory: Won.\n---\n\nB.\n")
    closed.publish(tmp_path / "campaigns" / "library")
    with closed.context():
        assert tasks.apply_retention() == 1


def test_rolling_back_to_an_open_edition_gives_new_keys_and_an_exact_count(closed: Instance) -> None:
    from clarion.campaigns import service

    _let_pass(closed, 31)
    with closed.context():
        tasks.apply_retention()
        service.rollback("library", closed.app.extensions["clarion.keyring"])
        live_campaigns().forget()
        assert counting.drift() == {}
    assert closed.sign("library", email="three@readers.example").status_code == 303
    closed.work()
    closed.client.post(link(closed.mails()[-1], "confirm"), data={"action": "confirm"})
    assert closed.count("library") == 2
    with closed.context():
        assert counting.drift() == {}


def test_tags_that_few_came_by_go_with_the_signers(closed: Instance) -> None:
    """Folded or still waiting, as whoever wrote them may have put a name into them; no number is lost."""
    _let_pass(closed, 31)
    row = {"campaign_id": 1, "language": "en", "area": "", "organisation": "readers", "brought_by": "readers"}
    with closed.context():
        for wait, source, tag, n in (
            (False, "page", "utm:maria.lopez//", 5),
            (False, "share", "utm:maria.lopez//", 4),
            (False, "page", "utm:mail//", 6),
            (False, "share", "utm:mail//", 4),
            (True, "page", "utm:last.one//", 1),
        ):
            with transaction() as session:
                session.execute(insert(CountDelta).values([{**row, "source": source, "origin": tag, "step": 1}] * n))
            if not wait:
                counting.fold()
        before = counting.breakdown(1)
        assert tasks.apply_retention() == 1
        kept = db.session.execute(select(CountArrival.source, CountArrival.origin, CountArrival.n))
        assert {(source, origin): n for source, origin, n in kept if origin} == {
            ("page", "utm:mail//"): 6,
            ("share", "utm:mail//"): 4,
            ("page", "other"): 6,
            ("share", "other"): 4,
        }
        after = counting.breakdown(1)
        assert (after.total, after.by_brought, after.by_share) == (before.total, before.by_brought, before.by_share)
        assert after.origins_of("readers") == (("other", 10), ("utm:mail//", 10))
