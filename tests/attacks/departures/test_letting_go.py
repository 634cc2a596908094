"""Who must not lets a held departure go, or by a list that is no longer true: refused, recorded, nothing changed."""

import uuid
from typing import Any

import pytest
from sqlalchemy import delete

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureState
from service.engine import waves
from service.engine.approvals import Wanted
from service.engine.decisions import NotDecided
from service.people.person import Person, Role, RoleGrant
from tests.attacks.departures.company import Company


def refused(company: Company, reason: str, act: Any, *given: Any, **more: Any) -> None:
    """The act is refused for this reason, on record, and not a row is changed."""
    before = company.states(), company.touched(), len(company.entries("approval.refused"))
    with pytest.raises(NotDecided) as said:
        act(*given, **more)
    assert said.value.reason == reason
    entries = company.entries("approval.refused")
    assert (company.states(), company.touched(), len(entries) - 1) == before
    assert entries[-1]["body"]["reason"] == reason
    assert company.begin() == []


def test_two_persons_let_a_named_list_go(company: Company, held: list[str]) -> None:
    first, second = company.approvers()

    release = company.ask(first, held[:4])
    assert company.begin() == []
    company.approve(second, release)

    assert len(company.begin()) == 4
    assert company.states() == {"held": 2, "revoking": 4}
    given = company.entries("approval.given")
    assert len({entry["actor"] for entry in given}) == 2
    assert len({entry["body"]["digest"] for entry in given}) == 1
    assert [set(entry["pii"]) for entry in given] == [{"reason"}, {"reason"}]


def test_one_person_is_not_two(company: Company, held: list[str]) -> None:
    first, _ = company.approvers()
    release = company.ask(first, held)

    refused(company, "same-person", company.approve, first, release)


def test_whoever_is_no_approver_any_more_after_the_first_yes_is_none_of_two(
    company: Company, held: list[str]
) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)
    with company.store.write() as session:
        session.execute(delete(RoleGrant).where(RoleGrant.person_id == first))

    refused(company, "outdated", company.approve, second, release)


def test_so_many_at_a_time_are_of_one_batch(company: Company, held: list[str]) -> None:
    with company.store.write() as session:
        session.get_one(Departure, held[0]).batch_id = None

    refused(company, "wave", company.ask, company.approvers()[0], held, wave=2)


def test_so_many_at_a_time_is_not_promised_of_what_has_begun_with_the_notice(
    company: Company, held: list[str]
) -> None:
    with company.store.write() as session:
        session.get_one(Departure, held[0]).run_id = "r-1"

    refused(company, "wave", company.ask, company.approvers()[0], held, wave=2)


def test_one_human_with_two_records_is_not_two(company: Company, held: list[str]) -> None:
    first, _ = company.approvers()
    with company.store.write() as session:
        known = session.get_one(Person, first)
        again = Person(
            id=str(uuid.uuid4()),
            subject=uuid.uuid4().hex,
            source="contractors",
            source_id="C-1",
            work_email=(known.work_email or "").upper(),
            display_name="The same, as a contractor",
        )
        session.add(again)
    company.people["C-1"] = again.id
    second = company.give("C-1", Role.APPROVER)
    release = company.ask(first, held)

    refused(company, "same-person", company.approve, second, release)


def test_the_leaver_approves_nothing(company: Company, held: list[str]) -> None:
    first, _ = company.approvers()
    leaver = company.give("E-3", Role.APPROVER)
    release = company.ask(first, held)

    refused(company, "leaver", company.approve, leaver, release)
    refused(company, "leaver", company.ask, leaver, held)


def test_the_requester_approves_nothing(company: Company) -> None:
    numbers = company.hire(60)
    requester = company.give(numbers[50], Role.HR, Role.APPROVER)
    with company.store.read() as session:
        by = f"person:{session.get_one(Person, requester).subject}"
    held = [company.says(number, by=by) for number in numbers[:6]]
    first, _ = company.approvers()
    release = company.ask(first, held)

    refused(company, "requester", company.approve, requester, release)
    refused(company, "requester", company.ask, requester, held)


def test_who_changed_at_the_command_line_what_hr_had_announced_approves_nothing(company: Company) -> None:
    numbers = company.hire(60)
    changer = company.give(numbers[50], Role.HR, Role.APPROVER)
    with company.store.read() as session:
        by = f"person:{session.get_one(Person, changer).subject}"
    company.says(numbers[0], change=Change.SCHEDULED)
    held = [company.says(number) for number in numbers[1:7]]
    held.append(company.says(numbers[0], by=by))
    first, _ = company.approvers()
    release = company.ask(first, held)

    refused(company, "requester", company.approve, changer, release)
    refused(company, "requester", company.ask, changer, held)


