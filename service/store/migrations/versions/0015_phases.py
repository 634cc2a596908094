"""When a run begins, how long after the notice or the end a step may, and by which zone data."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("departures", sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("departures", sa.Column("begins_by", sa.String(80), nullable=False, server_default=""))
    op.create_index(op.f("ix_departures_begins_at"), "departures", ["begins_at"], unique=False)
    op.add_column("step_runs", sa.Column("after_s", sa.Double(), nullable=True))
    op.add_column("runs", sa.Column("tzdata", sa.String(20), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("runs", "tzdata")
    op.drop_column("step_runs", "after_s")
    op.drop_index(op.f("ix_departures_begins_at"), table_name="departures")
    op.drop_column("departures", "begins_by")
    op.drop_column("departures", "begins_at")
