"""What tests of parking share: a database with the tables of a reader, and looks into them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from padan_events import Topic
from padan_events.topics import parked_topic
from padan_runtime.database import Database, migrate

MakeDatabase = Callable[[str], tuple[str, str]]


@contextmanager
def a_reading_database(make_database: MakeDatabase) -> Iterator[tuple[Database, str]]:
    """A database as a reader has one, with a table `seen`; and its owner's address."""
    url, owner_url = make_database("household")
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE seen (n serial, topic text, shard int, pos bigint, value bytea)")
    migrate(owner_url, ["padan_runtime"], grant_to="household")
    opened = Database(url, name="test")
    opened.open()
    try:
        yield opened, owner_url
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
