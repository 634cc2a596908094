"""Since when a run's message in Slack is kept back, because its leaver reads every channel it could stand in."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("slack_messages", sa.Column("kept_back_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("slack_messages", "kept_back_since")
