"""Database triggers that stop the application from rewriting the record by accident.

A seat belt only: the owner of the database can take it off. Noticing that is the tree's business.
The statements are constants, so that a migration makes exactly what `metadata.create_all` makes.
"""

from collections.abc import Mapping

from sqlalchemy import DDL, Table, event

_SAYS = "the ledger is append-only"

_ONLY_GROWS = """\
CREATE OR REPLACE FUNCTION exeunt_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$"""


def _sqlite(table: str, what: str, when: str = "") -> str:
    condition = f" WHEN {when}" if when else ""
    return (
        f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table}{condition} "
        f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
    )


def _postgres(table: str, what: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE {what} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION exeunt_append_only()"
    )


_HEAD_SHRINKS = (
    "CREATE TRIGGER ledger_head_shrinks BEFORE UPDATE ON ledger_head FOR EACH ROW "
    "WHEN (NEW.size <= OLD.size OR NEW.id <> OLD.id) EXECUTE FUNCTION exeunt_append_only()"
)

#: By table and dialect, in the order in which they run once the tables are there.
STATEMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ledger": {
        "sqlite": (_sqlite("ledger", "UPDATE"), _sqlite("ledger", "DELETE")),
        "postgresql": (_ONLY_GROWS, _postgres("ledger", "UPDATE OR DELETE OR TRUNCATE")),
    },
    "ledger_head": {
        "sqlite": (
            "INSERT INTO ledger_head (id, size, edge) VALUES (1, 0, x'')",
            _sqlite("ledger_head", "UPDATE", "NEW.size <= OLD.size OR NEW.id <> OLD.id"),
            _sqlite("ledger_head", "DELETE"),
        ),
        "postgresql": (
            "INSERT INTO ledger_head (id, size, edge) VALUES (1, 0, CAST('' AS bytea))",
            _ONLY_GROWS,
            _postgres("ledger_head", "DELETE OR TRUNCATE"),
            _HEAD_SHRINKS,
        ),
    },
    "checkpoints": {
        "sqlite": (_sqlite("checkpoints", "UPDATE"), _sqlite("checkpoints", "DELETE")),
        "postgresql": (_ONLY_GROWS, _postgres("checkpoints", "UPDATE OR DELETE OR TRUNCATE")),
    },
    "subject_keys": {  # a key may be destroyed, never exchanged
        "sqlite": (_sqlite("subject_keys", "UPDATE"),),
        "postgresql": (_ONLY_GROWS, _postgres("subject_keys", "UPDATE")),
    },
}

#: What remains on PostgreSQL when the tables are dropped.
POSTGRES_DOWNGRADE = "DROP FUNCTION IF EXISTS exeunt_append_only()"


def fasten(table: object) -> None:
    """Run the table's statements whenever SQLAlchemy creates it."""
    if not isinstance(table, Table):
        raise TypeError("Only a table can be fastened.")
    for dialect, statements in STATEMENTS[table.name].items():
        for statement in statements:
            ddl = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy 2.1 left it without types
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
