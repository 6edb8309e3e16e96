"""The pool on a real PostgreSQL: what its connections look like when they come back, and what its errors mean."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg
import pytest
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_runtime.database import Database, LimitExceededError
from psycopg import Connection

Begun = Callable[[Database], AbstractContextManager[Connection[tuple[object, ...]]]]
BOTH_WAYS = pytest.mark.parametrize(
    "begun", [Database.transaction, Database.statement], ids=["transaction", "statement"]
)


@pytest.fixture
def database(make_database: MakeDatabase) -> Iterator[Database]:
    """With one connection, so that whoever comes next gets the one that was used before."""
    url, _ = make_database("household", ())
    opened = Database(url, name="test", size=1)
    opened.open()
    yield opened
    opened.close()


@BOTH_WAYS
def test_what_the_server_cannot_do_is_told_from_a_server_that_is_away(database: Database, begun: Begun) -> None:
    with pytest.raises(LimitExceededError, match="54000"), begun(database) as connection:
        connection.execute("SELECT array_fill(0, ARRAY[1000000000])")
    with begun(database) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@BOTH_WAYS
def test_a_connection_that_the_server_ended_is_not_handed_out(database: Database, begun: Begun) -> None:
    with begun(database) as connection:
        before = connection.info.backend_pid
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [before])
    with begun(database) as connection:
        assert connection.info.backend_pid != before
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_statement_leaves_no_connection_that_commits_by_itself(database: Database) -> None:
    with database.statement() as connection:
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.errors.UndefinedTable), database.statement() as connection:
        connection.execute("SELECT 1 FROM nowhere")
    with database.transaction() as connection:
        assert not connection.autocommit
