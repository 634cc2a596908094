"""Sixty made-up people and what they did with customer data for ninety days, from a seed."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

ZONE = "Europe/Stockholm"
PEOPLE = 60
PAST_DAYS = 95
AFTER_DAYS = 30
DOMAIN = "northwind.example"
MANAGER = "E-1007"

_FIRST = (
    "Ada Alba Amir Anders Anja Bo Carla Chen Dana Diego Edda Elif Emil Esra Femi Finn Frida Gita Hugo Ida Ines "
    "Jana Jonas Kaja Karim Lars Lea Linus Lotta Maja Malik Mara Mila Nadia Nils Nora Olga Omar Oskar Petra Pia "
    "Priya Rafa Rosa Samir Selma Sven Tara Tilda Tomas Uma Viggo Vera Wei Yara Zoe Ylva Zara Enzo Romy"
)
_LAST = (
    "Ahlberg Bauer Castro Dahl Engel Farouk Grahn Haas Ivers Jansen Kaya Lind Moreau Nair Okafor Palm Quist "
    "Rossi Sato Thorn Ueda Varga Winter Xu Young Zander Berg Costa Dietz Eriksen"
)


class Leaning(StrEnum):
    """What the leaver of the story does before the last day."""

    GUILTY = "guilty"
    QUIET = "quiet"
    BLIND = "blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A made-up person. `books` is about how many records one of their usual exports holds."""

    number: str
    name: str
    username: str
    department: str
    title: str
    hired_on: date
    manager: str = ""
    books: int = 0
    roles: tuple[str, ...] = ()
    devices: tuple[Mapping[str, Any], ...] = ()

    @property
    def email(self) -> str:
        """Their address at work."""
        return f"{self.username}@{DOMAIN}"

    @property
    def password(self) -> str:
        """What they type, everywhere; made up, like the person."""
        return f"{self.username} at {self.number}"

    def seed(self) -> dict[str, Any]:
        """As the fakes want to know them."""
        return {
            "employee_no": self.number,
            "email": self.email,
            "username": self.username,
            "password": self.password,
            "display_name": self.name,
            "title": self.title,
            "department": self.department,
            "manager_employee_no": self.manager or None,
            "hired_on": self.hired_on.isoformat(),
            "groups": [self.department, "vpn", "crm-users"] if self.books else ["vpn"],
            "devices": list(self.devices),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The company on the day the story begins."""

    seed: int
    leaning: Leaning
    today: date
    last_day: date
    people: tuple[Figure, ...]
    records: Mapping[str, int]

    @property
    def leaver(self) -> Figure:
        """Mike."""
        return self.people[0]

    def with_role(self, role: str) -> Figure:
        """The first person who has a role here."""
        return next(person for person in self.people if role in person.roles)

    def activity(self) -> Iterator[dict[str, Any]]:
        """What everybody does: sign-ins, reports, now and then an export of one's own book.

        Days to come are among it: the CRM shows none of it before its time. The leaver's ends with their last day.
        """
        dice = random.Random(f"{self.seed}/activity")  # noqa: S311  a story, not a secret
        for n in range(-PAST_DAYS, (self.last_day - self.today).days + AFTER_DAYS):
            day = self.today + timedelta(days=n)
            yield _collection(day)
            if day.weekday() > 4:  # noqa: PLR2004  Saturday and Sunday
                continue
            for person in self.people:
                if person is not self.leaver or day <= self.last_day:
                    yield from _a_day(person, day, dice)


def make(seed: int, leaning: Leaning, today: date, last_day: date) -> World:
    """A company. The same seed, leaning and days give the same one."""
    dice = random.Random(f"{seed}/people")  # noqa: S311
    names = [f"{first} {last}" for first in _FIRST.split() for last in _LAST.split()]
    dice.shuffle(names)
    people = [*_cast(dice, today), *_crowd(names, dice, today)][:PEOPLE]
    total = dice.randrange(24_000, 48_000)
    contacts = round(total * 0.7)
    records = {"Account": total - contacts, "Contact": contacts, "Lead": dice.randrange(1_000, 4_000)}
    return World(
        seed=seed, leaning=leaning, today=today, last_day=last_day, people=tuple(people), records=records
    )


#: Who has a part in the story besides the leaver: number, name, department, title, roles.
_PARTS = (
    ("E-1003", "Hanna Ek", "People", "HR Partner", ("hr",)),
    ("E-1004", "Ivan Petrov", "IT", "IT Engineer", ("it",)),
    ("E-1005", "Ada Lind", "Audit", "Internal Auditor", ("auditor",)),
    ("E-1006", "Kai Berg", "IT", "Head of IT", ("it", "approver", "admin")),
    (MANAGER, "Sara Ek", "Sales", "Head of Sales", ()),
)


def _cast(dice: random.Random, today: date) -> Iterator[Figure]:
    """The leaver first, then everybody else with a part in the story."""
    laptop = {
        "serial": f"C02X{dice.randrange(1000, 9999)}",
        "name": "Mike's laptop",
        "platform": "macOS",
        "encrypted": True,
        "escrowed": True,
        "online": False,
    }
    yield Figure(
        number="E-1042",
        name="Mike Dalton",
        username="mike.dalton",
        department="Sales",
        title="Account Executive",
        hired_on=today - timedelta(days=dice.randrange(500, 3000)),
        manager=MANAGER,
        books=dice.randrange(120, 420),
        devices=(laptop,),
    )
    for number, name, department, title, roles in _PARTS:
        yield Figure(
            number=number,
            name=name,
            username=name.lower().replace(" ", "."),
            department=department,
            title=title,
            hired_on=today - timedelta(days=dice.randrange(500, 3000)),
            books=dice.randrange(200, 400) if department == "Sales" else 0,
            roles=roles,
        )


def _crowd(names: list[str], dice: random.Random, today: date) -> Iterator[Figure]:
    departments = (("Sales", "Account Executive", True), ("Sales", "Sales Development", True))
    others = (
        ("Engineering", "Engineer", False),
        ("Finance", "Controller", False),
        ("Support", "Agent", True),
    )
    taken: set[str] = set()
    for place, name in enumerate(names):
        username = name.lower().replace(" ", ".")
        if username in taken:
            continue
        taken.add(username)
        department, title, sells = dice.choice(departments + others)
        yield Figure(
            number=f"E-{1100 + place}",
            name=name,
            username=username,
            department=department,
            title=title,
            hired_on=today - timedelta(days=dice.randrange(200, 3600)),
            manager=MANAGER if department == "Sales" else "E-1006",
            books=dice.randrange(60, 420) if sells else 0,
        )


def _collection(day: date) -> dict[str, Any]:
    """What our own nightly collection leaves in the log: one known event a day, which proves the log is alive."""
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    return {"ts": at, "employee_no": "integration", "kind": "api_query", "object": "User", "rows": 1}


def _a_day(person: Figure, day: date, dice: random.Random) -> Iterator[dict[str, Any]]:
    if not person.books or dice.random() < 0.12:  # noqa: PLR2004  a day off
        return
    morning = datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    at = morning + timedelta(minutes=dice.randrange(90))
    common = {"employee_no": person.number, "ip": f"192.0.2.{10 + int(person.number[-2:])}"}
    yield {**common, "ts": at, "kind": "login"}
    for _ in range(dice.randrange(1, 4)):
        at += timedelta(minutes=dice.randrange(20, 120))
        yield {
            **common,
            "ts": at,
            "kind": "report_run",
            "rows": dice.randrange(20, 400),
            "report": "Pipeline",
        }
    if day.weekday() == int(person.number[-1]) % 5:  # everybody has a day for their own book
        rows = max(5, round(person.books * dice.uniform(0.55, 0.65)))
        at += timedelta(minutes=dice.randrange(20, 120))
        yield {**common, "ts": at, "kind": "report_export", "rows": rows, "report": "My accounts"}
