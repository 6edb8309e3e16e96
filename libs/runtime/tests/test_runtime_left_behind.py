"""A log on another server than at the last start: one that lacks what Kafka has is not written to."""

import asyncio

import psycopg
import pytest
from kafka_peer import make_topic, running, until
from log_given import a_log, append
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import SHARDS
from padan_runtime.left_behind import LogLeftBehindError, require_whole
from padan_runtime.relay import Relay


async def test_a_log_that_was_set_back_is_found_where_the_server_is_another(
    kafka_bootstrap: str, make_database: MakeDatabase
) -> None:
    topic = await make_topic(kafka_bootstrap)
    database = a_log(make_database, topic)
    append(database, topic, 3 * SHARDS)

    def execute(statement: str) -> list[tuple[int, ...]]:
        with database.transaction() as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def sent() -> bool:
        return execute("SELECT sum(pos) FROM relay_cursor") == [(3 * SHARDS,)]

    async with running(Relay(database.url, kafka_bootstrap, [topic.name], source="/padan/test").run):
        await until(lambda: asyncio.to_thread(sent))

    async def start() -> None:
        await asyncio.to_thread(require_whole, database, kafka_bootstrap, [topic.name])

    await start()
    ((server, timeline),) = execute("SELECT system_identifier, timeline FROM last_server")
    execute(f"UPDATE last_server SET timeline = {timeline + 1}")
    await start()
    assert execute("SELECT system_identifier, timeline FROM last_server") == [(server, timeline)], "nothing is missing"

    execute("UPDATE log_head SET pos = 2 WHERE shard IN (3, 7)")
    await start()  # on the same server nobody looks
    for other in (f"system_identifier = {server + 1}", f"timeline = {timeline - 1}"):
        execute(f"UPDATE last_server SET {other}")
        for _ in range(2):  # nor does it pass the next time
            with pytest.raises(LogLeftBehindError, match=f"lacks: {topic.name}/3, {topic.name}/7$"):
                await start()
    execute("UPDATE log_head SET pos = 3")
    await start()
    assert execute("SELECT system_identifier, timeline FROM last_server") == [(server, timeline)]
    database.close()


async def test_which_server_it_was_is_kept_at_the_first_start(
    kafka_bootstrap: str, make_database: MakeDatabase
) -> None:
    database = a_log(make_database, await make_topic(kafka_bootstrap))
    await asyncio.to_thread(require_whole, database, "127.0.0.1:9", [])  # nothing listens there: Kafka is not asked
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT count(*) FROM last_server").fetchone() == (1,)
    database.close()
