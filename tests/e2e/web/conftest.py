"""Pages before a real server, and nobody else on the network."""

from tests.unit.web.conftest import office, server

__all__ = ["office", "server"]
