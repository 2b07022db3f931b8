"""Fair limits: a crowd behind one address is looked at, never refused and never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from clarion.extensions import db
from clarion.limits import FairLimits, SeldomUses, network
from clarion.outbox import service
from clarion.outbox.models import DUE, HELD, Message
from clarion.settings import load_settings
from clarion.testing import Instance


@pytest.fixture
def small(make_instance, make_folder) -> Instance:
    """An instance where the third signature from a network stands out."""
    made = make_instance(signing={"network_limit": 2}, site={"trusted_proxies": ["127.0.0.0/8"]})
    made.publish(make_folder())
    return made


def _sign(instance: Instance, number: int, address: str = "203.0.113.7"):
    form = {"token": instance.form_token("library"), "name": "Ana", "email": f"ana{number}@readers.example"}
    return instance.client.post("/library/en/sign", data=form, headers={"X-Forwarded-For": address})


def _states(instance: Instance) -> dict[str, int]:
    with instance.context():
        return dict(db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all())


def test_a_crowd_is_kept_for_a_second_look_and_told_so(small: Instance) -> None:
    answers = [_sign(small, number) for number in range(4)]
    assert {answer.status_code for answer in answers} == {303}
    assert _states(small) == {DUE: 2, HELD: 2}
    page = small.client.get(answers[3].headers["Location"]).get_data(as_text=True)
    assert "somebody will look at it" in page
    assert "somebody will look at it" not in small.client.get(answers[0].headers["Location"]).get_data(as_text=True)


def test_what_was_held_goes_out_once_it_is_released(small: Instance) -> None:
    for number in range(4):
        _sign(small, number)
    small.work()
    assert len(small.mails()) == 2
    with small.context():
        campaign_id = small.app.extensions["clarion.live"].get("library").id
        assert service.held(campaign_id) == 2
        assert service.release(campaign_id) == 2
        assert service.held(campaign_id) == 0
    small.work()
    assert len(small.mails()) == 4


def test_other_networks_and_spoofed_hops_are_counted_apart(small: Instance) -> None:
    for number, hops in enumerate(["203.0.113.7", "203.0.113.9", "198.51.100.1", "203.0.113.7, 198.51.100.2"]):
        _sign(small, number, hops)
    assert _states(small) == {DUE: 4}, "two from each of two networks; what stands left of the last hop is not believed"


def test_repeats_are_told_the_same(small: Instance) -> None:
    answers = [_sign(small, 1) for _ in range(4)]
    assert [("later=1" in answer.headers["Location"]) for answer in answers] == [False, False, True, True]


@pytest.mark.parametrize(
    ("address", "known_as"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("garbage", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_is_known_by_its_network(address: str, known_as: str) -> None:
    assert network(address) == known_as


@pytest.fixture
def valkey_url():
    """A Valkey of its own."""
    from rig.site import Valkey

    server = Valkey()
    yield server
    server.stop()


def _limits(instance: Instance, url: str, most: int) -> FairLimits:
    settings = load_settings({"CLARION_HOME": str(instance.home)}, broker={"url": url}, signing={"network_limit": most})
    return FairLimits(settings, instance.app.extensions["clarion.keyring"])


def test_processes_count_together_through_valkey(instance: Instance, valkey_url) -> None:
    two = [_limits(instance, valkey_url.url, 20) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        usual = list(pool.map(lambda n: two[n % 2].signing_is_usual("library", "203.0.113.7"), range(60)))
    assert 20 <= sum(usual) <= 26
    keys = [key.decode() for key in valkey_url.client.scan_iter()]
    assert keys
    assert not [key for key in keys if "203.0" in key or "library" in key], "the store knows no address"


def test_with_the_store_away_each_process_counts_for_itself(instance: Instance, valkey_url) -> None:
    limits = _limits(instance, valkey_url.url, 20)
    valkey_url.stop()
    usual = [limits.signing_is_usual("library", "203.0.113.7") for _ in range(30)]
    assert usual == [True] * 20 + [False] * 10
    valkey_url.start()


def test_what_is_done_seldom_is_counted_by_the_hour(instance: Instance, monkeypatch) -> None:
    uses: SeldomUses = instance.app.extensions["clarion.seldom"]
    monkeypatch.setattr("clarion.limits.time.time", lambda: 7200.0)
    assert [uses.count("test", "203.0.113.7") for _ in range(3)] == [1, 2, 3]
    assert uses.count("test", "203.0.113.9") == 4, "the same network"
    assert uses.count("test", "198.51.100.1") == uses.count("other", "203.0.113.7") == uses.count("test", "") == 1
    monkeypatch.setattr("clarion.limits.time.time", lambda: 10800.0)
    assert uses.count("test", "203.0.113.7") == 1
    assert not [mark for mark in uses._seen if "203.0" in mark]


def test_what_is_done_seldom_is_counted_together_and_alone(instance: Instance, valkey_url) -> None:
    settings = load_settings({"CLARION_HOME": str(instance.home)}, broker={"url": valkey_url.url})
    two = [SeldomUses(settings, instance.app.extensions["clarion.keyring"]) for _ in range(2)]
    assert [two[n % 2].count("test", "203.0.113.7") for n in range(4)] == [1, 2, 3, 4]
    keys = [key.decode() for key in valkey_url.client.scan_iter()]
    assert keys
    assert all(valkey_url.client.ttl(key) > 0 for key in keys)
    assert not [key for key in keys if "203.0" in key or "test" in key]
    valkey_url.stop()
    assert [two[0].count("test", "203.0.113.7") for _ in range(2)] == [3, 4]
    valkey_url.start()
