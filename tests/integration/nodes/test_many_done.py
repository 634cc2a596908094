"""What was ever done costs whoever lets steps out nothing, also before PostgreSQL has counted its rows."""

from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from service.engine.tables import OUT_OR_READ, StepRun

pytestmark = pytest.mark.postgres

DONE = 5_000
#: What is different in each copy of a step.
OWN = {"id": "gen_random_uuid()::text", "step": "'done-' || i", "state": "'DONE'"}


def many_done(world: Any) -> None:
    """A run with very many steps that are done."""
    world.begin()
    with world.store.write() as session:
        columns = [column["name"] for column in inspect(session.connection()).get_columns("step_runs")]
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(OWN.get(name, f'one."{name}"') for name in columns)
        one = "(SELECT * FROM step_runs LIMIT 1) AS one"
        session.execute(
            text(
                f"INSERT INTO step_runs ({names}) SELECT {values} FROM generate_series(1, {DONE}) AS i, {one}"
            )
        )


@pytest.mark.parametrize("which", range(len(OUT_OR_READ)), ids=["out", "read back"])
def test_what_is_out_is_found_without_going_through_what_is_done(together: Any, which: int) -> None:
    many_done(together)

    with together.store.read() as session:
        asked = select(StepRun.connector).where(OUT_OR_READ[which])
        worded = asked.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {worded}")))

    assert "Seq Scan" not in plan
    assert ("ix_step_runs_out", "ix_step_runs_checking")[which] in plan
