"""Versions of playbooks with their text, which is in use, and who approved a change."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "playbook_versions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_playbook_versions")),
    )
    op.create_table(
        "playbook_uses",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["playbook_versions.digest"], name=op.f("fk_playbook_uses_digest_playbook_versions")
        ),
        sa.PrimaryKeyConstraint("kind", "n", name=op.f("pk_playbook_uses")),
    )
    op.create_table(
        "playbook_approvals",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("replaces", sa.String(64), nullable=False),
        sa.Column("kinds", sa.String(200), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("door", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["playbook_versions.digest"], name=op.f("fk_playbook_approvals_digest_playbook_versions")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_playbook_approvals_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_approvals")),
        sa.UniqueConstraint(
            "digest",
            "replaces",
            "kinds",
            "person_id",
            name=op.f("uq_playbook_approvals_digest_replaces_kinds_person_id"),
        ),
    )


def downgrade() -> None:
    op.drop_table("playbook_approvals")
    op.drop_table("playbook_uses")
    op.drop_table("playbook_versions")
