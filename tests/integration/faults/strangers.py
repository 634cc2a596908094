"""People with rights of their own in the target systems, who know nothing of us: they open, shut and give away."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.salesforce.fake_soql import stamp
from connectors.sdk.fakes.server import HttpFake
from tests.integration.faults import company
from tests.integration.faults.company import Company
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
        account = self._one(self.opened.chaos.state["accounts"])
        self._change(
            self.opened.chaos, account, "account.active", account["id"], active=not account["active"]
        )

    def _mark(self) -> None:
        """An account is to stay shut, for a reason that is none of ours."""
        account = self._one(self.opened.chaos.state["accounts"])
        if account["active"]:
            self._change(self.opened.chaos, account, "account.active", account["id"], active=False)
        if account["blocked_by"] != MARK:
            self._change(self.opened.chaos, account, "account.blocked_by", account["id"], blocked_by=MARK)

    def _user(self) -> None:
        """A user is thawed or frozen."""
        user = self._one(self.opened.crm.state["users"])
        if user["EmployeeNumber"] not in self.opened.numbers:
            return
        login = next(r for r in self.opened.crm.state["user_logins"].values() if r["UserId"] == user["Id"])
        now = stamp(self.opened.crm.now().replace(microsecond=0))
        change = {"IsFrozen": not login["IsFrozen"], "LastModifiedDate": now}
        self._change(self.opened.crm, login, "UserLogin.IsFrozen", user["Id"], **change)

    def _device(self) -> None:
        """A device is given to somebody who comes, or to a colleague, who may leave as well."""
        serial = company.serial_of(self.dice.choice(self.opened.numbers))
        to = self.dice.choice((company.NEWCOMER, *self.opened.numbers))
        with self.opened.intune.lock:
            self.opened.intune.hand_over(serial, email=company.email_of(to))
            self._change(self.opened.intune, {}, OWNER, serial, whose=to)

    def _one(self, rows: dict[str, Any]) -> Any:
        return rows[self.dice.choice(sorted(rows))]

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
