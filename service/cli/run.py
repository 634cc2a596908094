"""`exeunt run`: announce a departure by hand, for an HR without a webhook."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import WRONG_USE, find_person, opened, playbook_in_use, sentence, stop
from service.cli._sealed import known
from service.cli._sealed import sealed as sealed_option
from service.cli._sealed import sealed_for as sealed_for_option
from service.departures.kind import BESIDE, DepartureKind

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from service.app import Service
    from service.departures.announce import Announced
    from service.departures.event import TerminationEvent
    from service.departures.times import Interpretation
    from service.people.person import Person

#: What was typed, where an event calls it otherwise.
_OPTIONS = {"timezone": "--zone: "}


@click.command()
@click.argument("person")
@click.option("--at", help="A civil time or date, 2026-12-05T17:00; without it access ends at once.")
@click.option("--zone", help="The IANA zone of --at; without it the person's own.")
@click.option(
    "--kind",
    required=True,
    type=click.Choice([kind.value for kind in DepartureKind]),
    help="Why they leave: it chooses the playbook.",
)
@sealed_option
@sealed_for_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(
    *,
    person: str,
    at: str | None,
    zone: str | None,
    kind: str,
    sealed: bool,
    sealed_for: tuple[str, ...],
    yes: bool,
) -> None:
    """Announce that PERSON (employee number, HR id, e-mail or user name) leaves.

    Also that they lost a device (--kind lost-device), or stay or return (--kind rehire).
    """
    from service.cli._actor import actor
    from service.engine.refusable import ANNOUNCE
    from service.people.person import Role, same_human
    from service.store.again import again

    with opened() as service:
        helpdesk = (Role.IT,) if kind == DepartureKind.LOST_DEVICE else ()
        by = actor(service, Role.HR, Role.ADMIN, *helpdesk, verb=ANNOUNCE)
        refuse = _Refusing(service=service, by=by)
        with refuse.what("stranger"):
            leaver = find_person(service, person)
            named = known(service, sealed_for)
        own = same_human(by, leaver)
        with refuse.what("own" if own else "playbook", leaver):
            _may_be_announced(service, DepartureKind(kind), own=own)
        with refuse.what("time", leaver):
            event = _event(leaver, kind=kind, at=at, zone=_zone(service, leaver, zone), now=service.now())
        asked = {"sealed": sealed or bool(named), "sealed_for": named}
        event = event.model_copy(update=asked).under(service.settings.departures)
        _show(event, now=service.now())
        if not yes:
            click.confirm(f"{_question(event)} {leaver.display_name} ({leaver.source_id}) then?", abort=True)
        with refuse.what("not announceable", leaver):
            done, held = again(_stored)(service, event, by=f"person:{by.subject}")
    click.echo(_became(done, held))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusing:
    """Notes in the ledger whatever stops the command because it must not, or cannot, be announced."""

    service: "Service"
    by: "Person"

    @contextmanager
    def what(self, reason: str, leaver: "Person | None" = None) -> Iterator[None]:
        """A block that may stop the command, for this reason."""
        from service.ledger.entry import append
        from service.ledger.event import Event

        try:
            yield
        except SystemExit:
            with self.service.store.write() as session:
                append(
                    session,
                    Event.DEPARTURE_REFUSED,
                    actor=f"person:{self.by.subject}",
                    subject=leaver.subject if leaver else "",
                    body={"reason": reason, "door": "cli"},
                    at=self.service.now(),
                )
            raise


def _became(done: "Announced", held: str) -> str:
    if not done.news:
        return "That was known already. Nothing was changed."
    stored = f"Departure {done.departure_id} is stored"
    if held:
        return f"{stored} and held. {held} See: exeunt departures held"
    return f"{stored}. The running service acts on it when its time comes."


def _show(event: "TerminationEvent", *, now: "datetime") -> None:
    when = event.interpreted(now=now)
    lines = _beside(when, now=now) if event.kind in BESIDE else (*when.lines, *_late(event, when, now=now))
    for line in (*lines, *when.warnings):
        click.echo(line)


def _beside(when: "Interpretation", *, now: "datetime") -> tuple[str, ...]:
    """What is no departure ends no access at its time, and `when` would speak of that."""
    if when.instant <= now:
        return ("It begins at once.",)
    return (
        f"It begins at {when.local[:16].replace('T', ' ')} on the clocks of {when.zone}.",
        *when.lines[1:],
    )


def _late(event: "TerminationEvent", when: "Interpretation", *, now: "datetime") -> tuple[str, ...]:
    """As `exeunt when` warns: whoever is asked knows what becomes of a time that is past, or a slip in the year."""
    from service.departures.event import Change
    from service.departures.reasoning import late_or_far

    if event.change is Change.IMMEDIATE:
        return ("Access ends at once.",)
    return tuple(filter(None, (late_or_far(when.instant, now=now),)))


def _stored(service: "Service", event: "TerminationEvent", *, by: str) -> "tuple[Announced, str]":
    """What was announced, and what holds it."""
    from service.departures.announce import announce
    from service.departures.departure import Departure
    from service.departures.event import Unannounceable
    from service.departures.sealing import is_hidden_from_actor
    from service.ledger.entry import gathered

    try:
        with service.store.write() as session, gathered(session):
            done = announce(session, event, now=service.now(), by=by, guard=service.starter.guard)
            departure = session.get_one(Departure, done.departure_id)
            if is_hidden_from_actor(session, departure, by):  # what holds it is not theirs to know
                return done, ""
            return done, departure.held_because
    except Unannounceable as refused:
        stop(refused.reason, WRONG_USE)


def _may_be_announced(service: "Service", kind: DepartureKind, *, own: bool) -> None:
    if own and kind is not DepartureKind.LOST_DEVICE:
        stop("Nobody announces their own departure. Nothing was done.", WRONG_USE)
    playbook_in_use(service, kind)


def _question(event: "TerminationEvent") -> str:
    match event.kind:
        case DepartureKind.LOST_DEVICE:
            return "End all sessions and lock the devices of"
        case DepartureKind.REHIRE:
            return "Begin the return of"
        case _:
            return "End all access of"


def _zone(service: "Service", leaver: "Person", asked: str | None) -> dict[str, "Any"]:
    """Where it is not asked for, the event names none: who announces it finds the leaver's own."""
    from service.departures import zones

    if asked is not None:  # also where it is empty, which is a zone that is none
        return {"timezone": asked}
    return zones.of_source(service.settings.zone_of_source(leaver.source))


