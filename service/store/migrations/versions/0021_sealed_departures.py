"""Departures that only named people see until their time."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("departures", sa.Column("sealed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_departures_sealed"), "departures", ["sealed"], unique=False)
    op.create_table(
        "may_see",
        sa.Column("departure_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["departure_id"], ["departures.id"], name=op.f("fk_may_see_departure_id_departures")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_may_see_person_id_people")),
        sa.PrimaryKeyConstraint("departure_id", "person_id", name=op.f("pk_may_see")),
    )


def downgrade() -> None:
    op.drop_table("may_see")
    op.drop_index(op.f("ix_departures_sealed"), table_name="departures")
    op.drop_column("departures", "sealed")
