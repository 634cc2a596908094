"""A step no longer says which message hands it over: the messages that wait say which steps they name."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("step_runs", "message")


def downgrade() -> None:
    op.add_column("step_runs", sa.Column("message", sa.BigInteger(), nullable=True))
