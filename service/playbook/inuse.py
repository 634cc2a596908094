"""What new runs begin with: the version on record, whatever lies in the files by now."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session

from service.departures.kind import DepartureKind
from service.playbook.catalogue import Actions
from service.playbook.load import Loaded, parse
from service.playbook.problem import PlaybookError
from service.playbook.versions import PlaybookVersion, in_use

_SEEN = "exeunt.playbooks"


class NotInUse(Exception):  # noqa: N818  a refusal, not a fault
    """There is no playbook that a run of this kind may begin with; the message says why and what to do."""


class Playbooks(Protocol):
    """Says which playbook a departure is run by."""

    def of(self, session: Session, kind: DepartureKind) -> Loaded:
        """The playbook of this kind of departure. Raises `NotInUse`."""
        ...

    def all(self, session: Session) -> Mapping[DepartureKind, Loaded]:
        """Every kind's playbook that can be used now."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Playbooks that are used as they are handed in, without a record."""

    by_kind: Mapping[DepartureKind, Loaded]

    def of(self, session: Session, kind: DepartureKind) -> Loaded:  # noqa: ARG002  as `Playbooks` has it
        """The one that was handed in."""
        return _found(self.by_kind.get(kind), kind)

    def all(self, session: Session) -> Mapping[DepartureKind, Loaded]:  # noqa: ARG002  as `Playbooks` has it
        """All that were handed in."""
        return self.by_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """Playbooks that two persons approved, read from their kept text. Nothing here looks at a file.

    Args:
        offered: What lies in the files: used where it is what is on record, to save reading it again.
    """

    actions: Actions
    offered: Mapping[DepartureKind, Loaded]
    _read: dict[str, Loaded] = field(default_factory=dict)

    def of(self, session: Session, kind: DepartureKind) -> Loaded:
        """The version in use. Asked once a transaction, so that a thousand runs cost one look."""
        digest = _seen(session).get(kind)
        return _found(self.version(session, digest) if digest else None, kind)

    def all(self, session: Session) -> Mapping[DepartureKind, Loaded]:
        """Those that can be read; a departure of another kind says why when it is looked at."""
        found = {}
        for kind in _seen(session):
            with suppress(NotInUse):
                found[kind] = self.of(session, kind)
        return found

    def version(self, session: Session, digest: str) -> Loaded:
        """A version by its digest: what a run that began with it is planned anew by. Raises `NotInUse`."""
        if digest not in self._read:
            self._read[digest] = self._from_files(digest) or self._from_record(session, digest)
        return self._read[digest]

    def _from_files(self, digest: str) -> Loaded | None:
        return next((one for one in self.offered.values() if one.digest == digest), None)

    def _from_record(self, session: Session, digest: str) -> Loaded:
        kept = session.get(PlaybookVersion, digest)
        if kept is None:
            raise NotInUse(f"The playbook version {digest[:12]} is not on record. Restore the database.")
        try:
            return parse(kept.text, f"{kept.name}.yaml", self.actions, lint=False)
        except PlaybookError as error:
            raise NotInUse(
                f"The approved version {digest[:12]} cannot be carried out with the connectors that are here: "
                f"{error.problems[0].message}. Approve a version that can, on the page /playbooks."
            ) from error


def _seen(session: Session) -> Mapping[DepartureKind, str]:
    """What is in use, asked once a transaction."""
    transaction, used = session.info.get(_SEEN, (None, {}))
    if transaction is None or transaction is not session.get_transaction():
        used = in_use(session)
        session.info[_SEEN] = (session.get_transaction(), used)
    return dict(used)


def _found(loaded: Loaded | None, kind: DepartureKind) -> Loaded:
    if loaded is None:
        raise NotInUse(
            f"No playbook is in use for {kind}. Name one in exeunt.toml, [playbooks], and have two persons "
            "approve it on the page /playbooks."
        )
    return loaded
