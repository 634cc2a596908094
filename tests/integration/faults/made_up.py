"""A history that is made up, in which batches are steered and others change the targets; and lies about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.integration.faults.groups import MEMBER, OUT
from tests.integration.faults.others import LOCK, OWNER
from tests.integration.faults.seen import Effect, Entry, History, Meant, Op, Said, Standing

Line = tuple[str, str, str, str, dict[str, Any]]


def told(*said: Line) -> tuple[Entry, ...]:
    """Entries of event, departure, run, step and body; the actor stands in the body."""
    return tuple(
        Entry(
            seq=seq,
            at=f"2026-03-02T12:00:{seq:02}",
            event=event,
            departure=departure,
            run=run,
            step=step,
            body={name: value for name, value in body.items() if name != "by"},
            actor=f"person:{body['by']}" if "by" in body else "",
        )
        for seq, (event, departure, run, step, body) in enumerate(said)
    )


#: E-2 and E-3 are let go one at a time; the batch is stopped and gone on with; E-3 is taken back.
BEGUN: Final[tuple[Line, ...]] = (
    ("webhook.accepted", "", "", "", {"webhook": "w-1"}),
    ("departure.announced", "a", "", "", {}),
    ("departure.announced", "b", "", "", {}),
    ("departure.announced", "c", "", "", {}),
    ("departure.held", "b", "", "", {"because": "long past"}),
    ("departure.held", "c", "", "", {"because": "long past"}),
    ("approval.given", "", "", "", {"by": "ivan", "release": "l", "departures": 2}),
    ("approval.given", "", "", "", {"by": "hanna", "release": "l", "departures": 2, "released": True}),
    ("departure.scheduled", "b", "", "", {"by": "hanna", "released": "l"}),
    ("departure.scheduled", "c", "", "", {"by": "hanna", "released": "l"}),
    ("run.started", "b", "rb", "", {}),
    ("step.attempted", "b", "rb", "shut", {}),
    ("step.done", "b", "rb", "shut", {}),
    ("step.attempted", "b", "rb", "laptop", {}),
)
STOPPED: Final[Line] = ("batch.stopped", "", "", "", {"batch": "t", "wave": 1})
RESUMED: Final[Line] = ("batch.resumed", "", "", "", {"batch": "t", "wave": 1})
OPENED: Final[Line] = ("batch.wave_opened", "", "", "", {"batch": "t", "wave": 2})
RC_BEGINS: Final[Line] = ("run.started", "c", "rc", "", {})
RC_SHUTS: Final[tuple[Line, ...]] = (
    ("step.attempted", "c", "rc", "shut", {}),
    ("step.done", "c", "rc", "shut", {}),
)
RC_IS_TAKEN_BACK: Final[tuple[Line, ...]] = (
    ("run.undoing", "c", "rc", "", {"by": "ivan"}),
    ("step.attempted", "c", "rc", "undo.shut", {}),
    ("step.done", "c", "rc", "undo.shut", {}),
    ("run.undone", "c", "rc", "", {}),
    ("departure.withdrawn", "c", "rc", "", {}),
)


def in_utc(*said: Line) -> tuple[Entry, ...]:
    return tuple(replace(each, at=f"{each.at}+00:00") for each in told(*said))


def at(second: float) -> str:
    return (datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(seconds=second)).isoformat(
        timespec="milliseconds"
    )


def steered(verb: str) -> Op:
    return Op(kind=verb, person="", message="", status=200, by="E-8", batch="1")


def active(target: str, key: str, second: float) -> Effect:
    return Effect(target=target, what="account.active", key=key, at=at(second))


SAID: Final = Said(kind="voluntary", civil="", zone="UTC")
STEERED: Final = History(
    ops=(
        Op(kind="scheduled", person="E-1", message="m-1", status=202),
        *(steered(verb) for verb in ("stop", "go", "next")),
    ),
    effects=(
        active("acc-2", "rb/shut", 11.5),
        active("acc-3", "rc/shut", 18.5),
        active("acc-3", "rc/undo.shut", 21.5),
        Effect(target="CE-2", what=LOCK, key="rb/laptop", at=at(13.4)),
    ),
    # E-2 is let in and shut out again by somebody else; so is E-3, before it is taken back
    others=(
        active("acc-2", "others/1", 12.5),
        active("acc-2", "others/2", 12.7),
        Effect(target="CE-2", what=OWNER, key="others/3", at=at(13.6), to="E-9000"),
        Effect(target="E-1/vpn", what=MEMBER, key="others/6", at=at(9), to=OUT),
        active("acc-3", "others/4", 19.1),
        active("acc-3", "others/5", 19.2),
    ),
    entries=in_utc(*BEGUN, STOPPED, RESUMED, OPENED, RC_BEGINS, *RC_SHUTS, *RC_IS_TAKEN_BACK),
    steps=(
        Standing(run="rb", step="shut", state="done", waits_for="", owner="it"),
        Standing(run="rc", step="shut", state="done", waits_for="", owner="it"),
        Standing(run="rc", step="undo.shut", state="done", waits_for="", owner="it"),
    ),
    webhooks={"m-1": "w-1"},
    departures={
        "a": ("E-1", "scheduled", ""),
        "b": ("E-2", "closed", "rb"),
        "c": ("E-3", "withdrawn", "rc"),
    },
    finished=frozenset({"rb", "rc"}),
    targets_of={f"E-{n}": frozenset({f"acc-{n}"}) for n in (1, 2, 3)},
    posts={"rb": 1, "rc": 1},
    ledger_holds=True,
    meant={each: Meant(said=SAID, at=datetime(2026, 3, 2, 11, tzinfo=UTC)) for each in ("b", "c")},
    humans={"person:ivan": "E-8", "person:hanna": "E-9"},
    batch_of={"b": "t", "c": "t"},
    batches={"1": "t"},
    groups_before={"E-1": frozenset({"staff", "vpn"}), "E-3": frozenset({"staff"})},
    groups={"E-1": frozenset({"staff"}), "E-3": frozenset({"staff"})},
    devices={"CE-2": "E-2"},
    wave_sizes={"l": 1},
    ended=at(60),
)


def with_lines(*said: Line, **more: Any) -> History:
    return replace(STEERED, entries=in_utc(*BEGUN, *said), **more)


#: Where the lines are others, E-3 was shut and opened later than any of them.
LATER: Final = {
    "effects": (
        STEERED.effects[0],
        active("acc-3", "rc/shut", 30),
        active("acc-3", "rc/undo.shut", 40),
    ),
    "others": tuple(each for each in STEERED.others if each.what == MEMBER),
}
#: An hour later the login of E-2 is looked at; or nobody does, after the first reading back or without one.
TWO_HOURS: Final = at(2 * 3600)


def looked_at(*seconds: float) -> History:
    looks = (
        Entry(seq=0, at=at(second), event="step.read_back", departure="b", run="rb", step="shut", body={})
        for second in seconds
    )
    entries = (*STEERED.entries, *looks)
    return replace(
        STEERED,
        entries=tuple(replace(each, seq=seq) for seq, each in enumerate(entries)),
        open_before=frozenset({("E-2", "shut")}),
        ended=TWO_HOURS,
    )


NOT_YET: Final = Meant(said=SAID, at=datetime(2026, 3, 2, 14, tzinfo=UTC))
STEERED_LIES: Final[tuple[tuple[str, History], ...]] = (
    (
        "a_stopped_batch_stands",
        with_lines(OPENED, STOPPED, RC_BEGINS, RESUMED, *RC_SHUTS, *RC_IS_TAKEN_BACK, **LATER),
    ),
    (
        "a_stopped_batch_stands",
        with_lines(OPENED, RC_BEGINS, STOPPED, *RC_SHUTS, RESUMED, *RC_IS_TAKEN_BACK, **LATER),
    ),
    (
        "waves_wait_for_their_turn",
        with_lines(STOPPED, RESUMED, RC_BEGINS, OPENED, *RC_SHUTS, *RC_IS_TAKEN_BACK, **LATER),
    ),
    (
        "a_wave_is_opened_once",
        with_lines(
            *(STOPPED, RESUMED, OPENED, OPENED, RC_BEGINS, *RC_SHUTS, *RC_IS_TAKEN_BACK),
            ops=(*STEERED.ops, steered("next")),
            **LATER,
        ),
    ),
    ("what_was_said_of_a_batch_stands", replace(STEERED, ops=(*STEERED.ops, steered("stop")))),
    ("what_was_said_of_a_batch_stands", replace(STEERED, ops=STEERED.ops[:-1])),
    ("nobody_else_is_overruled", replace(STEERED, others=STEERED.others[:-1])),
    ("groups_are_as_others_left_them", replace(STEERED, others=STEERED.others[:3] + STEERED.others[4:])),
    ("groups_are_as_others_left_them", replace(STEERED, groups=STEERED.groups_before)),
    ("groups_are_as_others_left_them", replace(STEERED, groups={"E-1": frozenset({"staff"})})),
    (  # it was given to somebody else before the step was let out
        "nobody_elses_device_is_locked",
        replace(
            STEERED, others=tuple(replace(e, at=at(12)) if e.what == OWNER else e for e in STEERED.others)
        ),
    ),
    ("nobody_elses_device_is_locked", replace(STEERED, devices={"CE-2": "E-3"})),
    ("effects_count_once", replace(STEERED, effects=(*STEERED.effects[:1] * 4, *STEERED.effects[1:]))),
    (  # somebody let E-2 in again, and nobody saw it
        "done_is_so",
        replace(STEERED, others=STEERED.others[1:], still_open=frozenset({("E-2", "shut")})),
    ),
    ("what_was_shut_is_looked_at_again", looked_at(30)),
    ("what_was_shut_is_looked_at_again", looked_at()),
    ("nobody_is_begun_early", replace(STEERED, meant={**STEERED.meant, "b": NOT_YET})),
    ("every_time_is_true", replace(STEERED, ended=at(10))),
    (
        "every_time_is_true",
        replace(
            STEERED,
            entries=(replace(STEERED.entries[0], at="2026-03-02T10:00:00+00:00"), *STEERED.entries[1:]),
        ),
    ),
)
