"""Playing the story: the company, the service, its pages and Slack, all in this process, all on loopback."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.sdk.fakes.ports import spare_port
from service.app import Running, create_service
from service.demo import setup, world
from service.demo.clock import TurnableClock
from service.demo.company import open_company
from service.demo.slack import open_workspace
from service.demo.stage import Calendar, Progress, Stage
from service.demo.story import SCENES, TOLD_TO_VISITORS, Scene
from service.demo.world import Leaning, World
from service.people.person import IdentityKind
from service.web.rooms import DemoDoor

Say = Callable[[str], None]
PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
#: Who a visitor may be, by role.
VISITORS = ("auditor", "it", "hr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How the demonstration is wanted. `seed` and `leaning` count the first time only: a folder keeps its story."""

    folder: Path
    port: int
    seed: int
    leaning: Leaning
    real_directory: bool = True


class AlreadyPlaying(Exception):  # noqa: N818  a refusal, not a fault
    """Somebody plays in this folder; the message says what to do."""


@contextmanager
def opened(wishes: Wishes, say: Say) -> Iterator[Stage]:
    """Everything started, as it was left; stopped in good order at the end."""
    folder = wishes.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as closing:
        closing.enter_context(_alone(folder))
        clock = TurnableClock(folder / "clock.json")
        made, calendar = _remembered(wishes, clock)
        say("Opening a made-up company: directory, CRM, devices, HR and Slack, all on this machine.")
        company = open_company(folder / "company", made, now=clock.now, real_directory=wishes.real_directory)
        closing.callback(company.stop)
        workspace = open_workspace(folder, made, now=clock.now)
        closing.callback(workspace.stop)
        say("Starting the service.")
        setup.make_keys(folder)
        settings = setup.configuration(
            folder,
            company.settings(),
            slack=workspace.settings(),
            port=wishes.port or spare_port(),
            playbooks=PLAYBOOKS,
        )
        service = create_service(settings, now=clock.now)
        setup.hire(service.store, made)
        door = DemoDoor(people=_visitors(service.desk.person, made), links=(("/demo/slack", "Slack"),))
        running = Running.begin(service, blueprints=(workspace.page(),), demo=door)
        closing.callback(running.end)
        workspace.deliver_to(running.url)
        yield Stage(
            world=made,
            company=company,
            clock=clock,
            service=service,
            slack=workspace,
            folder=folder,
            url=running.url,
            calendar=calendar,
            progress=Progress(folder / "progress.json"),
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two demonstrations in one folder would take each other's systems away."""
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyPlaying(
                f"A demonstration is running in {folder} already. Stop it, or take another --folder and --port."
            ) from error
        yield


def _remembered(wishes: Wishes, clock: TurnableClock) -> tuple[World, Calendar]:
    """The world and days of this folder: decided at the first start, kept ever after."""
    first = setup.remembered(
        wishes.folder / "story.json",
        seed=wishes.seed,
        leaning=wishes.leaning.value,
        start=clock.now().isoformat(timespec="seconds"),
    )
    start = datetime.fromisoformat(str(first["start"]))
    calendar = Calendar.after(start)
    leaning = Leaning(str(first["leaning"]))
    return world.make(int(first["seed"]), leaning, start.date(), calendar.end.date()), calendar


def _visitors(person: Callable[..., object], made: World) -> dict[str, str]:
    people = {}
    for role in VISITORS:
        figure = made.with_role(role)
        found = person(IdentityKind.SLACK, f"{setup.TEAM}/{setup.slack_user(figure)}")
        people[str(getattr(found, "id", ""))] = f"{figure.name} ({role})"
    return people


def scenes(*, to_the_end: bool) -> tuple[Scene, ...]:
    """The scenes that are played: a visitor keeps the last ones to play along."""
    return SCENES if to_the_end else SCENES[:TOLD_TO_VISITORS]