def _event(
    leaver: "Person", *, kind: str, at: str | None, zone: dict[str, "Any"], now: "datetime"
) -> "TerminationEvent":
    """What the command says, as an event; a slip stops the command."""
    from datetime import datetime

    from pydantic import ValidationError

    from service.departures.event import Change, EventPerson, TerminationEvent
    from service.departures.times import BadTime, civil
    from service.departures.zones import read_for
    from service.intake.source import NotUnderstood

    try:
        meant = civil(at) if at is not None else None  # an empty time is none, and never "at once"
        event = TerminationEvent(
            source=leaver.source,
            source_id=f"cli-{uuid.uuid4()}",
            change=Change.SCHEDULED if meant else Change.IMMEDIATE,
            person=EventPerson(source_id=leaver.source_id, name=leaver.display_name),
            kind=DepartureKind(kind),
            access_off_at=meant if isinstance(meant, datetime) else None,
            last_day=None if isinstance(meant, datetime) else meant,
            occurred_at=now,
            **zone,
        )
        return read_for(event, leaver.timezone)
    except BadTime as error:
        stop(f"{sentence(str(error))} Nothing was done.", WRONG_USE)
    except ValidationError as error:
        slips = NotUnderstood.from_validation(error).slips
        said = " ".join(sentence(f"{_OPTIONS.get(slip.where, '')}{slip.what}") for slip in slips)
        stop(f"{said} Nothing was done.", WRONG_USE)
