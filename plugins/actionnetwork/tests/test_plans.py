"""What is due next is found by an index alone, however many wait."""

from __future__ import annotations

import pytest

from clarion.api import db
from clarion_actionnetwork import desk

from .crowd import make
from .stub import Stub


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_all_that_are_due_at_one_moment_none_is_sorted(
    database, request, make_instance, make_folder, stub: Stub
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    instance, courier = make(make_instance, make_folder(), stub, url)
    with instance.context():
        connection = db.session.connection()
        if database == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        wanted = desk.next_due("readers", courier.clock()).compile(connection, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN" if database == "postgresql" else "EXPLAIN QUERY PLAN"
        plan = str(list(connection.exec_driver_sql(f"{explain} {wanted}")))
    assert "ix_actionnetwork_signer_next" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
