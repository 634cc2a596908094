"""Alembic migrations of every table; `service.store.migrate` runs them."""
