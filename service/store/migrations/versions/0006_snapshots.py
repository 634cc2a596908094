"""What the leaver did: logs, their coverage, sealed snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "raw_files",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("format", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_files")),
        sa.UniqueConstraint("connector", "name", "sha256", name=op.f("uq_raw_files_connector_name_sha256")),
    )
    op.create_index(op.f("ix_raw_files_connector"), "raw_files", ["connector"], unique=False)
    op.create_index(op.f("ix_raw_files_day"), "raw_files", ["day"], unique=False)
    op.create_table(
        "coverage",
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connector", "kind", "day", name=op.f("pk_coverage")),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("departure_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_seq", sa.Integer(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("destroy_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["departure_id"], ["departures.id"], name=op.f("fk_snapshots_departure_id_departures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("departure_id", "version", name=op.f("uq_snapshots_departure_id_version")),
    )
    op.create_index(op.f("ix_snapshots_departure_id"), "snapshots", ["departure_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_snapshots_departure_id"), table_name="snapshots")
    op.drop_table("snapshots")
    op.drop_table("coverage")
    op.drop_index(op.f("ix_raw_files_day"), table_name="raw_files")
    op.drop_index(op.f("ix_raw_files_connector"), table_name="raw_files")
    op.drop_table("raw_files")
