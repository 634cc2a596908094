"""Runs that are taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TYPE departurestate ADD VALUE IF NOT EXISTS 'RESTORING' BEFORE 'CLOSED'")
    op.create_table(
        "undos",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("because", sa.Enum("RESCINDED", "MOVED", "MISTAKE", "REHIRE", name="because"), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("batch", sa.String(length=80), nullable=False),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_undos_person_id_people")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_undos_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_undos")),
    )
    op.create_index(op.f("ix_undos_batch"), "undos", ["batch"], unique=False)
    op.add_column("departures", sa.Column("changed_to", sa.JSON(), nullable=True))
    op.add_column("departures", sa.Column("timed_from", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_departures_timed_from"), "departures", ["timed_from"], unique=False)
    op.add_column("step_runs", sa.Column("undoes", sa.String(length=36), nullable=True))


def downgrade() -> None:
    # A departure that is being restored stands as one that waits for a person; the value stays in the type.
    op.execute("UPDATE departures SET state = 'CONFIRMING' WHERE state = 'RESTORING'")
    op.drop_column("step_runs", "undoes")
    op.drop_index(op.f("ix_departures_timed_from"), table_name="departures")
    op.drop_column("departures", "timed_from")
    op.drop_column("departures", "changed_to")
    op.drop_index(op.f("ix_undos_batch"), table_name="undos")
    op.drop_table("undos")
    sa.Enum(name="because").drop(op.get_bind(), checkfirst=True)
