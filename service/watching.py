"""Who looks for what is stuck, over all rooms: runs and departures, the engine, and whoever follows the ledger."""

from collections.abc import Callable
from datetime import datetime

from service.engine.alarms import Alarms
from service.engine.deliverer import Deliverer
from service.engine.stuck import Behind, More, Watch
from service.intake import look_up, unread
from service.ledger.sink import unpublished_since
from service.nights import Nights
from service.settings import Settings, SlackMode
from service.store import Store


def alarms_of(
    store: Store, engine: Deliverer, settings: Settings, nights: Nights, *, now: Callable[[], datetime]
) -> Alarms:
    """What raises an alarm here, and ends it."""
    readers: dict[str, Behind] = {
        "A look-up in the HR system": look_up.behind_since,
        "The checkpoints' copy outside": lambda session: unpublished_since(session, "file"),
    }
    more: list[More] = [lambda session: unread.told(session, now=now()), nights.missed]
    if settings.slack.mode is not SlackMode.OFF:
        from service.slack.alarms import (  # Slack's room is loaded where it is set up
            behind_since,
            deaf,
            kept_back,
            refused,
        )

        readers["Slack"] = behind_since
        more += [kept_back, refused]
        if settings.slack.mode is SlackMode.SOCKET:
            more.append(lambda session: deaf(session, now=now()))
    watch = Watch(
        last_cycle_at=lambda: engine.last_cycle_at,
        readers=readers,
        drill_every=settings.drill.every,
        more=more,
    )
    return Alarms(store=store, watch=watch, now=now)
