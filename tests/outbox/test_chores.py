"""Chores: work that is done again and again, by one of all workers."""

import threading
from typing import Any

from clarion.outbox import chores
from clarion.testing import Instance


def test_a_chore_is_done_at_once_and_then_at_its_intervals(outbox: Instance, clock: Any) -> None:
    assert chores.take("sweep", 60)
    assert not chores.take("sweep", 60)
    clock.move(seconds=59)
    assert not chores.take("sweep", 60)
    clock.move(seconds=1)
    assert chores.take("sweep", 60)
    assert not chores.take("sweep", 60)


def test_each_chore_has_its_own_time(outbox: Instance) -> None:
    assert chores.take("sweep", 60)
    assert chores.take("fold", 1)


def test_of_many_workers_one_does_it(outbox: Instance, clock: Any) -> None:
    for _ in range(2):
        taken: list[bool] = []
        start = threading.Barrier(6)

        def work(start: threading.Barrier = start, taken: list[bool] = taken) -> None:
            with outbox.context():
                start.wait()
                taken.append(chores.take("sweep", 60))

        workers = [threading.Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(taken) == [False] * 5 + [True]
        clock.move(seconds=60)
