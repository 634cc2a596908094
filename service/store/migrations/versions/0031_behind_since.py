"""Since when a look-up in the HR system waits, whatever hints came after the first."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pending_look_ups", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE pending_look_ups SET since = coalesce("
        "(SELECT received_at FROM webhooks WHERE webhooks.id = pending_look_ups.hint), due_at)"
    )
    with op.batch_alter_table("pending_look_ups") as table:
        table.alter_column("since", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    op.drop_column("pending_look_ups", "since")
