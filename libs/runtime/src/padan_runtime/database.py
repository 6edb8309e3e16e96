"""PostgreSQL: a pool that survives a restart of the server, and numbered SQL migrations."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool

from padan_runtime.logs import logger

_MIGRATION_LOCK = 0x7061_6461_6E01  # "padan" and the number of this lock


class MigrationError(RuntimeError):
    """A migration that was applied has changed since, or is missing from the code."""


class Database:
    """One database under one role. Connections are checked before use: a restarted server is not an error."""

    def __init__(self, url: str, *, name: str, size: int = 8) -> None:
        self.url = url
        self._pool: ConnectionPool[Connection[tuple[Any, ...]]] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=30,
            name=name,
            check=ConnectionPool.check_connection,
            kwargs={"application_name": name},
            open=False,
        )

    def open(self) -> None:
        """Open the pool; waits up to 30 s for the server."""
        self._pool.open(wait=True, timeout=30)

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection[tuple[Any, ...]]]:
        """A connection inside one transaction: committed at the end, rolled back by an exception."""
        with self._pool.connection() as connection, connection.transaction():
            yield connection

    def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            with self._pool.connection(timeout=2) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, TimeoutError):
            return False
        return True


def migrate(owner_url: str, packages: Sequence[str], *, grant_to: str) -> int:
    """Apply the SQL files of each package's `migrations` folder that are not applied yet; return how many.

    Files are named `NNNN_what.sql` and never change once applied (their digest is kept). One transaction for each,
    one migrator at a time. Afterwards the run-time role `grant_to` may read and write every table, but can neither
    change nor remove what stands in a log. Raises `MigrationError`.
    """
    applied = 0
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (package text, number integer, name text NOT NULL, "
            "digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (package, number))"
        )
        for package in packages:
            applied_before = connection.execute(
                "SELECT number, digest FROM migration WHERE package = %s", [package]
            ).fetchall()
            known: dict[int, str] = dict(applied_before)
            for file in sorted(files(package).joinpath("migrations").iterdir(), key=lambda f: f.name):
                if not file.name.endswith(".sql"):
                    continue
                text, number = file.read_text(encoding="utf-8"), int(file.name.split("_", 1)[0])
                digest = hashlib.sha256(text.encode()).hexdigest()
                if number in known:
                    if known.pop(number) != digest:
                        raise MigrationError(f"{package} {file.name} was changed after it had been applied")
                    continue
                with connection.transaction():
                    connection.execute(text.encode())
                    connection.execute(
                        "INSERT INTO migration (package, number, name, digest) VALUES (%s, %s, %s, %s)",
                        [package, number, file.name, digest],
                    )
                applied += 1
            if known:
                raise MigrationError(f"{package}: migrations {sorted(known)} were applied but are not in the code")
        _grant(connection, grant_to)
    if applied:
        logger().info("migrated", count=applied)
    return applied


def _grant(connection: Connection[tuple[Any, ...]], role: str) -> None:
    name = sql.Identifier(role)
    with connection.transaction():
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}",
            "REVOKE INSERT, UPDATE, DELETE ON migration FROM {}",
        ):
            connection.execute(sql.SQL(statement).format(name))
        logs = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname LIKE 'log\\_%\\_v1%'"
        ).fetchall()
        for (table,) in logs:
            connection.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), name)
            )
