"""The count is exact at any moment, whatever is folded when and by whom."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import event, func, insert, select, update

from clarion import metrics
from clarion.campaigns.models import CampaignRow
from clarion.examination import examine
from clarion.extensions import db, now, transaction
from clarion.signatures import counting
from clarion.signatures.models import CountDelta, CountOrganisation, CountTotal, Signature
from clarion.testing import Instance, link


def _add(campaign_id: int, steps: list[int], language: str = "en", **more: str) -> None:
    with transaction() as session:
        row = {"campaign_id": campaign_id, "language": language, "source": "page", "area": "US-200", **more}
        session.execute(insert(CountDelta).values([{**row, "step": step} for step in steps]))


def _signed(instance: Instance) -> int:
    """Sign and confirm once; the campaign's number."""
    instance.sign("library", postal_code="20009")
    instance.work()
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    with instance.context():
        return db.session.scalars(select(Signature.campaign_id)).one()


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
    campaign_id = _signed(either_instance)
    with either_instance.context():
        assert counting.drift() == {}
        _add(campaign_id, [2], "es", area="")
        assert counting.drift() == {
            campaign_id: {
                counting.TOTAL: 2,
                ("language", "es"): 2,
                ("source", "page"): 2,
                ("organisation", "readers"): 2,
                ("area", ""): 2,
            }
        }
        assert counting.total_drift() == {campaign_id: 2}
        assert metrics.read_figures().drift == 2
        assert [line for well, line in examine() if not well] == [
            "counts are off: library total +2, area unknown +2, language es +2, organisation readers +2, source page +2"
        ]


def test_drift_within_a_right_total_is_named_too(either_instance: Instance) -> None:
    campaign_id = _signed(either_instance)
    with either_instance.context():
        _add(campaign_id, [-1])
        _add(campaign_id, [1], "es", organisation="writers", area="US-100")
        assert counting.drift() == {
            campaign_id: {
                ("language", "en"): -1,
                ("language", "es"): 1,
                ("organisation", "readers"): -1,
                ("organisation", "writers"): 1,
                ("area", "US-200"): -1,
                ("area", "US-100"): 1,
            }
        }
        assert metrics.read_figures().drift == 0
        counting.fold()
        _add(campaign_id, [1], "de", area="US-303")
        assert [line for well, line in examine() if not well] == [
            "counts are off: library total +1, area US-100 +1, area US-200 -1, area US-303 +1, language de +1, "
            "language en -1 and 3 more"
        ]


def test_of_a_campaign_with_erased_signers_only_the_total_is_compared(either_instance: Instance) -> None:
    """The kind of those who are gone is in no row any more."""
    campaign_id = _signed(either_instance)
    with either_instance.context():
        _add(campaign_id, [3], "es", area="US-100")
        with transaction() as session:
            session.execute(update(CampaignRow).values(erased_count=3))
        assert counting.drift() == {}
        _add(campaign_id, [-1])
        assert counting.drift() == {campaign_id: {counting.TOTAL: -1}}
        assert counting.total_drift() == {campaign_id: -1}


def test_a_signature_and_its_step_say_whose_place_it_came_from(either_instance: Instance) -> None:
    campaign_id = _signed(either_instance)
    with either_instance.context():
        assert db.session.scalars(select(Signature.organisation)).all() == ["readers"]
        assert db.session.scalars(select(CountDelta.organisation)).all() == ["readers"]
        counting.fold()
        rows = db.session.execute(select(CountOrganisation.campaign_id, CountOrganisation.organisation)).all()
        assert [tuple(row) for row in rows] == [(campaign_id, "readers")]
        assert counting.drift() == {}


def test_a_breakdown_is_exact_whatever_has_been_folded(either_instance: Instance) -> None:
    with either_instance.context():
        _add(1, [1] * 30, organisation="readers")
        _add(1, [1] * 12, "es", organisation="writers", source="embed", area="US-100")
        counting.fold()
        _add(1, [1] * 4, "es", organisation="writers", source="embed", area="US-303")
        _add(1, [1] * 6, area="US-606")  # from before organisations were kept: the lead's
        _add(1, [-1, -1], "es", organisation="writers", source="embed", area="US-100")
        _add(1, [1] * 5, area="")
        _add(1, [1, -1], "de", area="DE")
        before = counting.breakdown(1)
        assert before == counting.Breakdown(
            total=55,
            by_language=(("en", 41), ("es", 14)),
            by_source=(("page", 41), ("embed", 14)),
            by_organisation=(("readers", 41), ("writers", 14)),
            by_brought=(("readers", 41), ("writers", 14)),
            by_share=(),
            by_area=(("US-200", 30), ("US-100", 10)),
            small_areas=10,
            area_unknown=5,
        )
        counting.fold()
        assert counting.breakdown(1) == before
        assert counting.all_counts() == {1: 55}
        _add(1, [-1], area="US-606", organisation="readers")
        assert counting.breakdown(1).by_area == (("US-200", 30),), "nine people alone would be told by subtraction"
        assert counting.breakdown(1).small_areas == 19


def test_a_breakdown_knows_one_campaign_only_and_asks_once(either_instance: Instance) -> None:
    with either_instance.context():
        with transaction() as session:
            session.add(CampaignRow(slug="bridge", key_id="c2", public_key=b"x" * 32, created_at=now()))
        other = db.session.scalars(select(CampaignRow.id).filter_by(slug="bridge")).one()
        _add(1, [1] * 11)
        _add(other, [1] * 13, organisation="riders")
        counting.fold()
        _add(other, [1])
        asked: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        theirs = counting.breakdown(other)
        assert sum("count_total" in statement for statement in asked) == 1
        assert sum("count_delta" in statement for statement in asked) == 1
        assert theirs.total == 14
        assert theirs.by_organisation == (("riders", 13), ("", 1)), "it was never published, so nobody leads it"
        assert counting.breakdown(1).total == 11
        assert counting.breakdown(999) == counting.Breakdown(0, (), (), (), (), (), (), 0, 0)


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


def test_hours_add_up_to_what_was_counted_since(either_instance: Instance, monkeypatch) -> None:
    with either_instance.context():
        for hour, steps in ((100, [1, 1, 1]), (101, [-1]), (103, [1, 1])):
            monkeypatch.setattr(counting, "this_hour", lambda hour=hour: hour)
            _add(1, steps)
            assert sum(n for _, n in counting.by_hour(1)) == counting.all_counts()[1], "those that wait too"
            counting.fold()
        _add(1, [1])
        assert counting.by_hour(1) == [(100, 3), (101, -1), (103, 3)]
        assert counting.by_hour(2) == []
        assert counting.fold() == 1
        assert counting.by_hour(1) == [(100, 3), (101, -1), (103, 3)]
