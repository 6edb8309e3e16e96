"""What tests of readers and of parking share: a database with the tables of a reader, and looks into them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import Topic
from padan_events.topics import parked_topic
from padan_runtime.database import Database, migrate
from padan_runtime.parking import operators
from recording_reader import Recording


class Reading(NamedTuple):
    """A database a reader has, and its owner's address."""

    database: Database
    owner_url: str


@contextmanager
def a_reading_database(make_database: MakeDatabase) -> Iterator[Reading]:
    """A database as a reader has one, with a table `seen`."""
    url, owner_url = make_database("household", ["padan_runtime"])
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE seen (n serial, topic text, shard int, pos bigint, value bytea)")
    migrate(owner_url, ["padan_runtime"], grant_to="household")
    opened = Database(url, name="test")
    opened.open()
    try:
        yield Reading(opened, owner_url)
    finally:
        opened.close()


def make_parked_log(owner_url: str, topic: Topic) -> str:
    """The log of copies of what the service `test` parks of a topic; answers the name of their topic."""
    name = parked_topic(topic.name, "test")
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT create_parked_log(%s)", [name])
    migrate(owner_url, ["padan_runtime"], grant_to="household")
    return name


def rows(database: Database, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of a statement."""
    with database.transaction() as connection:
        return connection.execute(statement.encode(), parameters or None).fetchall()


def parked(database: Database) -> list[tuple[Any, ...]]:
    """(shard, pos, key, reason) of all that is parked, in order."""
    found = rows(
        database, "SELECT shard, pos, convert_from(key, 'UTF8'), reason FROM parked ORDER BY shard, pos, record_offset"
    )
    return list(found)


def actions(database: Database) -> list[tuple[Any, ...]]:
    """(action, actor, pos) of all that operators did, in order."""
    return rows(database, "SELECT action, actor, pos FROM operator_action ORDER BY action_id")


def failing(
    *told: bytes, error: Callable[[], Exception] = lambda: ValueError("a name that must not be told")
) -> Recording:
    """A reader that fails at events of these values."""
    handler = Recording()
    handler.fails = lambda event: error() if event.value in told else None
    return handler


def ask(database: Database, what: str, *, pos: int | None = None, reason: str = "it is spoilt") -> None:
    """Ask, as the operator rina, to `drop` or to retry what is parked of that position."""
    with database.transaction() as connection:
        listed = [row for row in operators.listing(connection) if row.pos == pos]
        if what == "drop":
            assert operators.ask_drop(connection, listed[0].parked_id, actor="rina", reason=reason)
        else:
            assert operators.ask_retry(connection, [row.parked_id for row in listed], actor="rina") == len(listed)
