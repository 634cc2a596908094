"""What whoever writes into Slack's channels needs: where to, as whom, and by which clocks."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from service.engine.desk import Desk
from service.slack.api import SlackApi
from service.slack.look import Look

#: How far before our own intent a post is looked for: the machine's clock may have been set wrong by hours meanwhile.
CLOCKS_DIFFER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One workspace and two of its channels.

    Args:
        channel: Where checklists stand.
        fallback_channel: Where those go whose leaver reads the first; empty for nowhere.
        real_now: The real time, for comparing with Slack's.
        ticking: Seconds that only grow.
    """

    desk: Desk
    api: SlackApi
    look: Look
    team: str
    channel: str
    fallback_channel: str
    real_now: Callable[[], datetime]
    ticking: Callable[[], float] = time.monotonic

    @property
    def channels(self) -> tuple[str, ...]:
        """Both, as far as they are set, in the order in which they are tried."""
        return tuple(filter(None, (self.channel, self.fallback_channel)))


def before(tried_at: datetime) -> float:
    """From when on a post is looked for that was tried then, as Slack counts."""
    return (tried_at - CLOCKS_DIFFER).timestamp()