def test_a_report_of_the_leaver_approves_nothing_however_far_below(company: Company, held: list[str]) -> None:
    first, _ = company.approvers()
    (middle,) = company.hire(1, manager_id=company.people["E-2"])
    (below,) = company.hire(1, manager_id=company.people[middle])
    report = company.give(below, Role.APPROVER)
    release = company.ask(first, held)

    refused(company, "report", company.approve, report, release)


def test_a_manager_loop_is_walked_once(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    with company.store.write() as session:
        session.get_one(Person, first).manager_id = second
        session.get_one(Person, second).manager_id = first

    company.approve(second, company.ask(first, held))

    assert len(company.begin()) == 6


def test_a_manager_loop_with_the_leaver_in_it_is_refused(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    with company.store.write() as session:
        session.get_one(Person, second).manager_id = company.people["E-1"]
        session.get_one(Person, company.people["E-1"]).manager_id = second

    refused(company, "report", company.approve, second, company.ask(first, held))


@pytest.mark.parametrize("role", [Role.IT, Role.ADMIN, Role.HR, Role.AUDITOR])
def test_another_role_approves_nothing(company: Company, held: list[str], role: Role) -> None:
    first, _ = company.approvers()
    other = company.give("E-40", role)
    release = company.ask(first, held)

    refused(company, "role", company.approve, other, release)


def test_the_command_line_names_and_is_none_of_the_two(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held, door="cli")

    company.approve(first, release)
    assert company.begin() == []
    refused(company, "same-person", company.approve, first, release)
    company.approve(second, release)

    assert len(company.begin()) == 6


def test_an_approval_from_the_command_line_is_refused(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)

    def at_the_keyboard() -> None:
        company.approvals.approve(release, digest="", person_id=second, door="cli")

    refused(company, "door", at_the_keyboard)


def test_an_approval_of_an_outdated_plan_is_refused(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)
    company.new_playbook()

    refused(company, "outdated", company.approve, second, release)
    refused(company, "not-open", company.approve, second, release)


def test_an_approval_after_a_date_was_moved_is_refused(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)
    company.says("E-2", change=Change.CHANGED)

    refused(company, "outdated", company.approve, second, release)


def test_an_approval_after_one_was_cancelled_is_refused(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)
    cancelled = Wanted(departures=(held[0],), person_id=first, door="web", because="She stays after all.")
    company.approvals.cancel(cancelled)

    refused(company, "outdated", company.approve, second, release)


def test_an_approval_after_hr_took_one_back_is_refused(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)
    company.says("E-0", change=Change.RESCINDED)

    refused(company, "outdated", company.approve, second, release)


def test_an_approval_of_another_list_than_was_shown_is_refused(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)

    refused(company, "outdated", company.approve, second, release, digest="0" * 64)


def test_a_list_with_a_stranger_is_refused(company: Company, held: list[str]) -> None:
    first, _ = company.approvers()

    refused(company, "unknown", company.ask, first, [*held, str(uuid.uuid4())])


def test_a_protected_person_does_not_slip_through_among_others(company: Company) -> None:
    numbers = company.hire(60)
    (important,) = company.hire(1, protected=True)
    held = [company.says(number) for number in [important, *numbers[:6]]]
    first, second = company.approvers()

    refused(company, "alone", company.ask, first, held)
    company.approve(second, company.ask(first, held[:1]))

    assert len(company.begin()) == 1


def protect(company: Company, departure: str) -> None:
    """The next roster says that this leaver is protected."""
    with company.store.write() as session:
        person = session.get_one(Departure, departure).person_id
        session.get_one(Person, person).protected = True


def test_who_is_protected_since_the_list_was_held_is_not_named_among_others(
    company: Company, held: list[str]
) -> None:
    first, _ = company.approvers()
    protect(company, held[0])

    refused(company, "alone", company.ask, first, held)


def test_who_is_protected_since_the_list_was_named_is_not_let_go_with_it(
    company: Company, held: list[str]
) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)
    protect(company, held[0])

    refused(company, "alone", company.approve, second, release)
    assert company.begin() == []


def test_a_change_after_the_release_needs_a_new_one(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    company.approve(second, company.ask(first, held))

    for number in ("E-0", "E-1", "E-2", "E-3", "E-4", "E-5"):
        company.says(number, change=Change.CHANGED)

    assert company.states() == {"held": 6}
    company.clock.turn(days=5)
    assert company.begin() == []
    assert company.states() == {"held": 6}


def test_cancelling_needs_a_reason_and_touches_nobody(company: Company, held: list[str]) -> None:
    hr = company.give("E-40", Role.HR)
    short = Wanted(departures=tuple(held), person_id=hr, door="web", because="no")
    refused(company, "note", company.approvals.cancel, short)

    company.approvals.cancel(
        Wanted(departures=tuple(held), person_id=hr, door="cli", because="The feed was forged.")
    )

    assert company.states() == {"withdrawn": 6}
    assert company.begin() == []
    assert [set(entry["pii"]) for entry in company.entries("departure.withdrawn")] == [{"reason"}] * 6


def test_a_leaver_does_not_cancel_their_own(company: Company, held: list[str]) -> None:
    leaver = company.give("E-3", Role.HR)
    wanted = Wanted(departures=tuple(held), person_id=leaver, door="web", because="I would like to stay.")

    refused(company, "leaver", company.approvals.cancel, wanted)


def opened(company: Company, by: str) -> int:
    """Somebody opens the next wave; gives how many begin."""
    (batch,) = company.batches()
    waves.steer(
        company.store, batch.number, "next", person_id=by, because="", door="web", now=company.clock()
    )
    return len(company.begin())


def test_the_first_wave_of_a_further_list_goes_at_once_unless_another_waits(
    company: Company, held: list[str]
) -> None:
    first, second = company.approvers()
    company.approve(second, company.ask(first, held[:2], wave=1))
    assert len(company.begin()) == 1

    company.approve(second, company.ask(first, held[2:4], wave=1))
    assert company.begin() == []
    assert [opened(company, first) for _ in range(3)] == [1, 1, 1]

    company.approve(second, company.ask(first, held[4:], wave=1))
    assert len(company.begin()) == 1
    assert opened(company, first) == 1


def test_waves_go_one_after_the_other_and_a_stop_stops(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    company.approve(second, company.ask(first, held, wave=2))
    (batch,) = company.batches()

    def steer(verb: str) -> None:
        now, why = company.clock(), "Sales has to call the customers first."
        waves.steer(company.store, batch.number, verb, person_id=first, because=why, door="web", now=now)

    assert len(company.begin()) == 2
    assert company.begin() == []
    steer("stop")
    steer("next")
    assert company.begin() == []
    steer("go")
    assert len(company.begin()) == 2
    steer("next")
    assert len(company.begin()) == 2
    with pytest.raises(NotDecided, match="no further wave"):
        steer("next")
    assert [set(entry["pii"]) for entry in company.entries("batch.stopped")] == [{"reason"}]
    assert [set(entry["pii"]) for entry in company.entries("batch.wave_opened")] == [set(), set()]


@pytest.mark.parametrize(
    ("who", "role", "reason"), [("E-3", Role.IT, "leaver"), ("E-50", Role.AUDITOR, "role")]
)
@pytest.mark.parametrize("verb", ["stop", "next", "go"])
def test_who_leaves_with_a_batch_or_has_no_such_role_does_not_steer_it(
    company: Company, held: list[str], verb: str, who: str, role: Role, reason: str
) -> None:
    first, second = company.approvers()
    company.approve(second, company.ask(first, held, wave=2))
    (batch,) = company.batches()
    by, why = company.give(who, role), "I would rather stay a little longer."

    with pytest.raises(NotDecided) as no:
        waves.steer(
            company.store, batch.number, verb, person_id=by, because=why, door="web", now=company.clock()
        )

    assert no.value.reason == reason
    (refusal,) = [entry["body"] for entry in company.entries("intervention.refused")]
    assert (refusal["verb"], refusal["reason"], refusal["batch"]) == (verb, reason, f"B-{batch.number}")
    assert len(company.begin()) == 2


def test_who_was_released_is_not_counted_against_the_others(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    company.approve(second, company.ask(first, held))
    company.begin()

    company.says("E-20")

    assert company.departures(DepartureState.SCHEDULED) != []
    assert len(company.begin()) == 1
    with company.store.read() as session:
        assert session.query(Departure).filter(Departure.released_at.is_not(None)).count() == 6
