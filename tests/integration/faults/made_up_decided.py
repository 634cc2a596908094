"""A history that is made up, in which people decide; and lies about it.

E-1 is taken back, E-6 is let go by two, E-4 is cancelled, E-5 is held still, E-7 is moved.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.integration.faults.made_up import told
from tests.integration.faults.seen import Effect, History, Meant, Op, Said, Standing

RA_BEGINS = (
    ("webhook.accepted", "", "", "", {"webhook": "w-1"}),
    ("departure.announced", "a", "", "", {}),
    ("run.started", "a", "ra", "", {}),
    ("step.attempted", "a", "ra", "shut", {}),
    ("step.done", "a", "ra", "shut", {}),
)
RB_IS_LET_GO = (
    ("webhook.accepted", "", "", "", {"webhook": "w-6"}),
    ("departure.announced", "b", "", "", {}),
    ("departure.held", "b", "", "", {"because": "protected"}),
    ("approval.given", "", "", "", {"by": "ivan", "release": "l", "departures": 1}),
    ("approval.given", "", "", "", {"by": "hanna", "release": "l", "departures": 1, "released": True}),
    ("departure.scheduled", "b", "", "", {"by": "hanna", "released": "l"}),
)
RB_BEGINS = (
    ("run.started", "b", "rb", "", {}),
    ("step.attempted", "b", "rb", "shut", {}),
    ("step.done", "b", "rb", "shut", {}),
)
RA_IS_TAKEN_BACK = (
    ("run.undoing", "a", "ra", "", {"by": "ivan"}),
    ("step.attempted", "a", "ra", "undo.shut", {}),
    ("step.done", "a", "ra", "undo.shut", {}),
)
RA_IS_BACK = (("run.undone", "a", "ra", "", {}), ("departure.withdrawn", "a", "ra", "", {}))
CANCELLED = ("departure.withdrawn", "c", "", "", {"by": "hanna", "cancelled": True})
OTHERS = (
    ("webhook.accepted", "", "", "", {"webhook": "w-4"}),
    ("departure.announced", "c", "", "", {}),
    ("departure.held", "c", "", "", {"because": "long past"}),
    CANCELLED,
    ("webhook.accepted", "", "", "", {"webhook": "w-5"}),
    ("departure.announced", "f", "", "", {}),
    ("departure.held", "f", "", "", {"because": "long past"}),
)
FIRST = ("webhook.accepted", "", "", "", {"webhook": "w-7a"})
SECOND = ("webhook.accepted", "", "", "", {"webhook": "w-7b"})
THIRD = ("webhook.accepted", "", "", "", {"webhook": "w-7c"})
SAID = tuple(Said(kind="voluntary", civil=f"2026-03-02T1{n}:00:00", zone="UTC") for n in (3, 4, 5))


def stands_on(n: int, instead: int | None = None) -> dict[str, Meant]:
    late = SAID[instead] if instead is not None else None
    return {"g": Meant(said=SAID[n], at=datetime(2026, 3, 2, 13 + n, tzinfo=UTC), instead=late)}


BEFORE = (*RA_BEGINS, *RB_IS_LET_GO, *RB_BEGINS, *RA_IS_TAKEN_BACK, *RA_IS_BACK, *OTHERS)
DECIDED = History(
    ops=(
        Op(kind="immediate", person="E-1", message="m-1", status=202),
        Op(kind="immediate", person="E-6", message="m-6", status=202),
        Op(kind="ask", person="", message="", status=200, by="E-2", of=("b",)),
        Op(kind="approve", person="", message="", status=200, by="E-3", release="l"),
        Op(kind="undo", person="", message="", status=200, by="E-2", run="ra"),
        Op(kind="immediate", person="E-4", message="m-4", status=202),
        Op(kind="cancel held", person="", message="", status=200, by="E-3", of=("c",)),
        Op(kind="immediate", person="E-5", message="m-5", status=202),
        Op(kind="scheduled", person="E-7", message="m-7a", status=202, said=SAID[0]),
        Op(kind="changed", person="E-7", message="m-7b", status=202, said=SAID[1]),
        Op(kind="changed", person="E-7", message="m-7c", status=None, said=SAID[2]),
    ),
    effects=(
        Effect(target="acc-1", what="account.active", key="ra/shut", at="2026-03-02T12:00:04"),
        Effect(target="acc-6", what="account.active", key="rb/shut", at="2026-03-02T12:00:13"),
        Effect(target="acc-1", what="account.active", key="ra/undo.shut", at="2026-03-02T12:00:16"),
    ),
    entries=told(*BEFORE, FIRST, SECOND),
    steps=(
        Standing(run="ra", step="shut", state="done", waits_for="", owner="it"),
        Standing(run="ra", step="undo.shut", state="done", waits_for="", owner="it"),
        Standing(run="rb", step="shut", state="done", waits_for="", owner="it"),
    ),
    webhooks={f"m-{n}": f"w-{n}" for n in (1, 4, 5, 6, "7a", "7b")},
    departures={
        "a": ("E-1", "withdrawn", "ra"),
        "b": ("E-6", "closed", "rb"),
        "c": ("E-4", "withdrawn", ""),
        "f": ("E-5", "held", ""),
        "g": ("E-7", "scheduled", ""),
    },
    finished=frozenset({"ra", "rb"}),
    targets_of={f"E-{n}": frozenset({f"acc-{n}"}) for n in (1, 4, 5, 6, 7)},
    posts={"ra": 1, "rb": 1},
    ledger_holds=True,
    still_open=frozenset({("E-1", "shut"), ("E-7", "shut")}),
    open_before=frozenset({("E-1", "shut"), ("E-6", "shut"), ("E-7", "shut")}),
    meant=stands_on(1),
    humans={"person:ivan": "E-2", "person:ivan-too": "E-2", "person:hanna": "E-3", "person:six": "E-6"},
    protected=frozenset({"E-6"}),
)


def with_entries(*said: tuple[str, str, str, str, dict[str, Any]], **more: Any) -> History:
    return replace(DECIDED, entries=told(*said), **more)


def let_go_by(*who: str) -> History:
    """E-6 is let go by these and nobody else."""
    yes = (("approval.given", "", "", "", {"by": each, "release": "l", "departures": 1}) for each in who)
    rest = (*RB_BEGINS, *RA_IS_TAKEN_BACK, *RA_IS_BACK, *OTHERS, FIRST, SECOND)
    said = (*RA_BEGINS, *RB_IS_LET_GO[:3], *yes, RB_IS_LET_GO[5], *rest)
    ops = tuple(op for op in DECIDED.ops if op.kind not in ("ask", "approve"))
    late = tuple(replace(each, at="2026-03-02T12:00:50") for each in DECIDED.effects[1:])
    return with_entries(*said, ops=ops, effects=(DECIDED.effects[0], *late))


def unrecorded(kind: str, **what: Any) -> History:
    """People were told that something was done, of which nothing is on record."""
    op = Op(kind=kind, person="", message="", status=200, **what)
    return replace(DECIDED, ops=(*DECIDED.ops, op))


def taken_back_early(*, because: str) -> History:
    """HR took E-8 back before a departure of theirs was known, and sends that again once one is."""
    return with_entries(
        *(*BEFORE, FIRST, SECOND),
        ("webhook.unreadable", "", "", "", {"webhook": "w-8a"}),
        ("webhook.accepted", "", "", "", {"webhook": "w-8b"}),
        ("departure.announced", "h", "", "", {}),
        ("departure.held", "h", "", "", {"because": because}),
        ("webhook.accepted", "", "", "", {"webhook": "w-8a"}),
        ("departure.withdrawn", "h", "", "", {}),
        ops=(
            *DECIDED.ops,
            Op(kind="rescinded", person="E-8", message="m-8a", status=422),
            Op(kind="immediate", person="E-8", message="m-8b", status=202),
            Op(kind="rescinded", person="E-8", message="m-8a", status=202),
        ),
        webhooks={**DECIDED.webhooks, "m-8a": "w-8a", "m-8b": "w-8b"},
        departures={**DECIDED.departures, "h": ("E-8", "withdrawn", "")},
    )


HEARD = {"webhooks": {**DECIDED.webhooks, "m-7c": "w-7c"}}
F_CANCELLED, G_CANCELLED = (
    ("departure.withdrawn", each, "", "", {"by": "hanna", "cancelled": True}) for each in ("f", "g")
)
DECISIVE_LIES: tuple[tuple[str, History], ...] = (
    # what nobody answered may stand or not; a third end is wrong
    ("what_was_said_last_counts", replace(DECIDED, meant=stands_on(0))),
    ("what_was_said_last_counts", replace(DECIDED, meant=stands_on(2))),
    ("what_was_said_last_counts", with_entries(*BEFORE, FIRST, SECOND, THIRD, **HEARD)),
    (
        "what_was_said_last_counts",
        with_entries(*BEFORE, FIRST, SECOND, THIRD, meant=stands_on(0, 1), **HEARD),
    ),
    (
        "what_was_said_last_counts",  # nobody is left of whom the last word alone tells
        with_entries(
            *(*BEFORE, F_CANCELLED, FIRST, SECOND, G_CANCELLED),
            departures={**DECIDED.departures, "f": ("E-5", "withdrawn", ""), "g": ("E-7", "withdrawn", "")},
        ),
    ),
    (
        "what_was_said_last_counts",  # HR took it back too late, and nobody let it go on
        replace(
            DECIDED,
            ops=(*DECIDED.ops, Op(kind="rescinded", person="E-6", message="m-7b", status=202)),
            departures={**DECIDED.departures, "b": ("E-6", "revoking", "rb")},
        ),
    ),
    ("what_was_said_last_counts", taken_back_early(because="long past")),
    ("heard_in_their_order", with_entries(*BEFORE, SECOND, FIRST, meant=stands_on(0))),
    (
        "who_is_held_is_untouched",
        with_entries(*BEFORE, FIRST, SECOND, ("step.attempted", "f", "rf", "shut", {})),
    ),
    ("who_is_held_is_untouched", with_entries(*BEFORE, FIRST, SECOND, ("run.started", "f", "rf", "", {}))),
    ("two_persons_let_go", let_go_by("ivan")),
    ("two_persons_let_go", let_go_by("ivan", "ivan-too")),
    ("two_persons_let_go", let_go_by("hanna", "six")),
    (
        "two_persons_let_go",  # what was let go was another time
        with_entries(
            *(*RA_BEGINS, *RB_IS_LET_GO),
            *(("departure.changed", "b", "", "", {}), ("departure.scheduled", "b", "", "", {})),
            *(*RB_BEGINS, *RA_IS_TAKEN_BACK, *RA_IS_BACK, *OTHERS, FIRST, SECOND),
            effects=tuple(
                replace(each, at=f"2026-03-02T12:00:{at:02}")
                for each, at in zip(DECIDED.effects, (4, 15, 18), strict=True)
            ),
        ),
    ),
    ("what_people_decided_stands", unrecorded("ask", by="E-3", of=("f",))),
    ("what_people_decided_stands", unrecorded("approve", by="E-2", release="other")),
    ("what_people_decided_stands", unrecorded("cancel held", by="E-3", of=("f",))),
    ("what_people_decided_stands", unrecorded("undo", by="E-2", run="rb")),
    ("what_people_decided_stands", unrecorded("rehire", by="E-2", of=("E-1",))),
    ("whoever_is_let_go_is_done", replace(DECIDED, overdue=frozenset({"g"}))),
    ("whoever_is_let_go_is_done", with_entries(*BEFORE, FIRST, SECOND, ("run.started", "c", "rc", "", {}))),
    ("what_is_taken_back_is_as_before", replace(DECIDED, effects=DECIDED.effects[:2])),
    (
        "only_what_we_shut_is_opened",  # what is lost for good
        with_entries(
            *(*BEFORE, FIRST, SECOND, ("step.attempted", "a", "ra", "undo.sessions", {})),
            effects=(
                *DECIDED.effects,
                Effect(target="s-1", what="session.end", key="ra/undo.sessions", at="2026-03-02T12:00:59"),
            ),
        ),
    ),
    (
        "only_what_we_shut_is_opened",  # what was shut before us
        with_entries(
            *(*BEFORE, FIRST, SECOND, ("step.attempted", "a", "ra", "undo.crm", {})),
            effects=(
                *DECIDED.effects,
                Effect(target="u-1", what="UserLogin.IsFrozen", key="ra/undo.crm", at="2026-03-02T12:00:59"),
            ),
        ),
    ),
    (
        "only_what_we_shut_is_opened",  # and shut again after it had been opened
        replace(
            DECIDED, effects=(replace(DECIDED.effects[0], at="2026-03-02T12:00:20"), *DECIDED.effects[1:])
        ),
    ),
    (
        "only_what_we_shut_is_opened",  # before anybody said so
        replace(
            DECIDED,
            entries=tuple(
                replace(each, at="2026-03-02T12:00:40") if each.event == "run.undoing" else each
                for each in DECIDED.entries
            ),
        ),
    ),
    ("who_was_taken_back_is_as_before", replace(DECIDED, still_open=frozenset({("E-7", "shut")}))),
    (
        "who_was_taken_back_is_as_before",  # what was shut before us is open
        replace(DECIDED, open_before=frozenset({("E-7", "shut")})),
    ),
    (
        "an_undo_ends_or_names_somebody",
        with_entries(*RA_BEGINS, *RB_IS_LET_GO, *RB_BEGINS, *RA_IS_TAKEN_BACK, *OTHERS, FIRST, SECOND),
    ),
    (
        "an_undo_ends_or_names_somebody",
        replace(DECIDED, departures={**DECIDED.departures, "a": ("E-1", "revoking", "ra")}),
    ),
    (
        "withdrawn_is_untouched",
        replace(DECIDED, effects=(replace(DECIDED.effects[1], target="acc-5"), *DECIDED.effects)),
    ),
    ("done_is_so", replace(DECIDED, still_open=frozenset({("E-1", "shut"), ("E-6", "shut")}))),
)
