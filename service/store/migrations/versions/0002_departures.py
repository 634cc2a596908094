"""Who leaves, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departures",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("VOLUNTARY", "INVOLUNTARY", "CONTRACTOR_END", name="departurekind"),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "ANNOUNCED",
                "HELD",
                "SCHEDULED",
                "DUE",
                "REVOKING",
                "CONFIRMING",
                "CLOSED",
                "WITHDRAWN",
                name="departurestate",
            ),
            nullable=False,
        ),
        sa.Column("held_because", sa.String(length=500), nullable=False),
        sa.Column("civil_at", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interpretation", sa.JSON(), nullable=False),
        sa.Column("notice_date", sa.Date(), nullable=True),
        sa.Column("source_version", sa.String(length=200), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_departures_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_departures_source_source_id")),
    )
    op.create_index(op.f("ix_departures_effective_at"), "departures", ["effective_at"], unique=False)
    op.create_index(op.f("ix_departures_person_id"), "departures", ["person_id"], unique=False)
    op.create_index(op.f("ix_departures_state"), "departures", ["state"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_departures_state"), table_name="departures")
    op.drop_index(op.f("ix_departures_person_id"), table_name="departures")
    op.drop_index(op.f("ix_departures_effective_at"), table_name="departures")
    op.drop_table("departures")
    if op.get_bind().dialect.name == "postgresql":
        for kind in ("departurekind", "departurestate"):
            op.execute(f"DROP TYPE {kind}")
