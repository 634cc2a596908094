"""What goes with one call: the user as it was, the freeze, and the user as it is; all sessions and what is left."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.salesforce.tests.conftest import ANNA, MIKE
from connectors.sdk.errors import Refused, Unavailable
from connectors.sdk.types import Account, Expectation, Proof, Receipt

BATCH = r"/services/data/v64.0/composite/batch"
QUERY = "/services/data/v64.0/query"
LOGIN = r"/services/data/v64.0/sobjects/UserLogin/\w+"
DISABLED = "disable_account"


@pytest.fixture
def known(org: FakeSalesforce, salesforce: SalesforceConnector) -> Account:
    """Mike as the nightly roster knows him."""
    (mike,) = (each for each in salesforce.list_accounts() if each.identifiers.get("employee_no") == "E-1001")
    org.requests.clear()
    return mike


def test_a_user_of_the_roster_is_read_frozen_and_read_again_with_one_call(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account
) -> None:
    assert salesforce.reads_along(DISABLED, known)

    outcome = salesforce.disable_account(known)

    assert [request.method for request in org.requests] == ["POST"]
    assert outcome.changed
    assert outcome.before is not None
    assert outcome.before.attributes["IsFrozen"] is False
    assert {row["name"] for row in outcome.before.attributes["permission_sets"]} >= {"Sales Tools"}
    assert outcome.receipt == Receipt(before={"IsFrozen": False})
    assert outcome.evidence[0].body == {"IsFrozen": True, "before": False}


def test_who_was_frozen_before_us_is_not_ours_to_thaw(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account, open_salesforce: Any
) -> None:
    open_salesforce(org).disable_account(known)

    outcome = salesforce.disable_account(known)

    assert (outcome.changed, outcome.receipt) == (False, Receipt(before={}))
    assert outcome.before is not None
    assert outcome.before.attributes["IsFrozen"] is True


def test_where_an_earlier_attempt_may_have_frozen_nothing_is_written_once_more(
    org: FakeSalesforce, known: Account, open_salesforce: Any
) -> None:
    open_salesforce(org).disable_account(known)
    org.requests.clear()

    outcome = open_salesforce(org, again=True).disable_account(known)

    assert [request.method for request in org.requests] == ["GET", "GET"]
    assert (outcome.changed, outcome.receipt) == (False, Receipt(before={}))
    assert any("Sessions already open" in residual.what for residual in outcome.residual)


def test_nobody_is_frozen_whose_state_could_not_be_read(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account
) -> None:
    org.refusals[("GET", QUERY)] = [(403, "INSUFFICIENT_ACCESS")]

    with pytest.raises(Refused):
        salesforce.disable_account(known)

    assert org.effects == []


@pytest.mark.parametrize("status", [403, 400])
def test_a_freeze_that_is_refused_is_refused_though_the_reading_was_not(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account, status: int
) -> None:
    org.refusals[("PATCH", LOGIN)] = [(status, "INSUFFICIENT_ACCESS_OR_READONLY")]

    with pytest.raises(Refused):
        salesforce.disable_account(known)


@pytest.mark.parametrize(("status", "code"), [(500, "UNKNOWN_EXCEPTION"), (401, "INVALID_SESSION_ID")])
def test_a_freeze_that_was_carried_out_and_cannot_be_read_back_is_looked_for_before_it_is_repeated(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account, status: int, code: str
) -> None:
    org.refusals[("GET", LOGIN)] = [(status, code)]

    with pytest.raises(Unavailable) as lost:
        salesforce.disable_account(known)

    assert [effect["what"] for effect in org.effects] == ["UserLogin.IsFrozen"]
    assert lost.value.maybe_applied


def test_a_failure_inside_a_batch_of_readings_changed_nothing(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account
) -> None:
    org.refusals[("GET", QUERY)] = [(500, "UNKNOWN_EXCEPTION")]

    with pytest.raises(Unavailable) as failed:
        salesforce.disable_account(known)

    assert (failed.value.maybe_applied, org.effects) == (False, [])


def test_the_id_of_somebody_elses_login_is_noticed(salesforce: SalesforceConnector, known: Account) -> None:
    anna = next(
        each for each in salesforce.list_accounts() if each.identifiers.get("employee_no") == "E-1002"
    )

    with pytest.raises(Refused, match="not that of"):
        salesforce.disable_account(replace(known, refs=anna.refs))


def test_a_freeze_whose_answer_is_lost_may_have_been_made(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account
) -> None:
    org.faults.lose_answer_after_write = {BATCH: 1}

    with pytest.raises(Unavailable) as lost:
        salesforce.disable_account(known)

    assert lost.value.maybe_applied


@pytest.fixture
def busy(clock: Callable[[], datetime]) -> Iterator[FakeSalesforce]:
    with FakeSalesforce(now=clock) as fake:
        fake.seed([{**MIKE, "sessions": ["API"] * 60}, ANNA])
        yield fake


def test_sixty_sessions_are_ended_with_three_calls_and_nobody_elses(
    busy: FakeSalesforce, open_salesforce: Any
) -> None:
    salesforce = open_salesforce(busy)
    (mike,) = (each for each in salesforce.list_accounts() if each.identifiers.get("employee_no") == "E-1001")
    left = len(busy.state["sessions"]) - 60
    busy.requests.clear()

    outcome = salesforce.revoke_sessions(mike)

    assert outcome.evidence[0].body["before"] == 60
    assert [request.method for request in busy.requests] == ["GET", "POST", "POST", "POST"]
    assert len(busy.state["sessions"]) == left


@pytest.mark.parametrize("minutes", [5, 60])
def test_a_sign_in_just_before_the_freeze_is_none_after_it_and_a_later_one_is(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account, clock: Any, minutes: int
) -> None:
    org.shelf.add({"ts": clock(), "kind": "login"}, org.state["users"][known.id])
    clock.turn(seconds=5)
    salesforce.disable_account(known)
    clock.turn(minutes=minutes)

    before = [each.proof for each in salesforce.verify(known, Expectation.DISABLED)]
    org.shelf.add(
        {"ts": clock() - timedelta(minutes=minutes - 1), "kind": "login"}, org.state["users"][known.id]
    )
    after = [each.proof for each in salesforce.verify(known, Expectation.DISABLED)]

    assert before == [Proof.PROVEN, Proof.PROVEN]
    assert after == [Proof.PROVEN, Proof.CONTRADICTED]


def test_a_fresh_freeze_is_read_back_with_one_call(
    org: FakeSalesforce, salesforce: SalesforceConnector, known: Account
) -> None:
    salesforce.disable_account(known)
    org.requests.clear()

    salesforce.verify(known, Expectation.DISABLED)

    assert len(org.requests) == 1
