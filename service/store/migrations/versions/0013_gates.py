"""How far ahead of its pace each gate is, how often its system stayed silent, and what is ready at a glance."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gates", sa.Column("tat", sa.DateTime(timezone=True), nullable=True))
    op.add_column("gates", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    ready, checking = "state = 'READY'", {"sqlite": "checking IS 1", "postgresql": "checking IS true"}
    op.create_index(
        "ix_step_runs_ready",
        "step_runs",
        ["priority", "next_at", "position"],
        sqlite_where=sa.text(ready),
        postgresql_where=sa.text(ready),
    )
    op.create_index(
        "ix_step_runs_checking",
        "step_runs",
        ["connector"],
        sqlite_where=sa.text(checking["sqlite"]),
        postgresql_where=sa.text(checking["postgresql"]),
    )


def downgrade() -> None:
    op.drop_index("ix_step_runs_checking", "step_runs")
    op.drop_index("ix_step_runs_ready", "step_runs")
    with op.batch_alter_table("gates") as table:
        table.drop_column("failures")
        table.drop_column("tat")
