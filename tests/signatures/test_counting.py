"""The count is exact at any moment, whatever is folded when and by whom."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, insert, select

from clarion.extensions import db, transaction
from clarion.signatures import counting
from clarion.signatures.models import CountDelta, CountTotal, Signature
from clarion.testing import Instance, link


def _add(campaign_id: int, steps: list[int], language: str = "en") -> None:
    with transaction() as session:
        row = {"campaign_id": campaign_id, "language": language, "source": "page", "area": "US-200"}
        session.execute(insert(CountDelta).values([{**row, "step": step} for step in steps]))


def test_folding_changes_no_count(either_instance: Instance) -> None:
    with either_instance.context():
        _add(1, [1] * 7 + [-1])
        _add(1, [1, 1], "es")
        assert counting.all_counts() == {1: 8}
        assert counting.fold() == 10
        assert counting.all_counts() == {1: 8}
        _add(1, [-1])
        assert counting.all_counts() == {1: 7}
        assert counting.fold() == 1
        assert counting.fold() == 0
        totals = db.session.execute(select(CountTotal.language, CountTotal.n)).all()
        assert sorted(tuple(row) for row in totals) == [("en", 5), ("es", 2)]


def test_many_who_fold_at_once_fold_each_step_once(either_instance: Instance) -> None:
    def fold(_: int) -> int:
        with either_instance.context():
            return counting.fold()

    with either_instance.context():
        _add(1, [1] * 500)
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(fold, range(6))) == 500
    with either_instance.context():
        assert counting.all_counts() == {1: 500}
        assert db.session.scalar(select(func.count()).select_from(CountDelta)) == 0


def test_drift_is_named(either_instance: Instance) -> None:
    either_instance.sign("library")
    either_instance.work()
    either_instance.client.post(link(either_instance.mails()[0], "confirm"), data={"action": "confirm"})
    with either_instance.context():
        assert counting.drift() == {}
        campaign_id = db.session.scalars(select(Signature.campaign_id)).one()
        _add(campaign_id, [2])
        assert counting.drift() == {campaign_id: 2}


def _words(instance: Instance) -> str:
    page = instance.client.get("/library/en").get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_the_page_and_the_facts_show_the_count_within_a_second(instance: Instance) -> None:
    assert instance.count("library") == 0
    instance.sign("library")
    instance.work()
    assert "1 person has signed" not in _words(instance)
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    assert "1 person has signed" in _words(instance)
    assert instance.client.get("/library.json").get_json()["signatures"] == 1
