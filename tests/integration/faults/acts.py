"""What people do in the play besides confirming: each act is done once, and again only as far as it is missing.

Whoever may not do it tries first, so that every refusal is on record before its act.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from service.app import Service
from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import stopping
from service.engine.answering import Answer
from service.engine.approvals import Wanted
from service.engine.decisions import NotDecided
from service.engine.drill import drills_of
from service.engine.releases import Release, ReleaseState
from service.engine.tables import Run
from service.engine.undo import UndoWish
from service.engine.undos import Undo
from service.engine.waves import steer
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.people.account_link import AccountLink, linked_accounts
from service.people.person import Person
from service.playbook.approval import Approvals, NotApproved
from service.playbook.chosen import chosen_playbooks
from service.playbook.load import read_folder
from service.sections import DrillSection
from tests.integration.faults.company import ANN, HANNA, IVAN

MIKE, ZOE = "E-1000", "E-1001"
WHY = "Somebody looked, and it is right."


class People:
    """Mike, who may do nothing; Ivan of IT, who also approves; Hanna, who approves."""

    def __init__(self, service: Service) -> None:
        self.service = service
        with service.store.read() as session:
            self.ids = {str(p.employee_no): p.id for p in session.scalars(select(Person))}

    def say_whose_account_it_is(self) -> None:
        """Ann's account is hers: a roster said so already, and now a person does."""
        with self.service.store.read() as session:
            mine = AccountLink.person_id == self.ids[ANN], AccountLink.connector == "chaos"
            link = session.scalar(select(AccountLink).where(*mine))
            assert link is not None, "no roster told of her account"
            account = linked_accounts(session, self.ids[ANN], "chaos")[0]
        for who in () if link.learnt_from.startswith("person:") else (MIKE, IVAN):
            by = self.ids[who]
            with suppress(NotDecided):
                self.service.desk.answer(
                    Answer(person_id=self.ids[ANN], connector="chaos", account=account, by=by, door="web")
                )

    def stop_everything_for_a_while(self) -> None:
        """Ivan throws the kill switch and takes it back."""
        if self._said(Event.ENGINE_RESUMED):
            return
        store, now, ivan = self.service.store, self.service.now, self.ids[IVAN]
        with suppress(NotDecided):
            stopping.throw(store, ivan, because=WHY, door="web", now=now())
        stopping.take_back(store, ivan, door="web", now=now())

    def look_and_drill(self) -> None:
        """Hanna looks at Mike's departure, and a drill fails: its made-up person has no account."""
        with self.service.store.read() as session:
            mikes = session.scalar(select(Departure.id).where(Departure.person_id == self.ids[MIKE]))
        self.service.desk.looked([mikes] if mikes else [], self.ids[HANNA], door="web")
        service, section = self.service, DrillSection(systems=("chaos",))
        drills = drills_of(service.desk, service.registry, service.settings)
        drills = replace(drills, section=section, lease=timedelta(0))  # who was killed is dead at once
        drills.let_in()
        if not self._said(Event.DRILL_FAILED):
            drills.carry_out("system:drill")

    def change_the_playbook(self) -> None:
        """The file says version 2, and two persons put it to use."""
        service, settings = self.service, self.service.settings.playbooks
        file = settings.folder / "leaver.yaml"
        text = file.read_text(encoding="utf-8").replace("version: 1", "version: 2")
        draft = file.with_suffix(".new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
        offered = chosen_playbooks(settings, read_folder(settings.folder, service.registry))
        approvals = Approvals.of(service.store, service.registry, offered)
        approvals.offer(now=service.now())
        for who in (MIKE, IVAN, HANNA):
            with service.store.read() as session:
                waiting = [change.key for change in approvals.waiting(session)]
            for key in waiting:
                with suppress(NotApproved):
                    approvals.approve(key, self.ids[who], door="web", now=service.now())

    def let_zoe_go(self) -> None:
        """Two persons release her departure, and her batch is stopped and goes on."""
        self._release()
        with self.service.store.read() as session:
            batch = session.scalars(select(Batch)).one()
        if self._said(Event.BATCH_RESUMED):
            return
        with suppress(NotDecided):
            self._steer(batch.number, "stop")
        self._steer(batch.number, "go")

    def _release(self) -> None:
        while held := self._held():
            with self.service.store.read() as session:
                waiting = select(Release).where(Release.state == ReleaseState.WAITING)
                asked = session.scalar(waiting)
            if asked is None:
                for who in (MIKE, IVAN):
                    wanted = Wanted(departures=held, person_id=self.ids[who], door="web", because=WHY)
                    with suppress(NotDecided):
                        self.service.desk.approvals.ask(wanted)
                continue
            self.service.desk.approvals.approve(
                asked.id, digest=asked.digest, person_id=self.ids[HANNA], door="web"
            )

    def take_zoe_back(self) -> None:
        """She should not have left: her run is undone, once."""
        with self.service.store.read() as session:
            hers = select(Run.id).join(Departure, Departure.id == Run.departure_id)
            run = session.scalars(hers.where(Departure.person_id == self.ids[ZOE])).one()
            known = session.get(Undo, run)
        for who in (MIKE, IVAN) if known is None else ():
            with suppress(NotDecided):
                wish = UndoWish(run_id=run, person_id=self.ids[who], door="web", note=WHY)
                self.service.desk.undo(wish)

    def _held(self) -> tuple[str, ...]:
        query = select(Departure.id).where(Departure.state == DepartureState.HELD)
        with self.service.store.read() as session:
            return tuple(session.scalars(query))

    def _steer(self, number: int, verb: str) -> None:
        steer(
            self.service.store,
            number,
            verb,
            person_id=self.ids[IVAN],
            because=WHY,
            door="web",
            now=self.service.now(),
        )

    def _said(self, event: Event) -> bool:
        with self.service.store.read() as session:
            return session.scalar(select(LedgerEntry.seq).where(LedgerEntry.event == event)) is not None
