"""The pages, for whoever attacks them."""

from tests.unit.web.conftest import keys, office

__all__ = ["keys", "office"]
