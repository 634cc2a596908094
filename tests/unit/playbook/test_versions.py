"""A changed playbook is used when two persons approved it, and a run keeps what it began with."""

import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from connectors.sdk.registry import Registry
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.start import Starter
from service.engine.tables import Run, StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.people.person import Person, Role, RoleGrant
from service.playbook.approval import Approvals, NotApproved, Why
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import NotInUse, OnRecord
from service.playbook.load import Loaded, parse
from service.playbook.versions import in_use, text_of
from service.store import Store
from tests.unit.playbook.conftest import ACTIONS, FIRST, WEAKER, made

KINDS = (DepartureKind.VOLUNTARY, DepartureKind.CONTRACTOR_END)


class Company:
    """A service that is started again and again with what lies in its folder, and the people who approve."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.registry = Registry({name: made(name, specs) for name, specs in ACTIONS.items()}, {"manual": {}})
        for name, *roles in (
            ("ada", Role.APPROVER),
            ("bo", Role.ADMIN),
            ("ivan", Role.IT),
            ("mike", Role.APPROVER),
        ):
            self._hire(name, *roles)
        self.starts(FIRST)

    def starts(self, text: str) -> None:
        loaded = self.read(text)
        offered = dict.fromkeys(KINDS, loaded)
        self.approvals = Approvals.of(self.store, self.registry, offered)
        self.approvals.offer(now=self.clock())
        self.playbooks = OnRecord(actions=self.registry, offered=offered)

    def read(self, text: str) -> Loaded:
        return parse(text.encode(), "playbooks/leaver.yaml", self.registry, lint=False)

    def waiting(self) -> Any:
        with self.store.read() as session:
            return self.approvals.waiting(session)

    def approve(self, who: str, key: tuple[str, str, str] | None = None) -> bool:
        key = key or self.waiting()[0].key
        return self.approvals.approve(key, f"p-{who}", door="web", now=self.clock())

    def version(self, kind: DepartureKind = DepartureKind.VOLUNTARY) -> int:
        """The version that a run of this kind would begin with."""
        with self.store.read() as session:
            return self.playbooks.of(session, kind).playbook.version

    def leaves(
        self, name: str = "mike", kind: DepartureKind = DepartureKind.VOLUNTARY, *, sealed: bool = False
    ) -> None:
        with self.store.write() as session:
            session.add(
                Departure(
                    id=f"d-{uuid.uuid4()}"[:36],
                    source="hr",
                    source_id=str(uuid.uuid4()),
                    person_id=f"p-{name}",
                    kind=kind,
                    state=DepartureState.SCHEDULED,
                    civil_at=self.clock().strftime("%Y-%m-%dT%H:%M"),
                    zone="UTC",
                    effective_at=self.clock(),
                    interpretation={"zone_source": "event"},
                    announced_at=self.clock(),
                    announced_by="source:hr",
                    sealed=sealed,
                )
            )

    def begins(self) -> list[str]:
        starter = Starter(
            catalogue=Catalogue(self.registry), set_up=self.registry.configured, playbooks=self.playbooks
        )
        with self.store.write() as session:
            return starter.begin_due(session, now=self.clock())

    def events(self, prefix: str = "playbook.") -> list[str]:
        with self.store.read() as session:
            found = session.scalars(select(LedgerEntry.event).order_by(LedgerEntry.seq))
            return [event for event in found if event.startswith(prefix)]

    def _hire(self, name: str, *roles: Role) -> None:
        with self.store.write() as session:
            session.add(
                Person(
                    id=f"p-{name}",
                    subject=uuid.uuid4().hex,
                    source="hr",
                    source_id=name,
                    display_name=name.title(),
                )
            )
            session.flush()
            for role in roles:
                session.add(
                    RoleGrant(id=str(uuid.uuid4()), person_id=f"p-{name}", role=role, since=self.clock())
                )


@pytest.fixture
def company(any_store: Store, clock: Any, keys: Keys) -> Company:
    return Company(any_store, clock)


@pytest.fixture
def changed(company: Company) -> Company:
    """Somebody is leaving, and the file was changed."""
    company.leaves()
    company.starts(WEAKER)
    return company


def test_what_lies_in_the_folder_at_the_first_start_is_in_use_and_on_record(company: Company) -> None:
    with company.store.read() as session:
        used = in_use(session)
        texts = {kind: text_of(session, digest) for kind, digest in used.items()}

    assert texts == dict.fromkeys(KINDS, FIRST.encode())
    assert company.events() == ["playbook.offered", "playbook.put_to_use", "playbook.put_to_use"]


def test_while_nobody_ever_left_a_changed_file_is_used_at_once(company: Company) -> None:
    company.starts(WEAKER)

    assert (company.version(), company.waiting()) == (2, ())


def test_starting_again_with_the_same_files_records_nothing(company: Company) -> None:
    before = company.events("")

    company.starts(FIRST)

    assert company.events("") == before


def test_a_changed_file_is_not_used_before_two_persons_approved_it(changed: Company) -> None:
    versions = [changed.version()]
    versions += [(changed.approve("ada"), changed.version())[1]]
    last = changed.approve("bo")

    assert (versions, last, changed.version()) == ([1, 1], True, 2)
    assert changed.version(DepartureKind.CONTRACTOR_END) == 2
    assert changed.waiting() == ()
    assert changed.events()[-4:] == [
        "playbook.offered",
        "playbook.approved",
        "playbook.approved",
        "playbook.put_to_use",
    ]


def test_a_change_says_what_it_replaces_and_for_whom(changed: Company) -> None:
    (change,) = changed.waiting()

    with changed.store.read() as session:
        comparison = changed.approvals.comparison(session, change, changed.registry)

    assert (change.name, change.kinds) == ("leaver", KINDS)
    assert comparison is not None
    assert [(each.step, each.mark.value) for each in comparison.differences] == [("badge", "weaker")]


def test_one_person_is_not_two(changed: Company) -> None:
    changed.approve("ada")

    with pytest.raises(NotApproved) as refused:
        changed.approve("ada")

    assert (refused.value.why, changed.version(), changed.events()[-1]) == (Why.TWICE, 1, "playbook.refused")


def test_two_persons_who_approve_at_one_moment_are_two(changed: Company) -> None:
    key = changed.waiting()[0].key
    second = threading.Thread(target=changed.approve, args=("bo", key))
    with changed.store.write() as session:
        changed.approvals._approved(session, key, "p-ada", door="web", now=changed.clock())
        second.start()
        second.join(timeout=0.5)
    second.join()

    assert (changed.version(), changed.waiting()) == (2, ())


def test_of_two_whose_approvals_did_not_count_together_either_says_so_again(changed: Company) -> None:
    changed.approve("ada")
    with changed.store.write() as session:
        session.execute(delete(RoleGrant).where(RoleGrant.person_id == "p-ada"))
    changed.approve("bo")
    with changed.store.write() as session:
        session.add(
            RoleGrant(id=str(uuid.uuid4()), person_id="p-ada", role=Role.APPROVER, since=changed.clock())
        )

    assert changed.version() == 1
    assert changed.approve("ada")
    assert changed.version() == 2


def test_one_human_with_two_records_is_not_two(changed: Company) -> None:
    changed.approve("ada")
    with changed.store.write() as session:
        for name, address in (("ada", "ada@example.com"), ("bo", "Ada@example.com")):
            session.get_one(Person, f"p-{name}").work_email = address

    with pytest.raises(NotApproved) as refused:
        changed.approve("bo")

    assert (refused.value.why, changed.version()) == (Why.TWICE, 1)


def test_the_approval_of_whoever_leaves_since_does_not_count(changed: Company) -> None:
    changed.approve("ada")
    changed.leaves("ada")

    last = changed.approve("bo")

    assert (last, changed.version()) == (False, 1)
    assert changed.waiting()[0].approved_by == ("p-bo",)


@pytest.mark.parametrize(("who", "why"), [("ivan", Why.ROLE), ("mike", Why.LEAVER)])
def test_neither_the_wrong_role_nor_a_leaver_approves(changed: Company, who: str, why: Why) -> None:
    changed.approve("ada")

    with pytest.raises(NotApproved) as refused:
        changed.approve(who)

    assert (refused.value.why, changed.version(), changed.events()[-1]) == (why, 1, "playbook.refused")


def test_an_approval_of_what_was_changed_again_does_not_count(changed: Company) -> None:
    key = changed.waiting()[0].key
    changed.approve("ada")
    changed.starts(WEAKER + "# and more\n")

    with pytest.raises(NotApproved) as refused:
        changed.approve("bo", key)

    assert (refused.value.why, changed.version()) == (Why.OUTDATED, 1)
    assert changed.waiting()[0].approved_by == ()


def test_an_approval_for_fewer_departures_does_not_count_for_more(changed: Company) -> None:
    changed.approve("ada")
    offered = {DepartureKind.VOLUNTARY: changed.read(WEAKER)}
    changed.approvals = Approvals.of(changed.store, changed.registry, offered)

    assert changed.waiting()[0].approved_by == ()


def test_going_back_to_an_earlier_version_is_a_change_like_any_other(changed: Company) -> None:
    changed.approve("ada")
    changed.approve("bo")

    changed.starts(FIRST)

    assert (changed.version(), len(changed.waiting())) == (2, 1)
    changed.approve("ada")
    changed.approve("bo")
    assert changed.version() == 1


def test_a_change_that_was_taken_back_waits_for_two_persons_once_more(changed: Company) -> None:
    for text in (WEAKER, FIRST):
        changed.starts(text)
        assert [changed.approve(who) for who in ("ada", "bo")] == [False, True]

    changed.starts(WEAKER)

    assert changed.waiting()[0].approved_by == ()
    assert not changed.approve("ada")
    assert changed.version() == 1
    assert changed.approve("bo")
    assert changed.version() == 2


def test_another_file_for_a_kind_waits_like_a_changed_one(company: Company) -> None:
    company.leaves()
    other = parse(FIRST.replace("leaver", "lax").encode(), "playbooks/lax.yaml", company.registry, lint=False)
    company.approvals = Approvals.of(company.store, company.registry, {DepartureKind.VOLUNTARY: other})
    company.approvals.offer(now=company.clock())

    assert [(change.name, change.kinds) for change in company.waiting()] == [
        ("lax", (DepartureKind.VOLUNTARY,))
    ]
    assert company.version() == 1


def test_a_run_keeps_the_steps_and_the_text_it_began_with(changed: Company) -> None:
    (run_id,) = changed.begins()
    changed.approve("ada")
    changed.approve("bo")
    changed.starts(WEAKER)

    with changed.store.read() as session:
        run = session.get_one(Run, run_id)
        steps = list(session.scalars(select(StepRun.step).where(StepRun.run_id == run_id)))
        pinned = changed.playbooks.version(session, run.playbook_digest)
        text = text_of(session, run.playbook_digest)

    assert (run.playbook_version, sorted(steps), text) == (1, ["badge", "keys"], FIRST.encode())
    assert [step.id for step in pinned.playbook.steps] == ["keys", "badge"]
    assert changed.version() == 2


def test_the_next_run_begins_with_what_was_approved_while_the_service_ran(changed: Company) -> None:
    changed.begins()
    changed.approve("ada")
    changed.approve("bo")
    changed.leaves("ivan")

    (run_id,) = changed.begins()

    with changed.store.read() as session:
        assert session.get_one(Run, run_id).playbook_version == 2


def test_a_kind_without_an_approved_playbook_is_held_and_says_why(company: Company) -> None:
    company.leaves("ivan", DepartureKind.LAYOFF)

    assert company.begins() == []

    with company.store.read() as session:
        departure = session.scalars(select(Departure)).one()
        assert (departure.state, "two persons" in departure.held_because) == (DepartureState.HELD, True)


def test_a_kept_version_that_no_connector_can_carry_out_any_more_is_refused_and_not_replaced(
    changed: Company,
) -> None:
    bare = Registry({"manual": made("manual", {"check": {"title": "Look", "needs": ["x"]}})}, {"manual": {}})
    playbooks = OnRecord(actions=bare, offered={})

    with (
        changed.store.read() as session,
        pytest.raises(NotInUse, match=r"no connector action 'manual\.confirm'"),
    ):
        playbooks.of(session, DepartureKind.VOLUNTARY)


def test_a_version_that_names_a_connector_nobody_set_up_is_refused_once_and_changes_nothing(
    company: Company,
) -> None:
    company.leaves()
    company.starts(FIRST.replace("manual.confirm", "mdm.lock_device", 1))

    with pytest.raises(NotApproved, match=r"\[connectors.mdm\]") as refused:
        company.approve("ada")

    assert (refused.value.why, company.version(), company.events()[-1]) == (
        Why.NOT_SET_UP,
        1,
        Event.PLAYBOOK_REFUSED,
    )
    assert company.waiting()[0].approved_by == ()


def test_the_ledger_names_the_approvers_by_pseudonym_alone(changed: Company, tmp_path: Path) -> None:
    changed.approve("ada")

    with changed.store.read() as session:
        leaf = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc())).first()
        subject = session.get_one(Person, "p-ada").subject
    assert leaf is not None
    assert (f"person:{subject}".encode() in leaf.leaf, b"Ada" in leaf.leaf) == (True, False)
