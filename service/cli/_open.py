"""Opening the service for a command, and turning what can go wrong into one sentence and an exit code."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pathlib import Path

    from service.app import Service
    from service.departures.kind import DepartureKind
    from service.people.person import Person
    from service.playbook.load import Loaded

MOST_DIGITS = 9
#: So much of what somebody typed is told back to them.
MOST_SHOWN = 60
OK, FAILED, WRONG_USE, WAITS, UNREACHABLE = 0, 1, 2, 3, 4


@contextmanager
def opened() -> Iterator["Service"]:
    """The service of this folder's configuration, not started: nothing acts while the command runs."""
    from sqlalchemy.exc import SQLAlchemyError

    from connectors.sdk.errors import ConnectorError
    from service.app import create_service
    from service.ledger.errors import LedgerError
    from service.playbook.problem import PlaybookError
    from service.settings import SettingsError, load
    from service.store.migrate import SchemaTrouble

    try:
        service = create_service(load())
    except (SettingsError, PlaybookError, LedgerError, ConnectorError, SchemaTrouble) as error:
        stop(str(error), WRONG_USE)
    except (SQLAlchemyError, OSError, ImportError) as error:
        stop(not_opened(error), UNREACHABLE)
    try:
        yield service
    finally:
        service.close()


def not_opened(error: Exception) -> str:
    """What is said of a database that cannot be opened; its own words may hold its address."""
    if isinstance(error, ImportError):
        return (
            "PostgreSQL needs packages of its own. In the folder of the source: python3 -m service postgres"
        )
    return f"The database cannot be opened ({type(error).__name__}). Look at [database] url."


def stop(message: str, code: int = FAILED) -> NoReturn:
    """Say it on standard error and leave. What was typed is told back, and moves nobody's cursor."""
    print("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in message), file=sys.stderr)
    sys.exit(code)


def sentence(words: str) -> str:
    """A message that is a part of something elsewhere, as it stands by itself."""
    ended = words if words.endswith("?") else f"{words.rstrip('.')}."
    return f"{ended[:1].upper()}{ended[1:]}"


def run_number(words: str) -> int | None:
    """The number in `R-7` or `7`; nothing where it is none."""
    digits = words.upper().removeprefix("R-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else None


def kept_checkpoints(paths: Iterable["Path"]) -> list[str]:
    """The checkpoints somebody kept. A file that cannot be read stops the command: nothing was compared."""
    try:
        return [path.read_text(encoding="utf-8") for path in paths]
    except OSError as error:
        stop(f"{error.filename} cannot be read ({error.strerror}). Nothing was verified.", WRONG_USE)
    except UnicodeDecodeError:
        stop("A kept checkpoint is no text. Nothing was verified.", WRONG_USE)


def playbook_in_use(service: "Service", kind: "DepartureKind") -> "Loaded":
    """What a run of this kind would begin with. Nothing stops the command."""
    from service.playbook.inuse import NotInUse

    try:
        with service.store.read() as session:
            return service.starter.playbooks.of(session, kind)
    except NotInUse as refused:
        stop(str(refused), WRONG_USE)


def _shown(words: str) -> str:
    """What was typed, so short that the rest of the sentence is read."""
    return f"{words[:MOST_SHOWN]}…" if len(words) > MOST_SHOWN else words or '""'


def find_person(service: "Service", words: str) -> "Person":
    """The person an employee number, HR id, e-mail or user name belongs to. Never by name; exactly one or none."""
    from sqlalchemy import or_, select

    from service.people.person import Person

    with service.store.read() as session:
        found = session.scalars(
            select(Person).where(
                or_(
                    Person.employee_no == words,
                    Person.source_id == words,
                    Person.work_email == words,
                    Person.username == words,
                )
            )
        ).all()
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n".join(f"  {p.source_id}  {p.display_name}  {p.department}" for p in found)
        stop(f"{words} fits {len(found)} people. Use the HR id:\n{listed}", WRONG_USE)
    stop(
        f"Nobody here has the employee number, HR id, e-mail or user name {_shown(words)}. Nothing was done. "
        "Import the roster first: exeunt people import FILE.csv",
        WRONG_USE,
    )
