"""A network that swallows everything: both ends notice within seconds, and neither waits for hours."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from service.engine import messages
from service.store import Store
from tests.integration.faults.wire import Wire

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(60)]

NOTICED_WITHIN_S = 15.0
SLEEP = "SELECT pg_sleep(50) AS slept"


@contextmanager
def swallowed(cable: Wire, *, after_s: float = 0.0) -> Iterator[None]:
    """What is open is swallowed, and whoever is in here notices in time; whoever does not is cut off at last."""
    swallow, cut = threading.Timer(after_s, cable.swallow), threading.Timer(after_s + 20, cable.cut)
    swallow.start()
    cut.start()
    if not after_s:
        swallow.join()
    began = time.monotonic() + after_s
    try:
        yield
    finally:
        cut.cancel()
    assert time.monotonic() - began < NOTICED_WITHIN_S


def test_a_query_whose_answer_never_comes_is_an_error_within_seconds(wire: tuple[Wire, str]) -> None:
    cable, url = wire

    with (
        closing(Store(url)) as store,
        swallowed(cable, after_s=1),
        pytest.raises(OperationalError),
        store.read() as session,
    ):
        session.execute(text(SLEEP))


def test_a_query_that_never_arrives_goes_over_another_connection_within_seconds(
    wire: tuple[Wire, str],
) -> None:
    cable, url = wire
    with closing(Store(url)) as store:
        with store.read() as session:
            session.execute(text("SELECT 1"))

        with swallowed(cable), store.read() as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_what_receives_messages_notices_it_as_well(wire: tuple[Wire, str]) -> None:
    cable, url = wire

    async def receive() -> None:
        app = messages.receiver(make_url(url), most=1)
        async with app.open_async():
            await app.connector.execute_query_one_async(SLEEP)

    with swallowed(cable, after_s=2), pytest.raises(ConnectorException):
        asyncio.run(receive())


def test_what_a_machine_without_power_had_locked_is_free_within_seconds(wire: tuple[Wire, str]) -> None:
    cable, url = wire
    with closing(Store(url)) as gone, closing(Store(url)) as another:
        held = gone.alone("work")
        assert held.__enter__()

        with swallowed(cable):
            while not gets(another, "work"):
                time.sleep(0.2)

        with pytest.raises(OperationalError):
            held.__exit__(None, None, None)


def gets(store: Store, name: str) -> bool:
    with store.alone(name) as mine:
        return mine
