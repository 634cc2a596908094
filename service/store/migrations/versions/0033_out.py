"""What is out, or read back, at a glance: also in a database that has not counted its rows yet."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BOTH = ("sqlite", "postgresql")


def upgrade() -> None:
    _index("ix_step_runs_out", ["connector", "priority"], dict.fromkeys(BOTH, "state IN ('DISPATCHED', 'RUNNING')"))
    op.drop_index("ix_step_runs_checking", "step_runs")
    _index("ix_step_runs_checking", ["connector"], dict.fromkeys(BOTH, "CAST(checking AS INTEGER) = 1"))


def downgrade() -> None:
    op.drop_index("ix_step_runs_checking", "step_runs")
    _index("ix_step_runs_checking", ["connector"], {"sqlite": "checking IS 1", "postgresql": "checking IS true"})
    op.drop_index("ix_step_runs_out", "step_runs")


def _index(name: str, columns: list[str], where: dict[str, str]) -> None:
    op.create_index(
        name,
        "step_runs",
        columns,
        sqlite_where=sa.text(where["sqlite"]),
        postgresql_where=sa.text(where["postgresql"]),
    )
