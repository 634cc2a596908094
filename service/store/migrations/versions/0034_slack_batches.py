"""One message for a large batch, and which of its runs stand beneath it."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("slack_messages", sa.Column("thread_ts", sa.String(40), server_default="", nullable=False))
    op.create_table(
        "slack_batches",
        sa.Column("batch_id", sa.String(36), primary_key=True),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("ts", sa.String(40), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_back", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("slack_batches")
    op.drop_column("slack_messages", "thread_ts")
