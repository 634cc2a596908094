"""What a process is to the engine: everything in one, a node that answers, or a node that carries steps out."""

from datetime import datetime
from enum import StrEnum
from importlib.util import find_spec
from typing import Protocol

from service.engine.embedded import Embedded
from service.engine.parts import Parts


class Role(StrEnum):
    """What a process does."""

    SERVE = "serve"
    WEB = "web"
    WORKER = "worker"


class Deliverer(Protocol):
    """Lets steps out and has them carried out, or calls somebody who does."""

    @property
    def last_cycle_at(self) -> datetime | None:
        """When somebody last looked at what is due."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def wake(self) -> None:
        """Something may be due now."""
        ...

    def stop(self) -> None:
        """Let what is out come back, and end."""
        ...

    def check(self) -> None:
        """Raises `AlreadyRunning` once an engine works beside which this one must not."""
        ...


class NeedsPostgres(Exception):  # noqa: N818  a refusal, not a fault
    """Several nodes were wanted where there can be one only; the message says what to do."""


def deliverer(parts: Parts, role: Role) -> Deliverer:
    """The engine of a process of this role. Raises `NeedsPostgres`."""
    if role is Role.SERVE:
        return Embedded.of(parts)
    if parts.store.is_sqlite:
        raise NeedsPostgres(
            f"`exeunt {role.value}` is for several nodes, which SQLite cannot serve. Set [database] url to a "
            "PostgreSQL (docs/how-to/from-one-process-to-many.md), or run `exeunt serve`."
        )
    if find_spec("procrastinate") is None:
        raise NeedsPostgres(
            f"`exeunt {role.value}` needs the packages for PostgreSQL. In the folder of the source: "
            "python3 -m service postgres"
        )
    from service.engine.cluster import Cluster
    from service.engine.doorbell import Doorbell
    from service.engine.nodes import this_process

    if role is Role.WEB:
        return Doorbell(parts.store, name=this_process())
    return Cluster(parts, name=this_process())


def nobody_works(role: Role, engine: Deliverer) -> str:
    """For `/readyz` of a node that answers: a sentence while no node carries steps out, else empty."""
    if role is not Role.WEB or engine.last_cycle_at is not None:
        return ""
    return "No node carries steps out: what is due waits. Start `exeunt worker`."
