"""PostgreSQL: a pool that survives a restart of the server, and numbered SQL migrations."""

import hashlib
import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool

from padan_runtime.logs import logger
from padan_runtime.same_server import SameServer

GENERIC_PLANS = "-c plan_cache_mode=force_generic_plan"
_MIGRATION_LOCK = 0x7061_6461_6E01  # "padan" and the number of this lock


class MigrationError(RuntimeError):
    """A migration that was applied has changed since, or is missing from the code."""


class NotMigratedError(MigrationError):
    """Migrations of this code were not applied yet; the message names them."""


class LimitExceededError(RuntimeError):
    """A statement beyond what the server can do (SQLSTATE class 54). psycopg takes it for an `OperationalError`, as a
    server that is away; but to try it again never helps."""


class Database:
    """One database under one role. Connections are checked before use: a restarted server is not an error.

    A transaction in which nothing happens for `idle_transaction_s` is ended by the server. With `server` every
    connection leads to the server and timeline of the first one, or is not handed out. `generic_plans` plans each
    statement once for a connection and not anew for its parameters: a log has 24 partitions, so that a plan costs five
    times what it takes to read the events of a household by it.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        size: int = 8,
        idle_transaction_s: float = 60.0,
        server: SameServer | None = None,
        generic_plans: bool = False,
    ) -> None:
        self.url = url
        plans = f" {GENERIC_PLANS}" if generic_plans else ""
        self._pool: ConnectionPool[Connection[tuple[Any, ...]]] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=30,
            name=name,
            check=_check,
            configure=None if server is None else server.check,
            kwargs={
                "application_name": name,
                # A server that fell silent is away, not slow: as soon as nothing that is sent is acknowledged any more.
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 15_000,
                # A process that sleeps inside a transaction would hold its locks, and so its shards, without end.
                "options": f"-c idle_in_transaction_session_timeout={round(idle_transaction_s * 1000)}{plans}",
            },
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
        """A connection inside one transaction: committed at the end, rolled back by an exception.

        Raises `LimitExceededError`, and psycopg's errors.
        """
        with _limits(), self._pool.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def statement(self) -> Iterator[Connection[tuple[Any, ...]]]:
        """A connection on which each statement is a transaction of its own: one round trip where `transaction` takes
        three. For a single statement. Raises `LimitExceededError`, and psycopg's errors.
        """
        with _limits(), self._pool.connection() as connection:
            connection.autocommit = True
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.autocommit = False

    def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            with self._pool.connection(timeout=2) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, TimeoutError):
            return False
        return True


@contextmanager
def _limits() -> Iterator[None]:
    """Tell a statement beyond what the server can do from a server that is away."""
    try:
        yield
    except psycopg.OperationalError as error:
        if (error.sqlstate or "").startswith("54"):
            raise LimitExceededError(error.sqlstate).with_traceback(error.__traceback__) from error
        raise


def _check(connection: Connection[Any]) -> None:
    """Raise where the server has left an idle connection. It says so on the socket, so that only a connection with
    something to read is asked: a question before each transaction would cost a round trip.
    """
    quiet = select.poll()
    quiet.register(connection.fileno(), select.POLLIN)
    if quiet.poll(0):
        ConnectionPool.check_connection(connection)


def migrate(owner_url: str, packages: Sequence[str], *, grant_to: str) -> int:
    """Apply the SQL files of each package's `migrations` folder that are not applied yet; return how many.

    Files are named `NNNN_what.sql` and never change once applied (their digest is kept). One transaction for each,
    one migrator at a time. Afterwards the run-time role `grant_to` may read and write every table, but can neither
    change nor remove what stands in a log, or what operators did. Raises `MigrationError`.
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
            for number, name, text in _migrations(package):
                if number in known:
                    if known.pop(number) != _digest(text):
                        raise MigrationError(f"{package} {name} was changed after it had been applied")
                    continue
                with connection.transaction():
                    connection.execute(text.encode())
                    connection.execute(
                        "INSERT INTO migration (package, number, name, digest) VALUES (%s, %s, %s, %s)",
                        [package, number, name, _digest(text)],
                    )
                applied += 1
            if known:
                raise MigrationError(f"{package}: migrations {sorted(known)} were applied but are not in the code")
        _grant(connection, grant_to)
    if applied:
        logger().info("migrated", count=applied)
    return applied


def require_migrated(url: str, packages: Sequence[str]) -> None:
    """Check, as the run-time role, that every migration of these packages was applied as this code has it.

    Migrations this code does not know are another version's that is being rolled out: they only add, so they are let
    be. Raises `NotMigratedError`, `MigrationError` (one was changed) and psycopg's errors.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        try:
            applied = connection.execute("SELECT package, number, digest FROM migration").fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            applied = []
    digests = {(package, number): digest for package, number, digest in applied}
    missing = []
    for package in packages:
        for number, name, text in _migrations(package):
            digest = digests.get((package, number))
            if digest is None:
                missing.append(f"{package} {name}")
            elif digest != _digest(text):
                raise MigrationError(f"{package} {name} was changed after it had been applied")
    if missing:
        raise NotMigratedError(f"missing {', '.join(missing)}")


def _migrations(package: str) -> list[tuple[int, str, str]]:
    """Number, file name and text of each migration of a package, in order."""
    found = [file for file in files(package).joinpath("migrations").iterdir() if file.name.endswith(".sql")]
    return sorted((int(file.name.split("_", 1)[0]), file.name, file.read_text(encoding="utf-8")) for file in found)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


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
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND (relname LIKE 'log\\_%\\_v1%' OR relname = 'operator_action')"
        ).fetchall()
        for (table,) in logs:
            connection.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), name)
            )
