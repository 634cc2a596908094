"""Files of leavers that say more than a file may, or say it of whoever brings them: refused, nothing changed."""

from typing import Any, Final

import pytest
from sqlalchemy import select

from service.departures.departure import Departure
from service.departures.event import Change
from service.intake.receive import Intake, Surroundings
from service.intake.source import NotUnderstood
from service.intake.together import in_one_batch
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.people.person import Person
from service.sections import DeparturesSection
from service.settings import SourceSection
from tests.attacks.departures.company import Company

HEADER: Final = "source_id,employee_no,work_email,name,change,kind,last_day\n"


class Desk:
    """Somebody brings files."""

    def __init__(self, company: Company, keys: Keys, *, by: str) -> None:
        self.company = company
        with company.store.read() as session:
            self.by = f"person:{session.get_one(Person, company.people[by]).subject}"
        surroundings = Surroundings(
            store=company.store, keys=keys, announce=lambda *_: "", now=company.clock, real_now=company.clock
        )
        self.intake = Intake({}, surroundings)

    def refused(self, *rows: str) -> str:
        """What is said of a file that is refused; on record, and nothing is changed."""
        before = self._departures()
        together = in_one_batch(
            "leavers.csv",
            by=self.by,
            guard=self.company.guard,
            section=DeparturesSection(),
            now=self.company.clock,
        )
        raw = (HEADER + "\n".join(rows)).encode()
        with pytest.raises(NotUnderstood) as refused:
            self.intake.take_file("hr", SourceSection(timezone="UTC"), raw, together=together, by=self.by)
        assert self._departures() == before
        with self.company.store.read() as session:
            newest = session.scalars(select(LedgerEntry.event).order_by(LedgerEntry.seq.desc())).first()
        assert newest == "batch.refused"
        return str(refused.value)

    def _departures(self) -> list[tuple[str, str, str]]:
        with self.company.store.read() as session:
            found = session.scalars(select(Departure).order_by(Departure.id))
            return [(one.id, one.state.value, one.civil_at) for one in found]


@pytest.fixture
def desk(company: Company, keys: Keys) -> Desk:
    """Brought by E-0; E-1 is somebody else."""
    company.hire(60)
    return Desk(company, keys, by="E-0")


@pytest.mark.parametrize("change", ["scheduled", "changed", "rescinded"])
@pytest.mark.parametrize("leaving", [True, False])
def test_nobody_takes_back_or_moves_their_own_departure_by_a_file(
    desk: Desk, change: str, *, leaving: bool
) -> None:
    if leaving:
        desk.company.says("E-0", change=Change.SCHEDULED)

    said = desk.refused(f"E-0,,,Person,{change},voluntary,2026-09-01")

    assert "their own departure" in said


def test_nor_under_another_id_of_theirs(desk: Desk, company: Company) -> None:
    with company.store.write() as session:
        twin: dict[str, Any] = {"subject": "s", "display_name": "Person", "employee_no": "e-0"}
        session.add(Person(id="twin", source="hr", source_id="hr-0", **twin))

    assert "their own departure" in desk.refused("hr-0,,,Person,scheduled,voluntary,2026-09-01")


@pytest.mark.parametrize("kind", ["rehire", "lost-device"])
def test_a_file_lets_nobody_back_in_and_locks_no_devices(desk: Desk, kind: str) -> None:
    said = desk.refused(f"E-1,,,Person,scheduled,{kind},2026-03-05")

    assert said.startswith("2:6: kind: this is one of voluntary")
