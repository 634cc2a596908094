"""Nodes and what they carry out; on PostgreSQL the tables of Procrastinate 3.10.0, which delivers it to them.

Procrastinate's schema is the file of that version beside this folder, in a PostgreSQL schema of its own.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PROCRASTINATE = Path(__file__).parents[1] / "procrastinate-3.10.0.sql"


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sign_in_threads", sa.Integer(), nullable=False),
        sa.Column("rest_threads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.add_column("step_runs", sa.Column("out_with", sa.String(length=36), nullable=True))
    op.add_column("step_runs", sa.Column("message", sa.BigInteger(), nullable=True))
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    op.execute("CREATE SCHEMA delivery")
    here = bind.scalar(sa.text("SHOW search_path"))
    op.execute("SET LOCAL search_path = delivery")
    bind.connection.driver_connection.execute(PROCRASTINATE.read_text(encoding="utf-8"))
    op.execute(f"SET LOCAL search_path = {here}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SCHEMA delivery CASCADE")
    op.drop_column("step_runs", "message")
    op.drop_column("step_runs", "out_with")
    op.drop_table("nodes")
