"""When HR said its newest word of a departure, and what it took back before anything was known of it."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("departures", sa.Column("said_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "early_withdrawals",
        sa.Column("source", sa.String(60), primary_key=True),
        sa.Column("person_id", sa.String(36), sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("source_version", sa.String(200), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("early_withdrawals")
    op.drop_column("departures", "said_at")
