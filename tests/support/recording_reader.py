"""A reader that writes down what it is given, for the tests of the projector."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from padan_events import Event, Topic
from padan_runtime.database import Database
from padan_runtime.problems import Unavailable
from padan_runtime.projector import Projector
from psycopg import Connection


class Stuck(Projector[int]):
    """A reader whose Kafka client can be made to fetch nothing more, as aiokafka was seen to."""

    async def pause_fetching(self) -> None:
        consumer = self.consumer
        assert consumer is not None
        consumer.pause(*consumer.assignment())


class Recording:
    """Writes down what it is given; fails on `poison`, before or after writing."""

    def __init__(self) -> None:
        self.away_times = 0
        self.poison: bytes | None = None
        self.fails: Callable[[Event], BaseException | None] = lambda event: None
        self.fail_once_after_writing = False
        self.telling_fails = False
        self.entered = asyncio.Event()
        self.go_on: asyncio.Event | None = None

    async def prepare(self, events: Sequence[Event]) -> int:
        self.entered.set()
        if self.go_on is not None:
            await self.go_on.wait()
        if self.away_times:
            self.away_times -= 1
            raise Unavailable("keyring")
        return len(events)

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: int) -> None:
        assert prepared == len(events)
        for event in events:
            connection.execute(
                "INSERT INTO seen (topic, shard, pos, value) VALUES (%s, %s, %s, %s)",
                [event.topic, event.shard, event.pos, event.value],
            )
            if event.value == self.poison:
                raise ValueError("poison")
            if (error := self.fails(event)) is not None:
                raise error
        if self.fail_once_after_writing:
            self.fail_once_after_writing = False
            raise psycopg.OperationalError("the server went away before the commit")

    def dropped(self, connection: Connection[Any], event: Event) -> None:
        connection.execute("INSERT INTO seen (topic, shard, pos) VALUES ('dropped', %s, %s)", [event.shard, event.pos])

    async def committed(self, events: Sequence[Event]) -> None:
        del events
        if self.telling_fails:
            raise psycopg.OperationalError("the server went away behind the commit")


def a_projector(
    database: Database,
    kafka: str,
    topic: Topic,
    handler: Recording,
    *,
    hole_wait_s: float = 30.0,
    stuck_after_s: float = 60.0,
) -> Stuck:
    return Stuck(
        reader=f"test.{topic.name}",
        topics=[topic],
        handler=handler,
        database=database,
        kafka=kafka,
        hole_wait_s=hole_wait_s,
        stuck_after_s=stuck_after_s,
    )


def seen(database: Database, shard: int) -> list[int]:
    with database.transaction() as connection:
        return [p for (p,) in connection.execute("SELECT pos FROM seen WHERE shard = %s ORDER BY n", [shard])]


def count(database: Database) -> int:
    with database.transaction() as connection:
        row = connection.execute("SELECT count(*) FROM seen").fetchone()
    assert row is not None
    return int(row[0])
