"""The tables that are built beside the live ones: in a schema of their own, unlogged, without secondary indexes."""

import contextlib
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection, sql

from padan_runtime.rebuild.view import Table

_LOCK = 0x7061_6461_6E04


class AlreadyRunningError(RuntimeError):
    """Another rebuild of this view is under way."""


def schema_of(view: str) -> str:
    """The schema in which a view is built."""
    return "rebuild_" + view.replace(".", "_").replace("-", "_")


class Shadow:
    """Made and dropped by the owner of the database; what a killed rebuild left is dropped by the next."""

    def __init__(self, owner_url: str, schema: str, tables: Sequence[Table], role: str) -> None:
        self._schema, self._tables, self._role = schema, tables, role
        self._owner: Connection[Any] = psycopg.connect(owner_url, autocommit=True, application_name="rebuild-owner")

    def create(self) -> None:
        """Create the empty tables. Raises `AlreadyRunningError`."""
        locked = self._owner.execute(
            "SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK & 0x7FFFFFFF, self._schema]
        )
        if locked.fetchone() != (True,):
            self._owner.close()
            raise AlreadyRunningError(self._schema)
        schema, role = sql.Identifier(self._schema), sql.Identifier(self._role)
        with self._owner.transaction():
            self._execute("DROP SCHEMA IF EXISTS {} CASCADE", schema)
            self._execute("CREATE SCHEMA {}", schema)
            for table in self._tables:
                name = sql.Identifier(self._schema, table.name)
                live = sql.Identifier("public", table.name)
                self._execute("CREATE UNLOGGED TABLE {} (LIKE {} INCLUDING ALL)", name, live)
            indexes = self._owner.execute(
                "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND NOT i.indisunique",
                [self._schema],
            ).fetchall()
            for (index,) in indexes:
                self._execute("DROP INDEX {}", sql.Identifier(self._schema, index))
            self._execute("GRANT USAGE ON SCHEMA {} TO {}", schema, role)
            self._execute("GRANT ALL ON ALL TABLES IN SCHEMA {} TO {}", schema, role)

    def analyze(self) -> None:
        """Let the planner know what was built."""
        for table in self._tables:
            self._execute("ANALYZE {}", sql.Identifier(self._schema, table.name))

    def drop(self) -> None:
        """Remove the tables, and let another rebuild begin; where the server is gone, the next one removes them."""
        with contextlib.suppress(psycopg.OperationalError):
            self._execute("DROP SCHEMA IF EXISTS {} CASCADE", sql.Identifier(self._schema))
            # By itself: the server ends a session some time after its client has gone, and the next rebuild is at once.
            self._owner.execute("SELECT pg_advisory_unlock_all()")
        self._owner.close()

    def _execute(self, statement: Any, *names: sql.Composable) -> None:
        self._owner.execute(sql.SQL(statement).format(*names))
