"""A hundred people who should never have left: run, taken back, and compared with how everything was before."""

import ssl
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ldap3 import ALL_ATTRIBUTES, ALL_OPERATIONAL_ATTRIBUTES, NONE, SUBTREE, Connection, Server, Tls

from connectors.ldap import company
from connectors.ldap.fake import FakeLdap
from connectors.ldap.slapd import RealSlapd
from connectors.salesforce.fake import FakeSalesforce
from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.embedded import Embedded
from service.engine.pools import Threads
from service.engine.start import Starter
from service.engine.states import Colour
from service.engine.tables import Run
from service.engine.undo import UndoWish, swept
from service.engine.undo_many import Choice, chosen
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.store import utc_now
from tests.unit.engine import world as worlds

COUNT = 100
#: So many are enough for every day.
A_FEW = 20
#: What is promised, in seconds.
MOST_S = 600.0
TITLE = "wrong.csv"
NOTE = "The import held the list of another company."
PLAYBOOK = """
playbook: test
version: 1
summary: A test.
steps:
  - {id: shut, action: ldap.disable_account, deadline: 10m, critical: true}
  - {id: groups, action: ldap.remove_entitlements, needs: [shut], deadline: 10m}
  - {id: freeze, action: salesforce.disable_account, deadline: 10m, critical: true}
  - {id: sessions, action: salesforce.revoke_sessions, needs: [freeze], deadline: 10m}
  - {id: tokens, action: salesforce.revoke_tokens, needs: [freeze], deadline: 10m}
  - {id: deactivate, action: salesforce.deactivate_account, needs: [sessions, tokens], deadline: 10m}
"""
#: What a directory writes down about its own work; nobody restores it.
OPERATIONAL = {
    "modifytimestamp",
    "modifiersname",
    "entrycsn",
    "contextcsn",
    "pwdchangedtime",
    "pwdfailuretime",
}
#: What is never brought back, and is listed instead; and what the fake notes about its own work.
NOT_COMPARED = {"sessions", "session_tokens", "oauth_tokens", "effects", "count", "events", "history"}
#: One in ten was shut before us, and stays so.
SHUT_BEFORE = 10


def employee(n: int) -> dict[str, Any]:
    return {
        "employee_no": f"E-{1000 + n}",
        "username": f"p{n}",
        "email": f"p{n}@example.com",
        "display_name": f"Person {n}",
        "groups": ["sales-team", "vpn"][: n % 3],
        "password": f"the secret of {n}",
        "hired_on": "2021-03-01",
    }


@pytest.fixture(params=[A_FEW, pytest.param(COUNT, marks=pytest.mark.faults)], ids=lambda n: f"{n} people")
def everybody(request: Any) -> list[dict[str, Any]]:
    return [employee(n) for n in range(request.param)]


@pytest.fixture(params=["the fake", pytest.param("a real OpenLDAP", marks=pytest.mark.slapd)])
def directory(request: Any, tmp_path: Path, everybody: list[dict[str, Any]]) -> Iterator[Any]:
    server = FakeLdap() if request.param == "the fake" else RealSlapd(tmp_path / "slapd")
    keeper = employee(COUNT) | {"groups": ["sales-team", "vpn"]}  # no group may be empty
    if isinstance(server, RealSlapd):
        server.seed([*everybody, keeper])
    with server:
        if isinstance(server, FakeLdap):
            server.seed([*everybody, keeper])
        yield server


@pytest.fixture
def crm(everybody: list[dict[str, Any]]) -> Iterator[FakeSalesforce]:
    with FakeSalesforce() as fake:
        fake.seed(
            {
                **one,
                "username": one["email"],
                "sessions": ["UI"],
                "tokens": ["Dataloader"],
                "frozen": n % SHUT_BEFORE == 0,
            }
            for n, one in enumerate(everybody)
        )
        yield fake


def entries(directory: Any) -> Mapping[str, Mapping[str, list[bytes]]]:
    """Everything the directory holds, by a client that is not ours."""
    server = Server(directory.settings()["url"], tls=Tls(validate=ssl.CERT_NONE), get_info=NONE)
    admin = Connection(server, company.ADMIN_DN, directory.admin_password, auto_bind=True)
    admin.search(
        "dc=example,dc=com",
        "(objectClass=*)",
        SUBTREE,
        attributes=[ALL_ATTRIBUTES, ALL_OPERATIONAL_ATTRIBUTES],
    )
    found = list(admin.response)
    admin.unbind()
    return {
        row["dn"]: {
            name: sorted(values)
            for name, values in row["raw_attributes"].items()
            if name.lower() not in OPERATIONAL
        }
        for row in found
    }


