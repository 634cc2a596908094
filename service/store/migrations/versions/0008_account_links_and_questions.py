"""Account links keep what rosters say; what is unclear is a question."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("account_links") as table:
        table.add_column(sa.Column("identifiers", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("refs", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("status", sa.String(20), nullable=False, server_default="unknown"))
        table.add_column(sa.Column("is_admin", sa.Boolean(), nullable=True))
        table.add_column(sa.Column("created_at", MOMENT, nullable=True))
        table.add_column(sa.Column("last_seen_at", MOMENT, nullable=True))
        table.add_column(sa.Column("changed_at", MOMENT, nullable=True))
        table.add_column(sa.Column("vanished_at", MOMENT, nullable=True))
        table.add_column(sa.Column("doubt", sa.String(300), nullable=False, server_default=""))
    with op.batch_alter_table("account_links") as table:
        for name in ("identifiers", "refs", "status", "doubt"):
            table.alter_column(name, server_default=None)
    op.create_table(
        "questions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("connector", sa.String(60), nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("dismissed", sa.JSON(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.String(200), nullable=False),
        sa.Column("step_run_id", sa.String(36), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_questions_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("person_id", "connector", name=op.f("uq_questions_person_id_connector")),
    )


def downgrade() -> None:
    op.drop_table("questions")
    with op.batch_alter_table("account_links") as table:
        for name in (
            "identifiers",
            "refs",
            "status",
            "is_admin",
            "created_at",
            "last_seen_at",
            "changed_at",
            "vanished_at",
            "doubt",
        ):
            table.drop_column(name)
