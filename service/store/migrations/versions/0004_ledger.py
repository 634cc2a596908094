"""The record, and the triggers that let it only grow."""

import sqlalchemy as sa
from alembic import op

from service.ledger.seatbelt import POSTGRES_DOWNGRADE, STATEMENTS

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Named here, so that a table which is fastened later gets its triggers from the migration that makes it.
FASTENED = ("ledger", "ledger_head", "checkpoints", "subject_keys")


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("departure_id", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_at"), "ledger", ["at"], unique=False)
    op.create_index(op.f("ix_ledger_departure_id"), "ledger", ["departure_id"], unique=False)
    op.create_index(op.f("ix_ledger_event"), "ledger", ["event"], unique=False)
    op.create_index("ix_ledger_run_id_step", "ledger", ["run_id", "step"], unique=False)
    op.create_index(op.f("ix_ledger_subject"), "ledger", ["subject"], unique=False)
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "checkpoints",
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "reader_cursors",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reader_cursors")),
    )
    op.create_table(
        "subject_keys",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_subject_keys")),
    )
    dialect = op.get_bind().dialect.name
    for table in FASTENED:
        for statement in STATEMENTS[table][dialect]:
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("subject_keys")
    op.drop_table("reader_cursors")
    op.drop_table("checkpoints")
    op.drop_table("ledger_head")
    op.drop_index(op.f("ix_ledger_subject"), table_name="ledger")
    op.drop_index("ix_ledger_run_id_step", table_name="ledger")
    op.drop_index(op.f("ix_ledger_event"), table_name="ledger")
    op.drop_index(op.f("ix_ledger_departure_id"), table_name="ledger")
    op.drop_index(op.f("ix_ledger_at"), table_name="ledger")
    op.drop_table("ledger")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRES_DOWNGRADE)