def records(crm: FakeSalesforce) -> Mapping[str, Any]:
    """Everything the CRM holds, without when and by whom each row was last written."""
    return {name: _undated(value) for name, value in crm.state.items() if name not in NOT_COMPARED}


def _undated(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _undated(each)
            for key, each in value.items()
            if key not in ("LastModifiedDate", "LastModifiedById", "SystemModstamp")
        }
    return [_undated(each) for each in value] if isinstance(value, list) else value


def leave(world: worlds.World, everybody: list[dict[str, Any]]) -> None:
    """Departures that two persons released, and that should never have been."""
    now = utc_now()
    with world.store.write() as session:
        session.query(Departure).delete()
        batch = open_batch(session, Origin.FILE, TITLE, now=now, by="source:hr")
        for one in everybody:
            person = worlds.person(one["display_name"], one["employee_no"])
            person.work_email, person.username = one["email"], one["username"]
            session.add(person)
            session.flush()
            session.add(
                Departure(
                    id=str(uuid.uuid4()),
                    source="hr",
                    source_id=one["employee_no"],
                    person_id=person.id,
                    kind=DepartureKind.VOLUNTARY,
                    state=DepartureState.SCHEDULED,
                    civil_at=now.strftime("%Y-%m-%dT%H:%M"),
                    zone="UTC",
                    effective_at=now,
                    interpretation={"zone_source": "event"},
                    announced_at=now,
                    announced_by="source:hr",
                    released_at=now,
                    batch_id=batch.id,
                )
            )


def runs(world: worlds.World) -> list[Run]:
    with world.store.read() as session:
        return list(session.query(Run).order_by(Run.number))


def until_all_are(world: worlds.World, state: DepartureState, count: int) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < MOST_S:
        with world.store.read() as session:
            there = session.query(Departure).filter(Departure.state == state).count()
        if there == count:
            break
        time.sleep(0.1)
    assert there == count


def test_wrong_departures_are_undone_without_a_difference(
    store: Any,
    keys: Any,
    everybody: list[dict[str, Any]],
    directory: Any,
    crm: FakeSalesforce,
    record_property: Any,
    capsys: Any,
) -> None:
    also = {"ldap": directory.settings(), "salesforce": crm.settings()}
    before = entries(directory), records(crm)
    with worlds.made(store, utc_now, keys, also=also) as world:
        leave(world, everybody)
        loaded = parse(PLAYBOOK.encode(), "test.yaml", world.registry, lint=False)
        starter = Starter(
            catalogue=Catalogue(world.registry),
            set_up=world.registry.configured,
            playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
        )
        engine = Embedded(
            store,
            world.admission,
            world.machine,
            world.executor,
            begin_due=swept(starter.begin_due),
            now=utc_now,
            threads=Threads(rest=8, sign_in=4),
        )
        engine.start()
        try:
            until_all_are(world, DepartureState.CLOSED, len(everybody))
            during = entries(directory), records(crm)
            begun = time.monotonic()
            with store.read() as session:
                all_of_it = chosen(session, Choice(batch=TITLE))
            assert len(all_of_it) == len(everybody)
            for run in all_of_it:
                wish = UndoWish(run_id=run.run_id, person_id=world.people["ivan"], door="cli", note=NOTE)
                world.desk.undo(wish)
            until_all_are(world, DepartureState.WITHDRAWN, len(everybody))
            took = time.monotonic() - begun
        finally:
            engine.stop()

    after = entries(directory), records(crm)
    changed = sum(during[0][dn] != entry for dn, entry in before[0].items())
    record_property("undone_in_s", round(took, 1))
    with capsys.disabled():
        print(
            f"\n{len(everybody)} wrong departures undone in {took:.1f} s, {changed} directory entries put back"
        )
    assert during != before
    assert changed >= len(everybody)
    assert after[0] == before[0]
    assert after[1] == before[1]
    assert {run.colour for run in runs(world)} == {Colour.GREEN}
    assert took <= MOST_S
