"""People with rights of their own in the target systems, who know nothing of us: they open, shut and give away."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.ldap.company import group_dn as directory_group
from connectors.ldap.company import login_dn
from connectors.ldap.fake_tree import node, plain
from connectors.salesforce.fake_org import IMPORTER
from connectors.salesforce.fake_soql import stamp
from connectors.sdk.fakes.server import HttpFake
from tests.integration.faults import company
from tests.integration.faults.company import Company
from tests.integration.faults.groups import IN, MEMBER, OUT
from tests.integration.faults.others import OTHERS, OWNER

#: What somebody else writes on an account that is to stay shut.
MARK: Final = "security"
#: So many seconds, at most, between two changes.
BETWEEN_S: Final = 1.2


@dataclass(slots=True)
class Strangers:
    """They change something every now and then, until the storm is over."""

    opened: Company
    seed: int
    count: int = 0
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed}/strangers")  # noqa: S311

    def __call__(self, over: threading.Event) -> None:
        acts: tuple[Callable[[], None], ...] = (
            self._account,
            self._account,
            self._user,
            self._user,
            self._mark,
        )
        while not over.wait(self.dice.uniform(0.1, BETWEEN_S)):
            self.dice.choice(acts)()

    def _account(self) -> None:
        """An account is opened that is shut, or the other way round."""
        account = self._one(self.opened.chaos, "accounts")
        self._change(
            self.opened.chaos, account, "account.active", account["id"], active=not account["active"]
        )

    def _mark(self) -> None:
        """An account is to stay shut, for a reason that is none of ours."""
        account = self._one(self.opened.chaos, "accounts")
        if account["active"]:
            self._change(self.opened.chaos, account, "account.active", account["id"], active=False)
        if account["blocked_by"] != MARK:
            self._change(self.opened.chaos, account, "account.blocked_by", account["id"], blocked_by=MARK)

    def _user(self) -> None:
        """A user is thawed or frozen."""
        user = self._one(self.opened.crm, "users")
        if user["EmployeeNumber"] not in self.opened.numbers:
            return
        login = next(r for r in self.opened.crm.state["user_logins"].values() if r["UserId"] == user["Id"])
        now = stamp(self.opened.crm.now().replace(microsecond=0))
        change = {"IsFrozen": not login["IsFrozen"], "LastModifiedDate": now, "LastModifiedById": IMPORTER}
        self._change(self.opened.crm, login, "UserLogin.IsFrozen", user["Id"], **change)

    def _device(self) -> None:
        """A device is given to somebody who comes, or to a colleague, who may leave as well."""
        serial = company.serial_of(self.dice.choice(self.opened.numbers))
        to = self.dice.choice((company.NEWCOMER, *self.opened.numbers))
        with self.opened.intune.lock:
            self.opened.intune.hand_over(serial, email=company.email_of(to))
            self._change(self.opened.intune, {}, OWNER, serial, whose=to)

    def _group(self) -> None:
        """Somebody is put into a group, or taken out of it."""
        person, group = self.dice.choice(self.opened.numbers), self.dice.choice(company.GROUPS)
        directory = self.opened.directory
        with directory.lock:
            was, entry = is_in(directory, person, group), directory.entry(directory_group(group))
            members = [
                each for each in entry.values("member") if plain(each.decode()) != plain(login_of(person))
            ]
            if not was:
                members.append(login_of(person).encode())
            self.count += 1
            told = {"at": directory.now().isoformat(), "what": MEMBER, "target": f"{person}/{group}"}
            after = {**dict(entry.attributes.values()), "member": members}
            effect = {**told, "key": f"{OTHERS}{self.count}", "to": OUT if was else IN}
            directory.tree.put(node(entry.dn, after), effect=effect)

    def _one(self, fake: HttpFake, table: str) -> Any:
        """Any, or as often one that we have changed: there it matters."""
        rows = fake.state[table]
        with fake.lock:
            ours = sorted({each["target"] for each in fake.effects if not each["key"].startswith(OTHERS)})
        some = [each for each in ours if each in rows] if self.dice.random() < 0.5 else []
        return rows[self.dice.choice(some or sorted(rows))]

    def _change(
        self, fake: HttpFake, row: dict[str, Any], what: str, target: str, *, whose: str = "", **to: Any
    ) -> None:
        """As a console of the system's own would: at once, and by nobody's order of ours."""
        with fake.lock:
            self.count += 1
            told = {"at": fake.now().isoformat(), "what": what, "target": target, "to": whose}
            fake.effects.append({**told, "key": f"{OTHERS}{self.count}"})
            row |= to
            fake.save()


def login_of(person: str) -> str:
    """Where somebody's entry stands in the directory."""
    return login_dn(company.seed(person))


def is_in(directory: Any, person: str, group: str) -> bool:
    """Whether somebody is in a group of the directory."""
    entry = directory.entry(directory_group(group))
    return plain(login_of(person)) in {plain(each.decode()) for each in entry.values("member")}
