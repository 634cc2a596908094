"""A wave of dismissals, a lost device and a return are kinds of their own."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = ("LAYOFF", "LOST_DEVICE", "REHIRE")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for kind in KINDS:
            op.execute(f"ALTER TYPE departurekind ADD VALUE IF NOT EXISTS '{kind}'")


def downgrade() -> None:
    """PostgreSQL cannot take a value away; one that no row holds harms nothing."""
