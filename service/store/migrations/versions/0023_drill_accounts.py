"""What a drill has shut and not opened yet, and how long a drill that does not move is taken for alive."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("drills", sa.Column("alive_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "drill_accounts",
        sa.Column("drill", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("system", sa.String(length=100), nullable=False),
        sa.Column("account_id", sa.String(length=500), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("shut_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["drill"], ["drills.number"], name=op.f("fk_drill_accounts_drill_drills")
        ),
        sa.PrimaryKeyConstraint("drill", "system", name=op.f("pk_drill_accounts")),
    )


def downgrade() -> None:
    op.drop_table("drill_accounts")
    with op.batch_alter_table("drills") as table:
        table.drop_column("alive_until")
