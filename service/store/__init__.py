"""The database: one declarative base, one column type for time, sessions, migrations."""

from service.store.base import Base, UtcDateTime, insert_for, table_of, utc_now
from service.store.engine import Store
from service.store.prepared import Prepared

__all__ = ["Base", "Prepared", "Store", "UtcDateTime", "insert_for", "table_of", "utc_now"]
