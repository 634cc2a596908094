"""Which process a node is, for others on the same machine: whether it lives is seen there at once."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("nodes", sa.Column("process", sa.String(length=200), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("nodes", "process")
