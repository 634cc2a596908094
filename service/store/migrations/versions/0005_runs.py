"""Runs and their steps, attempts and confirmations."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("departure_id", sa.String(length=36), nullable=False),
        sa.Column("playbook", sa.String(length=80), nullable=False),
        sa.Column("playbook_version", sa.Integer(), nullable=False),
        sa.Column("playbook_digest", sa.String(length=64), nullable=False),
        sa.Column("plan_digest", sa.String(length=64), nullable=False),
        sa.Column("colour", sa.Enum("GREEN", "AMBER", "RED", name="colour"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["departure_id"], ["departures.id"], name=op.f("fk_runs_departure_id_departures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("departure_id", name=op.f("uq_runs_departure_id")),
        sa.UniqueConstraint("number", name=op.f("uq_runs_number")),
    )
    op.create_table(
        "step_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=120), nullable=False),
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column(
            "phase", sa.Enum("NOTICE", "LAST_DAY", "AFTER_CARE", "DESTRUCTIVE", name="phase"), nullable=False
        ),
        sa.Column(
            "minimum",
            sa.Enum(
                "UNKNOWN",
                "ABSENT",
                "PENDING",
                "ACKNOWLEDGED",
                "ATTESTED",
                "OBSERVED",
                "CORROBORATED",
                "WAIVED",
                name="grade",
            ),
            nullable=False,
        ),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("asks_person", sa.Boolean(), nullable=False),
        sa.Column("readable", sa.Boolean(), nullable=False),
        sa.Column("on_failure", sa.Enum("STOP", "CONTINUE", name="onfailure"), nullable=False),
        sa.Column("retry_first_s", sa.Double(), nullable=False),
        sa.Column("retry_most_s", sa.Double(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "BLOCKED",
                "READY",
                "DISPATCHED",
                "RUNNING",
                "WAITING",
                "DONE",
                "FAILED",
                "SKIPPED",
                "CANCELLED",
                name="stepstate",
            ),
            nullable=False,
        ),
        sa.Column("waits_for", sa.Enum("PERSON", "DEVICE", name="waitsfor"), nullable=True),
        sa.Column("contradicted", sa.Boolean(), nullable=False),
        sa.Column(
            "grade",
            sa.Enum(
                "UNKNOWN",
                "ABSENT",
                "PENDING",
                "ACKNOWLEDGED",
                "ATTESTED",
                "OBSERVED",
                "CORROBORATED",
                "WAIVED",
                name="grade",
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("checking", sa.Boolean(), nullable=False),
        sa.Column("look_first", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("fix", sa.String(length=1000), nullable=False),
        sa.Column("taken_by", sa.String(length=36), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("release_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("residual", sa.JSON(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("receipts", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_step_runs_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_runs")),
        sa.UniqueConstraint("run_id", "step", name=op.f("uq_step_runs_run_id_step")),
    )
    op.create_index("ix_step_runs_check_at", "step_runs", ["check_at"], unique=False)
    op.create_index(op.f("ix_step_runs_run_id"), "step_runs", ["run_id"], unique=False)
    op.create_index("ix_step_runs_state_next_at", "step_runs", ["state", "next_at"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("step_run_id", sa.String(length=36), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("DONE", "RETRIED", "WAITING", "FAILED", "LOST", "LATE", name="attemptoutcome"),
            nullable=True,
        ),
        sa.Column("error", sa.String(length=1000), nullable=False),
        sa.Column("hint", sa.String(length=1000), nullable=False),
        sa.Column("calls", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["step_run_id"], ["step_runs.id"], name=op.f("fk_attempts_step_run_id_step_runs")
        ),
        sa.PrimaryKeyConstraint("step_run_id", "n", name=op.f("pk_attempts")),
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("step_run_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("waiver", sa.Boolean(), nullable=False),
        sa.Column("read_back", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_confirmations_person_id_people")),
        sa.ForeignKeyConstraint(
            ["step_run_id"], ["step_runs.id"], name=op.f("fk_confirmations_step_run_id_step_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint("step_run_id", "revision", name=op.f("uq_confirmations_step_run_id_revision")),
    )
    op.create_index(op.f("ix_confirmations_step_run_id"), "confirmations", ["step_run_id"], unique=False)
    op.create_table(
        "step_needs",
        sa.Column("step_run_id", sa.String(length=36), nullable=False),
        sa.Column("needs_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["needs_id"], ["step_runs.id"], name=op.f("fk_step_needs_needs_id_step_runs")
        ),
        sa.ForeignKeyConstraint(
            ["step_run_id"], ["step_runs.id"], name=op.f("fk_step_needs_step_run_id_step_runs")
        ),
        sa.PrimaryKeyConstraint("step_run_id", "needs_id", name=op.f("pk_step_needs")),
    )
    op.create_index(op.f("ix_step_needs_needs_id"), "step_needs", ["needs_id"], unique=False)
    op.create_table(
        "gates",
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("open_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shut_because", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("connector", name=op.f("pk_gates")),
    )


def downgrade() -> None:
    op.drop_table("gates")
    op.drop_index(op.f("ix_step_needs_needs_id"), table_name="step_needs")
    op.drop_table("step_needs")
    op.drop_index(op.f("ix_confirmations_step_run_id"), table_name="confirmations")
    op.drop_table("confirmations")
    op.drop_table("attempts")
    op.drop_index("ix_step_runs_state_next_at", table_name="step_runs")
    op.drop_index(op.f("ix_step_runs_run_id"), table_name="step_runs")
    op.drop_index("ix_step_runs_check_at", table_name="step_runs")
    op.drop_table("step_runs")
    op.drop_table("runs")
    if op.get_bind().dialect.name == "postgresql":
        for kind in ("attemptoutcome", "colour", "grade", "onfailure", "phase", "stepstate", "waitsfor"):
            op.execute(f"DROP TYPE {kind}")
