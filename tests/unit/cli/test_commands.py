"""The commands, in an empty folder, as a person types them: an exit code, and a sentence instead of a traceback."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import exeunt as commands
from service.cli._open import opened
from service.ledger.bound import bind
from service.ledger.entry import append
from service.ledger.event import Event
from service.ledger.keys import Keys

ROOT = Path(__file__).parents[3]
PEOPLE = (
    "source_id,name,employee_no,work_email,username,department,timezone\n"
    "hr-1,Hanna Ek,E-1,hanna@example.com,hanna,People,Europe/Stockholm\n"
    "hr-2,Mike Dalton,E-2,mike@example.com,mike,Sales,Europe/Stockholm\n"
    "hr-3,Mike Dalton,E-3,mike2@example.com,mike2,Sales,Europe/Stockholm\n"
)
PLAYBOOK = """\
playbook: leaver
version: 1
summary: By hand.
steps:
  - id: keys
    title: Take the keys back
    action: manual.confirm
    minimum: attested
    owner: it
    instructions: Take them.
"""


@dataclass
class Said:
    code: int
    out: str
    err: str


@dataclass
class Shell:
    """An empty folder, and a person who types."""

    folder: Path

    def __call__(self, *words: str, answer: str = "") -> Said:
        done = CliRunner().invoke(commands, list(words), input=answer, prog_name="exeunt")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def maps(self, number: str) -> None:
        """Say who the user at the keyboard is."""
        path = self.folder / "exeunt.toml"
        path.write_text(path.read_text() + f'\n[cli]\nusers = {{{getpass.getuser()} = "{number}"}}\n')


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("EXEUNT_"):
            monkeypatch.delenv(name)
    (tmp_path / "playbooks").mkdir()
    for name in ("voluntary", "involuntary", "contractor-end"):
        (tmp_path / "playbooks" / f"{name}.yaml").write_text(PLAYBOOK.replace("leaver", name))
    yield Shell(tmp_path)
    bind(None)


@pytest.fixture
def exeunt(empty: Shell) -> Shell:
    """Installed, with three people."""
    empty("init")
    (empty.folder / "people.csv").write_text(PEOPLE)
    empty("people", "import", "people.csv")
    return empty


def test_init_makes_keys_and_a_configuration_and_overwrites_nothing(empty: Shell) -> None:
    first = empty("init")
    toml = (empty.folder / "exeunt.toml").read_text()

    second = empty("init")

    assert (first.code, second.code) == (0, 1)
    assert "never overwritten" in second.err
    assert (empty.folder / "exeunt.toml").read_text() == toml
    assert (empty.folder / "var" / "keys" / "kek").stat().st_mode & 0o077 == 0


def test_no_new_keys_are_made_for_a_folder_whose_own_are_gone(exeunt: Shell) -> None:
    exeunt("runs")  # a database that belongs to the keys
    keys = exeunt.folder / "var" / "keys"
    shutil.rmtree(keys)

    again = exeunt("init")

    assert (again.code, keys.exists()) == (1, False)
    assert "Put the keys back" in again.err


def test_beside_keys_that_open_nothing_of_the_database_nothing_starts(exeunt: Shell) -> None:
    keys = exeunt.folder / "var" / "keys"
    with opened() as service, service.store.write() as session:
        append(session, Event.DEPARTURE_ANNOUNCED, actor="x", subject="s", pii={"a": "b"}, at=service.now())
    shutil.rmtree(keys)
    Keys.create(keys)

    said = exeunt("runs")

    assert (said.code, "Put the keys back" in said.err) == (2, True)


def test_before_init_a_command_says_what_is_missing(empty: Shell) -> None:
    said = empty("runs")

    assert said.code == 2
    assert "keys" in said.err


def test_people_are_imported_and_counted(exeunt: Shell) -> None:
    said = exeunt("people", "import", "people.csv")

    assert (said.code, said.out) == (0, "0 people added, 0 updated.\n")


def test_a_roster_with_slips_is_refused_with_their_lines(exeunt: Shell) -> None:
    (exeunt.folder / "bad.csv").write_text(PEOPLE.replace("Europe/Stockholm", "Europe/Stokholm", 1))

    said = exeunt("people", "import", "bad.csv")

    assert said.code == 2
    assert "line 2: timezone" in said.err


def test_a_plan_shows_the_steps_and_changes_nothing(exeunt: Shell) -> None:
    said = exeunt("plan", "E-2", "--json")

    steps = json.loads(said.out)["steps"]
    assert said.code == 0
    assert [step["step"] for step in steps] == ["keys"]
    assert json.loads(exeunt("runs", "--json").out) == []


def test_a_plan_that_has_something_to_do_can_say_so_by_its_code(exeunt: Shell) -> None:
    assert exeunt("plan", "E-2", "--detailed-exitcode").code == 10


def test_nobody_is_found_by_name(exeunt: Shell) -> None:
    said = exeunt("plan", "Mike Dalton")

    assert said.code == 2
    assert "Nobody here" in said.err


def test_a_user_who_is_nobody_here_may_only_read(exeunt: Shell) -> None:
    said = exeunt("run", "E-2", "--kind", "voluntary", "--yes")

    assert said.code == 2
    assert "may only read" in said.err


def test_who_has_not_the_role_announces_nothing(exeunt: Shell) -> None:
    exeunt.maps("E-1")

    said = exeunt("run", "E-2", "--kind", "voluntary", "--yes")

    assert said.code == 2
    assert "has not the role hr or admin. Nothing was done." in said.err
    assert said.err.endswith("exeunt people grant E-1 hr\n")


def test_nobody_announces_their_own_departure(exeunt: Shell) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")

    said = exeunt("run", "E-1", "--kind", "voluntary", "--yes")

    assert said.code == 2
    assert "their own departure" in said.err


def test_hr_announces_a_departure_and_is_told_when_it_is(exeunt: Shell) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")

    said = exeunt("run", "E-2", "--kind", "voluntary", "--at", "2027-03-05T17:00", "--yes")

    assert said.code == 0
    assert "2027-03-05T16:00:00Z" in said.out
    assert "is stored" in said.out


def test_who_announces_what_is_held_is_told_that_and_why(exeunt: Shell) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    path = exeunt.folder / "exeunt.toml"
    path.write_text(path.read_text() + "\n[guardrails]\nhour_people = 1\nhour_percent = 0\n")
    exeunt("run", "E-3", "--kind", "involuntary", "--yes")

    said = exeunt("run", "E-2", "--kind", "involuntary", "--yes")

    assert said.code == 0
    assert "is stored and held. " in said.out
    assert "exeunt departures held" in said.out


def test_who_is_asked_and_says_no_has_announced_nothing(exeunt: Shell) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")

    said = exeunt("run", "E-2", "--kind", "voluntary", answer="n\n")

    assert said.code == 1
    assert "is stored" not in said.out


@pytest.mark.parametrize(
    "words",
    [
        ("--at", "17:00"),
        ("--at", "2027-03-05T17:00Z"),
        ("--at", "2027-03-05", "--zone", "Mars/Olympus"),
    ],
    ids=["no date", "an offset", "no zone"],
)
def test_a_time_that_is_none_is_told_in_a_sentence(exeunt: Shell, words: tuple[str, ...]) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")

    said = exeunt("run", "E-2", "--kind", "voluntary", "--yes", *words)

    assert said.code == 2
    assert said.err.strip()


def test_when_explains_a_civil_time(empty: Shell) -> None:
    said = empty("when", "--at", "2026-12-05T17:00", "--zone", "Europe/Berlin", "--json")

    assert (said.code, json.loads(said.out)["instant"]) == (0, "2026-12-05T16:00:00Z")


def test_when_refuses_what_is_no_time(empty: Shell) -> None:
    said = empty("when", "--at", "soon", "--zone", "Europe/Berlin")

    assert said.code == 2
    assert "2026-12-05" in said.err


def test_an_exported_ledger_is_verified_without_us(exeunt: Shell) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    exeunt("run", "E-2", "--kind", "voluntary", "--yes")

    exported = exeunt("ledger", "export", "out")
    verified = exeunt("verify", "out")
    by_script = subprocess.run(
        [sys.executable, exeunt.folder / "out" / "auditor.py", exeunt.folder / "out"], check=False
    )

    assert (exported.code, verified.code, by_script.returncode) == (0, 0, 0)
    assert exeunt("ledger", "verify").code == 0


def test_a_changed_export_does_not_hold(exeunt: Shell) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    exeunt("run", "E-2", "--kind", "voluntary", "--yes")
    exeunt("ledger", "export", "out")
    entries = exeunt.folder / "out" / "entries.jsonl"
    entries.write_text(entries.read_text().replace("voluntary", "volunteer"))

    assert exeunt("verify", "out").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "R-9"),
        ("runs", "²"),
        ("runs", "R-" + "9" * 40),
        ("runs", "nine"),
        ("ledger", "export", "out", "--run", "nine"),
        ("ledger", "verify", "--known", "none"),
        ("verify", ".", "--known", "none"),
        ("verify", "."),
        ("verify", "none"),
        ("people", "import", "none.csv"),
        ("people", "grant", "E-1", "king"),
        ("people", "grant", "E-9", "hr"),
        ("connectors", "run", "ldap", "disable_account", "--person", "E-1"),
        ("connectors", "run", "ldap", "find_accounts", "--person", "E-1"),
        ("playbook", "lint", "none.yaml"),
        ("nonsense",),
    ],
    ids=lambda words: "-".join(words)[:40],
)
def test_what_cannot_be_done_is_said_and_is_not_zero(exeunt: Shell, words: tuple[str, ...]) -> None:
    said = exeunt(*words)

    assert said.code in (1, 2, 4)
    assert (said.err + said.out).strip()


@pytest.mark.parametrize(
    "text",
    [
        "[service\n",
        "[servce]\n",
        '[database]\nurl = "sqlite:////proc/none/exeunt.db"\n',
        '[database]\nurl = "x"\n',
    ],
    ids=["no toml", "a slip", "no place", "no url"],
)
def test_a_wrong_configuration_is_told_in_a_sentence(exeunt: Shell, text: str) -> None:
    (exeunt.folder / "exeunt.toml").write_text(text)

    said = exeunt("runs")

    assert said.code in (2, 4)
    assert said.err.strip()


def test_what_nobody_foresaw_is_told_in_a_sentence_and_shows_no_values(exeunt: Shell) -> None:
    broken = "from service.cli import main; import service.settings as s; s.load = lambda: 1 / 0; main()"

    done = subprocess.run(
        [sys.executable, "-c", broken, "runs"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "ZeroDivisionError at" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_that_is_taken_is_told_in_a_sentence(exeunt: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        path = exeunt.folder / "exeunt.toml"
        taken = f"[service]\nport = {other.getsockname()[1]}"
        path.write_text(path.read_text().replace("[service]", taken, 1))

        said = exeunt("serve")

    assert (said.code, "Another program listens there already" in said.err) == (2, True), said.err


def test_a_damaged_database_is_told_in_a_sentence(exeunt: Shell) -> None:
    (exeunt.folder / "var" / "exeunt.db").write_bytes(b"not a database at all, by any means" * 99)

    said = exeunt("runs")

    assert said.code == 4
    assert len(said.err.strip().splitlines()) == 1


def test_a_changed_playbook_is_told_compared_and_not_used_until_two_persons_approved_it(exeunt: Shell):
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    exeunt("run", "E-2", "--kind", "involuntary", "--at", "2027-01-01T09:00", "--yes")
    path = exeunt.folder / "playbooks" / "voluntary.yaml"
    path.write_text(
        path.read_text()
        .replace("version: 1", "version: 2")
        .replace("minimum: attested", "deadline: 9d\n    minimum: attested")
    )

    check, diff, approve = (
        exeunt(*words.split()) for words in ("check", "playbook diff voluntary", "playbook approve voluntary")
    )

    assert "changed and not approved (0 of 2 persons)" in check.out
    assert "WEAKER" in diff.out
    assert "deadline 4h → 9d" in diff.out
    assert (approve.code, "/playbooks" in approve.out) == (3, True)
    assert "playbook voluntary v1" in exeunt("plan", "E-2", "--kind", "voluntary").out
    assert exeunt("playbook", "show", "voluntary").out == PLAYBOOK.replace("leaver", "voluntary")


def test_a_playbook_without_a_change_has_nothing_to_approve(exeunt: Shell):
    assert exeunt("playbook", "approve", "voluntary").code == 0
    assert exeunt("playbook", "show", "R-99").code == 2
