"""The first schema."""

import sqlalchemy as sa
from alembic import op

from service.ledger.seatbelt import POSTGRES_DOWNGRADE, STATEMENTS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
    )
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
        "gates",
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("open_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shut_because", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("connector", name=op.f("pk_gates")),
    )
    op.create_table(
        "ledger",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("departure_id", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_index(op.f("ix_ledger_at"), "ledger", ["at"], unique=False)
    op.create_index(op.f("ix_ledger_departure_id"), "ledger", ["departure_id"], unique=False)
    op.create_index(op.f("ix_ledger_event"), "ledger", ["event"], unique=False)
    op.create_index("ix_ledger_run_id_step", "ledger", ["run_id", "step"], unique=False)
    op.create_index(op.f("ix_ledger_subject"), "ledger", ["subject"], unique=False)
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "pending_look_ups",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("employee_id", sa.String(length=200), nullable=False),
        sa.Column("hint", sa.String(length=36), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "employee_id", name=op.f("pk_pending_look_ups")),
    )
    op.create_index(op.f("ix_pending_look_ups_due_at"), "pending_look_ups", ["due_at"], unique=False)
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
        "reader_cursors",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reader_cursors")),
    )
    op.create_table(
        "slack_messages",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("ts", sa.String(length=40), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shown_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("told_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_tried", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_slack_messages")),
    )
    op.create_table(
        "subject_keys",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_subject_keys")),
    )
    op.create_table(
        "told",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("employee_id", sa.String(length=200), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("VOLUNTARY", "INVOLUNTARY", "CONTRACTOR_END", name="departurekind"),
            nullable=False,
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "employee_id", name=op.f("pk_told")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("delivery_id", sa.String(length=200), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Enum("ACCEPTED", "IGNORED", "UNREADABLE", name="webhookstate"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("departure_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("source", "delivery_id", name=op.f("uq_webhooks_source_delivery_id")),
    )
    op.create_index(op.f("ix_webhooks_received_at"), "webhooks", ["received_at"], unique=False)
    op.create_index(op.f("ix_webhooks_state"), "webhooks", ["state"], unique=False)
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
        "departures",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("VOLUNTARY", "INVOLUNTARY", "CONTRACTOR_END", name="departurekind"),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "ANNOUNCED",
                "HELD",
                "SCHEDULED",
                "DUE",
                "REVOKING",
                "CONFIRMING",
                "CLOSED",
                "WITHDRAWN",
                name="departurestate",
            ),
            nullable=False,
        ),
        sa.Column("held_because", sa.String(length=500), nullable=False),
        sa.Column("civil_at", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interpretation", sa.JSON(), nullable=False),
        sa.Column("notice_date", sa.Date(), nullable=True),
        sa.Column("source_version", sa.String(length=200), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_departures_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_departures_source_source_id")),
    )
    op.create_index(op.f("ix_departures_effective_at"), "departures", ["effective_at"], unique=False)
    op.create_index(op.f("ix_departures_person_id"), "departures", ["person_id"], unique=False)
    op.create_index(op.f("ix_departures_state"), "departures", ["state"], unique=False)
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
    op.create_table(
        "sign_in_links",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_in_links_person_id_people")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_in_links")),
    )
    op.create_table(
        "web_sessions",
        sa.Column("id_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_web_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("id_sha256", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_person_id"), "web_sessions", ["person_id"], unique=False)
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
    dialect = op.get_bind().dialect.name
    for statements in STATEMENTS.values():
        for statement in statements[dialect]:
            op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_step_needs_needs_id"), table_name="step_needs")
    op.drop_table("step_needs")
    op.drop_index(op.f("ix_confirmations_step_run_id"), table_name="confirmations")
    op.drop_table("confirmations")
    op.drop_table("attempts")
    op.drop_index("ix_step_runs_state_next_at", table_name="step_runs")
    op.drop_index(op.f("ix_step_runs_run_id"), table_name="step_runs")
    op.drop_index("ix_step_runs_check_at", table_name="step_runs")
    op.drop_table("step_runs")
    op.drop_index(op.f("ix_snapshots_departure_id"), table_name="snapshots")
    op.drop_table("snapshots")
    op.drop_table("runs")
    op.drop_index(op.f("ix_web_sessions_person_id"), table_name="web_sessions")
    op.drop_table("web_sessions")
    op.drop_table("sign_in_links")
    op.drop_index(op.f("ix_role_grants_person_id"), table_name="role_grants")
    op.drop_table("role_grants")
    op.drop_index(op.f("ix_identities_person_id"), table_name="identities")
    op.drop_table("identities")
    op.drop_index(op.f("ix_departures_state"), table_name="departures")
    op.drop_index(op.f("ix_departures_person_id"), table_name="departures")
    op.drop_index(op.f("ix_departures_effective_at"), table_name="departures")
    op.drop_table("departures")
    op.drop_index("ix_account_links_person_connector", table_name="account_links")
    op.drop_table("account_links")
    op.drop_index(op.f("ix_webhooks_state"), table_name="webhooks")
    op.drop_index(op.f("ix_webhooks_received_at"), table_name="webhooks")
    op.drop_table("webhooks")
    op.drop_table("told")
    op.drop_table("subject_keys")
    op.drop_table("slack_messages")
    op.drop_table("reader_cursors")
    op.drop_index(op.f("ix_raw_files_day"), table_name="raw_files")
    op.drop_index(op.f("ix_raw_files_connector"), table_name="raw_files")
    op.drop_table("raw_files")
    op.drop_index(op.f("ix_people_work_email"), table_name="people")
    op.drop_index(op.f("ix_people_employee_no"), table_name="people")
    op.drop_table("people")
    op.drop_index(op.f("ix_pending_look_ups_due_at"), table_name="pending_look_ups")
    op.drop_table("pending_look_ups")
    op.drop_table("ledger_head")
    op.drop_index(op.f("ix_ledger_subject"), table_name="ledger")
    op.drop_index("ix_ledger_run_id_step", table_name="ledger")
    op.drop_index(op.f("ix_ledger_event"), table_name="ledger")
    op.drop_index(op.f("ix_ledger_departure_id"), table_name="ledger")
    op.drop_index(op.f("ix_ledger_at"), table_name="ledger")
    op.drop_table("ledger")
    op.drop_table("gates")
    op.drop_table("coverage")
    op.drop_table("checkpoints")
    if op.get_bind().dialect.name == "postgresql":
        for kind in (
            "attemptoutcome",
            "colour",
            "departurekind",
            "departurestate",
            "grade",
            "identitykind",
            "onfailure",
            "phase",
            "role",
            "stepstate",
            "waitsfor",
            "webhookstate",
        ):
            op.execute(f"DROP TYPE IF EXISTS {kind}")
        op.execute(POSTGRES_DOWNGRADE)
