"""What is held, who is in it, what would be done; naming a list, the second yes, cancelling; the board of a batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.departures import last_admin
from service.departures.kind import OVER, DepartureState
from service.engine import waves
from service.engine.approvals import CANCELLING, Wanted
from service.engine.board import Board, Wave, board
from service.engine.decisions import NotDecided
from service.engine.eligible import APPROVING
from service.engine.held import HeldGroup, HeldLine, held_groups, waiting_releases
from service.engine.refusable import CANCEL_HELD, RELEASE
from service.engine.releases import named_departures
from service.engine.verbs import OPERATORS
from service.web.access import EVERYONE, requires, viewer
from service.web.decide import MOVED_ON, STATUS
from service.web.masking import note_look
from service.web.problems import Problem
from service.web.rooms import rooms
from service.web.ticking import ticked

pages = Blueprint("held", __name__)

#: Names shown of one batch; the rest is counted.
MOST_NAMES: Final = 100
#: Any more is all at once.
MOST_AT_A_TIME: Final = 999_999
BAD_FORM: Final = "This form is not one of ours. Nothing was changed."
NUMBER: Final = "B-<int(max=2147483647):number>"
#: The picture of a board: its width in units, and what each state is drawn as.
WIDTH: Final = 600
TONES: Final = {
    DepartureState.HELD: "wait",
    DepartureState.SCHEDULED: "calm",
    DepartureState.REVOKING: "busy",
    DepartureState.CONFIRMING: "busy",
    DepartureState.CLOSED: "ok",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a wave's bar."""

    x: float
    width: float
    tone: str
    said: str


def pieces(wave: Wave, largest: int) -> list[Piece]:
    """A wave's bar, as long as it has departures, the longest wave across the picture."""
    made, x = [], 0.0
    for state in DepartureState:
        if count := wave.counts.get(state, 0):
            width = WIDTH * count / largest
            tone = TONES.get(state, "calm")
            made.append(Piece(x=round(x, 2), width=round(width, 2), tone=tone, said=f"{count} {state.value}"))
            x += width
    return made


@pages.get("/departures/held")
@requires(*EVERYONE)
def held() -> ResponseReturnValue:
    """The page."""
    return _page()


@pages.post("/departures/held")
@requires(*{*APPROVING, *CANCELLING}, verbs={"ask": RELEASE, "approve": RELEASE, "cancel": CANCEL_HELD})
def decide() -> ResponseReturnValue:
    """Name a list, say yes to one, or cancel, as the form says."""
    approvals = rooms().desk.approvals
    acts: dict[str, Callable[[], object]] = {
        "ask": lambda: approvals.ask(_wanted()),
        "cancel": lambda: approvals.cancel(_wanted()),
        "approve": lambda: approvals.approve(
            request.form.get("release", ""),
            digest=request.form.get("digest", ""),
            person_id=viewer().person_id,
            door="web",
        ),
    }
    try:
        acts[request.form.get("do", "")]()
    except KeyError as error:
        raise Problem(400, "bad-form", BAD_FORM) from error
    except NotDecided as refused:
        return _page(refused=str(refused)), STATUS.get(refused.reason, MOVED_ON)
    return redirect("/departures/held", 303)


@pages.get(f"/batches/{NUMBER}")
@requires(*EVERYONE)
def show(number: int) -> ResponseReturnValue:
    """The live board of a batch."""
    return _board_page(number)


@pages.post(f"/batches/{NUMBER}")
@requires(*waves.STEERING, verbs={"next": "next", "stop": "stop", "go": "go"})
def steer(number: int) -> ResponseReturnValue:
    """Open the next wave, stop, or go on."""
    desk = rooms().desk
    try:
        waves.steer(
            desk.store,
            number,
            request.form.get("do", ""),
            person_id=viewer().person_id,
            because=_text("because"),
            door="web",
            now=desk.now(),
            seen=_wave_seen(),
        )
    except NotDecided as refused:
        return _board_page(number, refused=str(refused)), STATUS.get(refused.reason, MOVED_ON)
    desk.wake()
    return redirect(f"/batches/B-{number}", 303)


