"""What the guardrails count and hold: when a departure was announced, begun and released, and its batch."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Enum("GUARDRAIL", "FILE", name="origin"), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("open_wave", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_because", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("number", name=op.f("uq_batches_number")),
    )
    op.add_column("departures", sa.Column("held_codes", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("departures", sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("departures", sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("departures", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("departures", sa.Column("batch_id", sa.String(length=36), nullable=True))
    op.add_column("departures", sa.Column("wave", sa.Integer(), nullable=True))
    for column in ("counted_at", "begun_at", "batch_id"):
        op.create_index(op.f(f"ix_departures_{column}"), "departures", [column], unique=False)
    # what began before this version is counted from the moment its run was written
    op.execute(
        "UPDATE departures SET counted_at = announced_at, begun_at = "
        "(SELECT started_at FROM runs WHERE runs.departure_id = departures.id)"
    )


def downgrade() -> None:
    for column in ("counted_at", "begun_at", "batch_id"):
        op.drop_index(op.f(f"ix_departures_{column}"), table_name="departures")
    for column in ("wave", "batch_id", "released_at", "begun_at", "counted_at", "held_codes"):
        op.drop_column("departures", column)
    op.drop_table("batches")
    sa.Enum(name="origin").drop(op.get_bind(), checkfirst=True)
