"""People, who they are elsewhere, and what they may do."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("employee_no", sa.String(length=100), nullable=True),
        sa.Column("work_email", sa.String(length=320), nullable=True),
        sa.Column("username", sa.String(length=200), nullable=True),
        sa.Column("display_name", sa.String(length=300), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("manager_id", sa.String(length=36), nullable=True),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["people.id"], name=op.f("fk_people_manager_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_people_source_source_id")),
        sa.UniqueConstraint("subject", name=op.f("uq_people_subject")),
    )
    op.create_index(op.f("ix_people_employee_no"), "people", ["employee_no"], unique=False)
    op.create_index(op.f("ix_people_work_email"), "people", ["work_email"], unique=False)
    op.create_table(
        "account_links",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("account_id", sa.String(length=300), nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("learnt_from", sa.String(length=200), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_account_links_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("connector", "account_id", name=op.f("uq_account_links_connector_account_id")),
    )
    op.create_index(
        "ix_account_links_person_connector", "account_links", ["person_id", "connector"], unique=False
    )
    op.create_table(
        "identities",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind", sa.Enum("SLACK", "OIDC", "TOKEN", "OS", "DEMO", name="identitykind"), nullable=False
        ),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_identities_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_identities_kind_value")),
    )
    op.create_index(op.f("ix_identities_person_id"), "identities", ["person_id"], unique=False)
    op.create_table(
        "role_grants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column(
            "role",
            sa.Enum("HR", "IT", "APPROVER", "INVESTIGATOR", "COUNSEL", "AUDITOR", "ADMIN", name="role"),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_grants_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
        sa.UniqueConstraint("person_id", "role", name=op.f("uq_role_grants_person_id_role")),
    )
    op.create_index(op.f("ix_role_grants_person_id"), "role_grants", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_role_grants_person_id"), table_name="role_grants")
    op.drop_table("role_grants")
    op.drop_index(op.f("ix_identities_person_id"), table_name="identities")
    op.drop_table("identities")
    op.drop_index("ix_account_links_person_connector", table_name="account_links")
    op.drop_table("account_links")
    op.drop_index(op.f("ix_people_work_email"), table_name="people")
    op.drop_index(op.f("ix_people_employee_no"), table_name="people")
    op.drop_table("people")
    if op.get_bind().dialect.name == "postgresql":
        for kind in ("identitykind", "role"):
            op.execute(f"DROP TYPE {kind}")