def _wave_seen() -> int | None:
    """Which wave was the last that stood open on the page that was sent: pressed twice opens one."""
    return _whole(_text("open"))


def _page(refused: str = "") -> str:
    me = viewer().person_id
    with rooms().desk.store.read() as session:
        groups = held_groups(session, reader=me)
        waiting = waiting_releases(session, reader=me)
    lines = {line.departure_id: line for group in groups for line in group.lines}
    note_look([line.departure_id for line in lines.values() if line.sealed])
    return render_template(
        "held.html",
        groups=groups,
        waiting=waiting,
        refused=refused,
        is_of_form=_is_of_form,
        lines_of=lambda release: [lines[each] for each in release.departure_ids if each in lines],
        plans_of=_plans_of,
        most=MOST_NAMES,
        last_admin=last_admin.CODE,
        may_approve=viewer().has(*APPROVING),
        may_cancel=viewer().has(*CANCELLING),
    )


def _is_of_form(group: HeldGroup) -> bool:
    """Whether the form that was sent, and refused, is that of this group: what was typed into it is shown again."""
    if group.number:
        return request.form.get("batch") == str(group.number)
    return group.lines[0].departure_id in request.form.getlist("departure")


def _plans_of(lines: Sequence[HeldLine]) -> list[tuple[str, list[str]]]:
    """What would be done, step by step: to the first of each kind, with whose plan it is where there are several."""
    first = {line.kind: line for line in reversed(lines)}
    whose = len(lines) > 1
    return [
        (f" to {line.leaver} ({kind})" if whose else "", _plan(line.departure_id))
        for kind, line in sorted(first.items())
    ]


def _plan(departure_id: str) -> list[str]:
    desk = rooms().desk
    with desk.store.read() as session:
        ((departure, person),) = named_departures(session, (departure_id,))
        return [step.title for step in desk.plan_of(departure, person).steps]


def _board_page(number: int, refused: str = "") -> str:
    with rooms().desk.store.read() as session:
        found = board(session, number, reader=viewer().person_id)
    if found is None:
        raise Problem(404, "no-such-batch", f"There is no batch B-{number}. Held ones stand at Departures.")
    largest = max((wave.total for wave in found.waves), default=1)
    bars = [(wave, pieces(wave, largest)) for wave in found.waves]
    return render_template(
        "board.html",
        board=found,
        bars=bars,
        width=WIDTH,
        refused=refused,
        live=_moves(found),
        held=found.counts.get(DepartureState.HELD, 0),
        may=_may_steer(),
        may_intervene=found.has_runs and viewer().has(*OPERATORS),
    )


def _moves(found: Board) -> bool:
    return any(state not in OVER for state in found.counts)


def _may_steer() -> bool:
    return viewer().has(*waves.STEERING)


def _wanted() -> Wanted:
    """What the form asks for. Raises `NotDecided`."""
    return Wanted(
        departures=ticked("departure", _all_held),
        person_id=viewer().person_id,
        door="web",
        because=_text("because"),
        wave_size=_wave_size(_text("wave")),
        another=_text("another"),
    )


def _all_held() -> tuple[str, ...]:
    """Everybody of the form's batch who is held still, as the page lists them."""
    me, number = viewer().person_id, request.form.get("batch", "")
    with rooms().desk.store.read() as session:
        groups = {str(group.number): group for group in held_groups(session, reader=me)}
    return tuple(line.departure_id for line in groups[number].lines) if number in groups else ()


def _wave_size(typed: str) -> int | None:
    """So many at a time, or all at once where nothing was typed. Raises `NotDecided`."""
    if not typed:
        return None
    size = _whole(typed)
    if not size:
        said = f"How many at a time is a whole number from 1 to {MOST_AT_A_TIME:,}. Nothing was changed."
        raise NotDecided("wave", said)
    return size


def _whole(typed: str) -> int | None:
    """A whole number up to `MOST_AT_A_TIME`; none where something else was typed."""
    fits = typed.isascii() and typed.isdigit() and len(typed) <= len(str(MOST_AT_A_TIME))
    return int(typed) if fits else None


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").strip()
