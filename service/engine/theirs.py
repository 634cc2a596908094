"""Which of the accounts that a look-up found are known not to be the leaver's: nothing is done to those."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.types import Account
from service.departures.departure import Departure
from service.departures.questions import said_no
from service.engine.executor import Theirs
from service.engine.order import Order
from service.people.account_link import of_others
from service.store import Store


def theirs_reader(store: Store) -> Theirs:
    """Called from the worker's thread where no link says which accounts are the leaver's."""

    def theirs(order: Order, found: Collection[Account]) -> frozenset[str]:
        with store.read() as session:
            leaver = session.scalar(select(Departure.person_id).where(Departure.id == order.departure_id))
            return not_of(session, leaver or "", order.connector, [account.id for account in found])

    return theirs


def not_of(session: Session, person_id: str, connector: str, accounts: Collection[str]) -> frozenset[str]:
    """Those of the accounts that are somebody else's, or of which a person said that they are not this one's."""
    no = said_no(session, person_id, connector).intersection(accounts)
    return of_others(session, person_id, connector, accounts) | no
