"""Desks: few at work at once, who is nearest to an answer first, then each campaign in turn."""

from __future__ import annotations

import threading

import pytest

from clarion.signatures.desks import Desks, Overloaded, shut


class Queue:
    """Signers who wait for the one desk, each in a thread, and in which order they got it."""

    def __init__(self) -> None:
        self.desks = Desks(64, desks=1)
        self.order: list[str] = []
        self._threads: list[threading.Thread] = []

    def wait(self, name: str, campaign_id: int) -> None:
        """Let one more come in; return once they wait."""
        waiting = self.waiting
        thread = threading.Thread(target=self._work, args=(name, campaign_id))
        self._threads.append(thread)
        thread.start()
        pause = threading.Event()
        while self.waiting == waiting:
            assert not pause.wait(0.001)

    @property
    def waiting(self) -> int:
        return sum(map(len, self.desks._queues.values()))

    def _work(self, name: str, campaign_id: int) -> None:
        self.desks.enter(campaign_id)
        self.order.append(name)
        self.desks.give_up()
        self.desks.leave(campaign_id)

    def run(self) -> list[str]:
        """Give up the desk that was taken first, and wait until all had it."""
        self.desks.give_up()
        for thread in self._threads:
            thread.join(30)
        return self.order


def test_campaigns_take_turns_however_long_one_queue_is() -> None:
    queue = Queue()
    queue.desks.enter(9)
    for number in range(5):
        queue.wait(f"viral {number}", 1)
    queue.wait("small 0", 2)
    queue.wait("small 1", 2)
    assert queue.run() == ["viral 0", "small 0", "viral 1", "small 1", "viral 2", "viral 3", "viral 4"]


def test_who_is_nearest_to_an_answer_comes_first() -> None:
    queue = Queue()
    queue.desks.enter(9)
    queue.wait("new", 1)
    turn = shut()
    queue.desks.come_back(turn)
    assert turn.locked()
    queue.desks.give_up()
    assert not turn.locked(), "the one who comes back has the desk"
    assert queue.order == []
    assert queue.run() == ["new"]


def test_a_desk_that_nobody_waits_for_is_free() -> None:
    desks = Desks(64, desks=2)
    for _ in range(3):
        for campaign_id in (1, 2):
            desks.enter(campaign_id)
        for campaign_id in (1, 2):
            desks.give_up()
            desks.leave(campaign_id)
    turn = shut()
    desks.come_back(turn)
    assert not turn.locked()


def test_who_would_wait_too_long_is_told_at_once_and_a_campaign_has_its_share_only() -> None:
    desks = Desks(320, desks=320)
    assert (desks.most_inside, desks.fair_share) == (280, 240)
    for _ in range(240):
        desks.enter(1)
    with pytest.raises(Overloaded):
        desks.enter(1)
    for _ in range(40):
        desks.enter(2)
    with pytest.raises(Overloaded):
        desks.enter(3)
    desks.give_up()
    desks.leave(1)
    desks.enter(3)
