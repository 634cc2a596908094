"""The pages, for whoever attacks them."""

from tests.unit.web.conftest import office, server

__all__ = ["office", "server"]
