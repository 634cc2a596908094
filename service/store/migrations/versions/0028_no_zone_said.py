"""Whoever's zone nobody has said has none: UTC was written for them, as for those who work there.

Which of the two it was cannot be told any more. The zone set for the HR source counted for both until now, and does so
until the next roster says who works in UTC.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_people = sa.table("people", sa.column("timezone", sa.String))


def upgrade() -> None:
    op.execute(_people.update().where(_people.c.timezone == "UTC").values(timezone=""))


def downgrade() -> None:
    op.execute(_people.update().where(_people.c.timezone == "").values(timezone="UTC"))
