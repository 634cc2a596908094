"""The names of everything the ledger records. Public: renaming one is a breaking change."""

from enum import StrEnum


class Event(StrEnum):
    """`subject.what-happened`, past tense."""

    SERVICE_STARTED = "service.started"
    ENGINE_STOPPED = "engine.stopped"
    ENGINE_RESUMED = "engine.resumed"
    SCHEMA_UPGRADED_BESIDE = "schema.upgraded_beside"
    GUARDRAILS_SET = "guardrails.set"
    CHECKPOINT_SIGNED = "checkpoint.signed"

    WEBHOOK_ACCEPTED = "webhook.accepted"
    WEBHOOK_UNREADABLE = "webhook.unreadable"

    DEPARTURE_ANNOUNCED = "departure.announced"
    DEPARTURE_CHANGED = "departure.changed"
    DEPARTURE_HELD = "departure.held"
    DEPARTURE_SCHEDULED = "departure.scheduled"
    DEPARTURE_DUE = "departure.due"
    DEPARTURE_WITHDRAWN = "departure.withdrawn"
    DEPARTURE_CLOSED = "departure.closed"
    DEPARTURE_REOPENED = "departure.reopened"
    DEPARTURE_SEALED = "departure.sealed"
    DEPARTURE_UNSEALED = "departure.unsealed"
    DEPARTURE_LOOKED_AT = "departure.looked_at"
    DEPARTURE_REFUSED = "departure.refused"

    BATCH_OPENED = "batch.opened"
    BATCH_REFUSED = "batch.refused"
    BATCH_WAVE_OPENED = "batch.wave_opened"
    BATCH_STOPPED = "batch.stopped"
    BATCH_RESUMED = "batch.resumed"

    RELEASE_NAMED = "release.named"
    APPROVAL_GIVEN = "approval.given"
    APPROVAL_REFUSED = "approval.refused"

    RUN_STARTED = "run.started"
    RUN_CONFIRMING = "run.confirming"
    RUN_FINISHED = "run.finished"
    RUN_CANCELLED = "run.cancelled"
    RUN_RETIMED = "run.retimed"
    RUN_COMPARED = "run.compared"
    RUN_UNDOING = "run.undoing"
    RUN_UNDONE = "run.undone"

    STEP_ATTEMPTED = "step.attempted"
    STEP_DONE = "step.done"
    STEP_RETRIED = "step.retried"
    STEP_WAITING = "step.waiting"
    STEP_FAILED = "step.failed"
    STEP_SKIPPED = "step.skipped"
    STEP_CANCELLED = "step.cancelled"
    STEP_LOST = "step.lost"
    STEP_LATE = "step.late"
    STEP_TAKEN = "step.taken"
    STEP_CONFIRMED = "step.confirmed"
    STEP_WAIVED = "step.waived"
    STEP_READ_BACK = "step.read_back"
    STEP_CONTRADICTED = "step.contradicted"

    CONFIRMATION_REFUSED = "confirmation.refused"
    INTERVENTION_MADE = "intervention.made"
    INTERVENTION_REFUSED = "intervention.refused"
    UNDO_REFUSED = "undo.refused"

    SNAPSHOT_SEALED = "snapshot.sealed"
    SNAPSHOT_ADDED = "snapshot.added"
    SNAPSHOT_OPENED = "snapshot.opened"
    SNAPSHOT_DESTROYED = "snapshot.destroyed"

    ROSTER_LEARNT = "roster.learnt"
    ROSTER_IMPORTED = "roster.imported"
    ROSTER_REFUSED = "roster.refused"
    ROLE_GRANTED = "role.granted"
    ROLE_TAKEN = "role.taken"
    IDENTITY_LINKED = "identity.linked"
    IDENTITY_TAKEN = "identity.taken"
    ACCOUNT_LINKED = "account.linked"
    ACCOUNT_DOUBTED = "account.doubted"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"

    DRILL_PLANNED = "drill.planned"
    DRILL_BEGUN = "drill.begun"
    DRILL_PASSED = "drill.passed"
    DRILL_FAILED = "drill.failed"

    CLOCK_JUMPED = "clock.jumped"
    CLOCK_TRUSTED = "clock.trusted"
    CLOCK_SAID_RIGHT = "clock.said_right"

    ALARM_RAISED = "alarm.raised"
    ALARM_ENDED = "alarm.ended"

    SUBJECT_ERASED = "subject.erased"

    PLAYBOOK_OFFERED = "playbook.offered"
    PLAYBOOK_APPROVED = "playbook.approved"
    PLAYBOOK_REFUSED = "playbook.refused"
    PLAYBOOK_PUT_TO_USE = "playbook.put_to_use"

    SESSION_OPENED = "session.opened"
    SESSION_CLOSED = "session.closed"
