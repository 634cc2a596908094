"""Who administers a target system instead of a leaver who was the last to."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "releases", sa.Column("another", sa.String(length=300), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("releases", "another")
