"""Which version a node is of."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("nodes", sa.Column("version", sa.String(length=40), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("nodes", "version")
