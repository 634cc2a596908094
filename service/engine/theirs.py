"""Which of the accounts that a look-up found are known to be somebody else's: nothing is done to those."""

from collections.abc import Collection

from sqlalchemy import select

from connectors.sdk.types import Account
from service.departures.departure import Departure
from service.engine.executor import Theirs
from service.engine.order import Order
from service.people.account_link import of_others
from service.store import Store


def theirs_reader(store: Store) -> Theirs:
    """Called from the worker's thread where no link says which accounts are the leaver's."""

    def theirs(order: Order, found: Collection[Account]) -> frozenset[str]:
        with store.read() as session:
            leaver = session.scalar(select(Departure.person_id).where(Departure.id == order.departure_id))
            return of_others(session, leaver or "", order.connector, [account.id for account in found])

    return theirs
