"""`exeunt serve` on a PostgreSQL that gave its lock to another ends with a sentence."""

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import text

from service.engine.alone import ADVISORY_LOCK, OnlyEngine
from service.store import Store
from tests.integration.nodes.test_two_versions import ENDS_S, newer, two

__all__ = ["newer", "two"]

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(400)]

CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks "
    "WHERE locktype = 'advisory' AND classid = 0 AND objid = :key AND mode = 'ExclusiveLock'"
)


def test_one_process_in_whose_place_another_works_ends_and_says_why(two: Any) -> None:
    process = two.begins("serve")
    with closing(Store(two.env["EXEUNT_DATABASE__URL"])) as store:
        other = OnlyEngine(store)
        with store.read() as session:
            session.execute(CUT, {"key": ADVISORY_LOCK})
            other.take()

        assert process.wait(timeout=ENDS_S) == 2
        other.release()

    assert "Another Exeunt already works on the database" in two.said(process)
    assert "Traceback" not in two.said(process)
