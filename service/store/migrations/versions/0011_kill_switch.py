"""The kill switch, one row, not thrown."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "kill_switch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.String(length=36), nullable=True),
        sa.Column("because", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["stopped_by"], ["people.id"], name=op.f("fk_kill_switch_stopped_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kill_switch")),
    )
    # the row is there from the start, so that whoever throws the switch waits for whoever reads it
    op.bulk_insert(table, [{"id": 1, "because": ""}])


def downgrade() -> None:
    op.drop_table("kill_switch")
