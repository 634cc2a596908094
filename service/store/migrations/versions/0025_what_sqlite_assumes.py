"""What SQLite is to assume about steps: in a crowd thousands are ready, and not ten.

Without it the ready steps are all fetched and sorted for each handful that is let out: 12 ms with 5,000 of them, where
the index in their order costs 1. SQLite calls this "fixed results of ANALYZE".
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

#: Rows of the table, of one state, and of one state and moment.
STEPS = "10000 2500 5"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return  # PostgreSQL counts by itself
    op.execute("ANALYZE sqlite_schema")  # makes the table of assumptions
    op.execute(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) "
        f"VALUES ('step_runs', 'ix_step_runs_state_next_at', '{STEPS}')"
    )
    op.execute("ANALYZE sqlite_schema")  # reads it


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'step_runs'")
        op.execute("ANALYZE sqlite_schema")
