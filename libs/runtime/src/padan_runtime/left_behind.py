"""At a start on another server or timeline than the last: does the log still hold all that Kafka has of it?

For services that cannot take back what their log lacks: they do not start, since they would give positions out a second
time, and readers lose what stands there. On the server of the last start nothing is compared, and nothing it costs.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from aiokafka.errors import KafkaError
from padan_events.kafka_client import Kafka

from padan_runtime import log
from padan_runtime.beyond import read_tails
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.positions import Shard
from padan_runtime.same_server import server_of

_RETRY_S: Final = 2.0


class LogLeftBehindError(RuntimeError):
    """Kafka has events of a log beyond its heads; the message names the shards. Nothing was written."""


def require_whole(database: Database, kafka: Kafka, topics: Sequence[str]) -> None:
    """Compare the logs of `topics` with Kafka where the server is not that of the last start, and keep which it is.

    Waits for Kafka. For a start, outside of an event loop. Raises `LogLeftBehindError`, and psycopg's errors.
    """
    with database.transaction() as connection:
        last = connection.execute("SELECT system_identifier, timeline FROM last_server").fetchone()
        server = server_of(connection)
    if last == server:
        return
    if last is not None:
        logger().warning("another server or timeline than at the last start: the log is compared with Kafka")
        behind = _beyond_heads(database, kafka, topics)
        if behind:
            shards = ", ".join(f"{topic}/{shard}" for topic, shard in behind)
            raise LogLeftBehindError(f"Kafka has events that the log lacks: {shards}")
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO last_server (system_identifier, timeline) VALUES (%s, %s) ON CONFLICT (one) DO UPDATE "
            "SET system_identifier = excluded.system_identifier, timeline = excluded.timeline",
            server,
        )


def _beyond_heads(database: Database, kafka: Kafka, topics: Sequence[str]) -> list[Shard]:
    while True:
        try:
            with ThreadPoolExecutor(1) as aside:  # the loop that the service will run in is not there yet, or not ours
                tails = aside.submit(asyncio.run, read_tails(kafka, topics, partial(_heads, database, topics))).result()
        except (KafkaError, OSError) as error:
            logger().warning("the log waits to be compared with Kafka", error=type(error).__name__)
            time.sleep(_RETRY_S)  # a broker that is away tells nobody when it is back
        else:
            return sorted(shard for shard, tail in tails.items() if tail.beyond)


def _heads(database: Database, topics: Sequence[str]) -> dict[Shard, int]:
    with database.transaction() as connection:
        return {(topic, shard): pos for topic in topics for shard, pos in enumerate(log.heads(connection, topic))}
