"""Held departures at the command line: who is meant is said, never guessed."""

import json

import pytest
from sqlalchemy import select

from service.app import create_service
from service.departures.batch import Batch, Origin, open_batch
from service.departures.departure import Departure
from service.engine.releases import Release
from service.settings import load
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it

WHY = "HR has confirmed each by phone."


@pytest.fixture
def held(exeunt: Shell) -> tuple[Shell, str]:  # noqa: F811  pytest finds a fixture by its name
    """Two departures of one batch are held, and its number; Hanna of HR is at the keyboard."""
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    path = exeunt.folder / "exeunt.toml"
    path.write_text(path.read_text() + "\n[guardrails]\nhour_people = 1\nhour_percent = 0\n")
    for person in ("E-2", "E-3"):
        exeunt("run", person, "--kind", "involuntary", "--yes")
    service = create_service(load())
    with service.store.write() as session:
        made = open_batch(session, Origin.FILE, "leavers.csv", now=service.now(), by="source:hr")
        for departure in session.query(Departure):
            departure.batch_id = made.id
        batch = f"B-{made.number}"
    service.close()
    return exeunt, batch


def named() -> list[int]:
    service = create_service(load())
    with service.store.read() as session:
        found = [len(release.named) for release in session.query(Release)]
    service.close()
    return found


@pytest.mark.parametrize("verb", ["release", "cancel"])
@pytest.mark.parametrize("how", [(), ("--all", "--first", "1")])
def test_a_batch_alone_does_not_mean_everybody_of_it(
    held: tuple[Shell, str], verb: str, how: tuple[str, ...]
) -> None:
    shell, batch = held

    said = shell("departures", verb, "--batch", batch, *how, "--because", WHY)

    assert said.code == 2
    assert "holds 2 departures: say --all, or --first for so many. Nothing was changed." in said.err
    assert named() == []
    assert {line["state"] for line in json.loads(shell("departures", "--json").out)} == {"held"}


def test_everybody_of_a_batch_or_the_first_of_it_are_named(held: tuple[Shell, str]) -> None:
    shell, batch = held

    first = shell("departures", "release", "--batch", batch, "--first", "1", "--because", WHY)
    all_of_them = shell("departures", "release", "--batch", batch, "--all", "--because", WHY)

    assert (first.code, all_of_them.code) == (0, 0), all_of_them.err
    assert "1 named" in first.out
    assert "2 named" in all_of_them.out


@pytest.mark.parametrize(("why", "taken"), [("w" * 500, True), ("w" * 501, False), ("too short", False)])
def test_a_reason_is_kept_whole_or_refused(held: tuple[Shell, str], why: str, taken: bool) -> None:
    shell, batch = held
    shell("people", "grant", "E-1", "it")

    said = shell("departures", "steer", "stop", batch, "--because", why)

    service = create_service(load())
    with service.store.read() as session:
        named = Batch.number == int(batch.removeprefix("B-"))
        kept = session.scalar(select(Batch.stopped_because).where(named))
    service.close()
    if taken:
        assert (said.code, kept) == (0, why)
    else:
        assert (said.err, kept) == ("Say why, in 10 to 500 characters. Nothing was changed.\n", "")
