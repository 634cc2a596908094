"""Whether this process sees the data folder that belongs to its database: keys and collected logs are files there.

The id of an installation stands in a row and in a file of the folder. A node that was started beside another folder
would keep logs where no other node finds them, so it does not start.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.engine.at_work import Beside, nobody_beside
from service.ledger.checkpoint import refuse_other_signer
from service.ledger.errors import KeyTrouble
from service.ledger.keys import Keys
from service.ledger.subject import refuse_other_keys
from service.store import Base, Store
from service.store.migrate import upgrade

#: The file of the data folder that names the installation.
FILE: Final = "installation"
#: What a copied database is called until the folder is moved to it.
NOT_MOVED: Final = "a copy that was not finished"


class Installation(Base):
    """One row: which installation this database belongs to."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(36))


class OtherFolder(KeyTrouble):
    """The data folder, and the keys in it, are another installation's or nobody's; the message says what to do."""


def opened(url: str, folder: Path, keys: Keys, *, beside: Callable[[Session], str] | None = None) -> Store:
    """The database, migrated, if folder and keys belong to it.

    Raises `KeyTrouble`, and `SchemaTrouble`; then nothing is left open.

    Args:
        beside: Migrate also where others are at work with the older schema, on record: says who wants it.
    """
    with ExitStack() as unless_ours:
        store = Store(url)
        unless_ours.callback(store.close)
        if beside is None:
            upgrade(store, refuse=nobody_beside(store))
        else:
            override = Beside(store, beside)
            upgrade(store, refuse=override.look, then=override.record)
        recognise(store, folder)
        with store.read() as session:
            refuse_other_keys(session, keys)
            refuse_other_signer(session, keys)
        unless_ours.pop_all()
    return store


def recognise(store: Store, folder: Path) -> None:
    """Compare the folder with the database; the first process to come marks both. Raises `OtherFolder`."""
    known, here = _known(store), _marked(folder)
    if known == NOT_MOVED:
        raise OtherFolder(
            "This database is a copy that was not finished: exeunt database copy was ended before its time. Nothing "
            "was started. Set [database] url back to the old database, which still holds everything, empty this one, "
            "and copy again."
        )
    if known is None:
        here = here or _mark(folder)
        _make_known(store, here)
        known = _known(store)
    if here != known:
        raise OtherFolder(
            f"{folder.absolute()} does not belong to this database: it {_is(here)}. Nothing was started. If the "
            "database was copied to another, set [database] url to that. Else all nodes share one folder: set "
            "service.data_dir to it, or mount it there. If this is the folder, restored without its file "
            f"'{FILE}', write {known} into that file."
        )


def move(store: Store, folder: Path) -> None:
    """A copied database takes the folder with it: from now on the one it was copied from starts no more."""
    name = str(uuid.uuid4())
    with store.write("installation.move") as session:
        session.execute(update(Installation).values(name=name))
    with _drafted(folder, name) as draft:
        draft.replace(folder / FILE)


def _is(here: str) -> str:
    return f"is the folder of installation {here}" if here else f"holds no file '{FILE}'"


def _known(store: Store) -> str | None:
    with store.read() as session:
        return session.scalar(select(Installation.name))


def _marked(folder: Path) -> str:
    """What the folder's file says; empty where there is none."""
    try:
        return (folder / FILE).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _mark(folder: Path) -> str:
    """Write the file whole or not at all; of two nodes that begin at once the first one's stands."""
    with _drafted(folder, str(uuid.uuid4())) as draft, suppress(FileExistsError):
        os.link(draft, folder / FILE)
    return _marked(folder)


@contextmanager
def _drafted(folder: Path, name: str) -> Iterator[Path]:
    draft = folder / f".{FILE}-{name}"
    with draft.open("x", encoding="utf-8") as file:
        file.write(f"{name}\n")
        file.flush()
        os.fsync(file.fileno())
    yield draft
    draft.unlink(missing_ok=True)


def _make_known(store: Store, name: str) -> None:
    try:
        with store.write("installation") as session:
            session.add(Installation(id=1, name=name))
    except IntegrityError:  # another node was first
        return
