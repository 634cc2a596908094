"""A connector's own tests use the same clock and the same real programs as all others."""

from tests.conftest import clock, pytest_runtest_setup

__all__ = ["clock", "pytest_runtest_setup"]
