"""What tests of the relay share: a database with a log, and entries for it."""

from uuid import uuid4

import psycopg
from kafka_peer import CHAIN
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import SHARDS, Topic
from padan_runtime import log, relay
from padan_runtime.database import Database, migrate


def a_log(make_database: MakeDatabase, topic: Topic) -> Database:
    """A database, open, with the log of a topic."""
    url, owner_url = make_database("household", ["padan_runtime"])
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT create_log(%s, false)", [topic.name])
    migrate(owner_url, ["padan_runtime"], grant_to="household")
    database = Database(url, name="test")
    database.open()
    return database


def append(database: Database, topic: Topic, count: int) -> None:
    """Write that many entries, over all shards, and tell the relay."""
    entries = [
        log.Entry(
            topic=topic.name, shard=n % SHARDS, key=f"k{n % SHARDS}", event_id=uuid4(),
            type="id.padan.test.happened.v1", value=b'{"n":%d}' % n, actor="service:test", correlation_id=CHAIN,
        )
        for n in range(count)
    ]  # fmt: skip
    with database.transaction() as connection:
        log.append(connection, entries)
    relay.hint(database)
