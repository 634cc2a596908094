"""What two persons let go."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("named", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("because", sa.String(length=2000), nullable=False),
        sa.Column("wave_size", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.String(length=36), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=36), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Enum("WAITING", "RELEASED", "OUTDATED", name="releasestate"), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_releases_asked_by_people")),
        sa.ForeignKeyConstraint(["approved_by"], ["people.id"], name=op.f("fk_releases_approved_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("number", name=op.f("uq_releases_number")),
    )
    op.create_index(op.f("ix_releases_batch_id"), "releases", ["batch_id"], unique=False)
    op.create_index(op.f("ix_releases_state"), "releases", ["state"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_releases_state"), table_name="releases")
    op.drop_index(op.f("ix_releases_batch_id"), table_name="releases")
    op.drop_table("releases")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TYPE releasestate")
