"""How both ends of a connection to PostgreSQL notice that the other one is silent for good.

A network that swallows everything says nothing: without these, whoever waits for an answer waits for as long as the
operating system does, which is hours, and the server keeps what a machine without power had locked.

As https://www.postgresql.org/docs/current/libpq-connect.html says, `keepalives_*` look after a connection on which
nothing is on its way, `tcp_user_timeout` (milliseconds) one on which something is; a system that does not know one of
them leaves it out, and over a Unix socket none has an effect.
"""

from typing import Any, Final

from sqlalchemy import URL

#: The first question after so many seconds of silence, the next ones so far apart, and so many are lost at most.
FIRST_S, NEXT_S, LOST = 5, 2, 3
#: What was sent and is not acknowledged by then never is.
SENT_MS: Final = 10_000
_OURS: Final = {
    "keepalives_idle": FIRST_S,
    "keepalives_interval": NEXT_S,
    "keepalives_count": LOST,
    "tcp_user_timeout": SENT_MS,
}
#: The server's end, as options of a session.
THEIRS: Final = (
    f"-c tcp_keepalives_idle={FIRST_S} -c tcp_keepalives_interval={NEXT_S} -c tcp_keepalives_count={LOST}"
)


def ours(url: URL) -> dict[str, Any]:
    """Our end, as the driver is told it; what the address itself says stands."""
    return {name: value for name, value in _OURS.items() if name not in url.query}
