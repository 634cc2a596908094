"""What HR's systems told us."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: The type is there since 0002, and PostgreSQL refuses to make it twice.
KINDS = ("VOLUNTARY", "INVOLUNTARY", "CONTRACTOR_END")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("delivery_id", sa.String(length=200), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Enum("ACCEPTED", "IGNORED", "UNREADABLE", name="webhookstate"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("departure_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("source", "delivery_id", name=op.f("uq_webhooks_source_delivery_id")),
    )
    op.create_index(op.f("ix_webhooks_received_at"), "webhooks", ["received_at"], unique=False)
    op.create_index(op.f("ix_webhooks_state"), "webhooks", ["state"], unique=False)
    op.create_table(
        "pending_look_ups",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("employee_id", sa.String(length=200), nullable=False),
        sa.Column("hint", sa.String(length=36), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "employee_id", name=op.f("pk_pending_look_ups")),
    )
    op.create_index(op.f("ix_pending_look_ups_due_at"), "pending_look_ups", ["due_at"], unique=False)
    op.create_table(
        "told",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("employee_id", sa.String(length=200), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="departurekind").with_variant(
                postgresql.ENUM(*KINDS, name="departurekind", create_type=False), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "employee_id", name=op.f("pk_told")),
    )


def downgrade() -> None:
    op.drop_table("told")
    op.drop_index(op.f("ix_pending_look_ups_due_at"), table_name="pending_look_ups")
    op.drop_table("pending_look_ups")
    op.drop_index(op.f("ix_webhooks_state"), table_name="webhooks")
    op.drop_index(op.f("ix_webhooks_received_at"), table_name="webhooks")
    op.drop_table("webhooks")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TYPE webhookstate")
