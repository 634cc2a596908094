"""Whoever may not act at a door of the pages is refused there, and the engine is not even asked."""

from typing import Any

import pytest

from service.ledger.entry import LedgerEntry
from service.web.access import opens_for

#: Every door of the pages that changes something, and an address it opens at.
DOORS = {
    "/runs": "/runs",
    "/runs/R-<int(max=2147483647):number>": "/runs/R-1",
    "/runs/R-<int(max=2147483647):number>/steps/<step>": "/runs/R-1/steps/mailbox",
    "/runs/R-<int(max=2147483647):number>/accounts/<connector>": "/runs/R-1/accounts/chaos",
    "/runs/R-<int(max=2147483647):number>/undo": "/runs/R-1/undo",
    "/batches/B-<int(max=2147483647):number>": "/batches/B-1",
    "/batches/B-<int(max=2147483647):number>/runs": "/batches/B-1/runs",
    "/batches/B-<int(max=2147483647):number>/undo": "/batches/B-1/undo",
    "/departures/held": "/departures/held",
    "/playbooks/approve": "/playbooks/approve",
    "/drill": "/drill",
    "/stop": "/stop",
}
#: They are about the asker's own session.
ABOUT_ONESELF = {"/sign-in", "/sign-in/<token>", "/sign-out"}
FORM = {"verb": "pause", "because": "Because I would like that.", "reason": "Because I would like that."}


def doors(office: Any) -> set[str]:
    """Addresses that take a form and open by a session."""
    rules = [rule for rule in office.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    handlers = office.app.view_functions
    return {rule.rule for rule in rules if not isinstance(opens_for(handlers[rule.endpoint], rule.rule), str)}


def recorded(office: Any) -> int:
    with office.world.store.read() as session:
        return session.query(LedgerEntry).count()


def test_every_door_is_among_those_that_are_tried(office: Any) -> None:
    assert doors(office) - ABOUT_ONESELF == set(DOORS)


@pytest.mark.parametrize("who", ["auditor", "nobody"])
@pytest.mark.parametrize("address", DOORS.values())
def test_auditors_and_strangers_change_nothing_at_any_door(office: Any, address: str, who: str) -> None:
    office.run()
    client = office.browser(who)
    form = FORM | {"token": office.token(client)}
    before = recorded(office)

    sent = client.post(address, data=form)

    assert sent.status_code == 403
    assert "This needs one of the roles" in sent.text
    assert recorded(office) == before


@pytest.mark.parametrize("address", DOORS.values())
def test_the_leavers_session_opens_no_door_any_more(office: Any, address: str) -> None:
    mike = office.browser("mike")  # has the role it, and a session from before
    form = FORM | {"token": office.token(mike)}
    office.run()

    sent = mike.post(address, data=form)

    assert sent.status_code == 401
    assert office.world.bodies("session.closed")


@pytest.mark.parametrize("address", DOORS.values())
def test_whoever_has_not_signed_in_opens_no_door(office: Any, address: str) -> None:
    office.run()
    before = recorded(office)

    sent = office.browser().post(address, data=FORM)

    assert sent.status_code == 401
    assert recorded(office) == before
