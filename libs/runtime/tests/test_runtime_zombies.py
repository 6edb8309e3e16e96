"""Processes that sleep and wake (SIGSTOP, SIGCONT): others take over, nothing is lost, nothing is applied twice."""

import asyncio
import signal
from collections import OrderedDict
from collections.abc import Sequence

import psycopg
import pytest
from kafka_peer import an_event, make_topic, read_all, send, until
from log_given import a_log, append
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import SHARDS, Event
from padan_runtime import relay
from padan_runtime.database import Database, migrate
from padan_runtime.sequence import Sequence as ShardSequence
from padan_runtime.sequence import Verdict
from runtime_process import ended, started


def one(database: Database, statement: str, *parameters: object) -> int:
    with database.transaction() as connection:
        row = connection.execute(statement.encode(), parameters).fetchone()
    return int(row[0] or 0) if row is not None else 0


def sent(database: Database) -> int:
    return one(database, "SELECT sum(pos) FROM relay_cursor")


def appended(database: Database) -> int:
    return one(database, "SELECT sum(pos) FROM log_head")


def check_only_repeats(events: Sequence[Event], expected: int) -> int:
    """Each shard as a reader sees it: every event once and in order, everything else a repeat, never a hole: so no
    record of a zombie is ever taken for a new event. Answers how many repeats there were."""
    repeats, applied = 0, 0
    for shard in range(SHARDS):
        sequence = ShardSequence(0, OrderedDict())
        for event in (event for event in events if event.shard == shard):
            verdict = sequence.judge(event)
            assert verdict in {Verdict.APPLY, Verdict.REPEAT}
            if verdict is Verdict.APPLY:
                sequence.take(event)
                applied += 1
            else:
                repeats += 1
    assert applied == expected
    return repeats


@pytest.mark.parametrize(
    "how",
    [
        "the server ends its connection",
        pytest.param("it only sleeps", marks=pytest.mark.long),  # 15 s of sleep until it is deposed
    ],
)
async def test_a_relay_that_slept_sends_nothing_but_repeats_and_ends(
    how: str, kafka_bootstrap: str, make_database: MakeDatabase
) -> None:
    topic = await make_topic(kafka_bootstrap)
    database = a_log(make_database, topic)
    arguments = ("relay", database.url, kafka_bootstrap, topic.name)
    with started(*arguments) as first:
        append(database, topic, 480)
        await until(lambda: sent(database) >= 480)
        # Asleep in the middle of sending: some of it is on the way, some in its buffers, none of it noted.
        await asyncio.to_thread(append, database, topic, 36_000)
        await until(lambda: sent(database) > 480)
        first.send_signal(signal.SIGSTOP)
        assert sent(database) < appended(database), "met too late to be in the middle"
        if how == "the server ends its connection":
            await until(
                lambda: (
                    one(
                        database,
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                        "WHERE application_name = 'relay' AND datname = current_database()",
                    )
                    == 1
                )
            )
        with started(*arguments) as second:
            await until(lambda: sent(database) == appended(database))
            first.send_signal(signal.SIGCONT)
            append(database, topic, 480)
            assert await ended(first) == 1
            await until(lambda: sent(database) == appended(database))
            second.terminate()
            assert await ended(second) == 0
    check_only_repeats(await read_all(kafka_bootstrap, topic.name), appended(database))
    database.close()


async def test_a_relay_in_a_long_statement_keeps_the_lead_and_an_idle_one_does_not(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = make_database("household", ())
    monkeypatch.setattr(relay, "ASLEEP_AFTER_S", 0.0)
    with psycopg.connect(url, autocommit=True) as leading, psycopg.connect(url, autocommit=True) as waiting:

        def holds(state: str) -> bool:
            pid = leading.info.backend_pid
            return waiting.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() == (state,)

        assert relay.Relay._try_lead(leading)
        work = asyncio.create_task(asyncio.to_thread(leading.execute, "SELECT pg_sleep(600)"))
        await until(lambda: holds("active"))
        assert not relay.Relay._try_lead(waiting)
        assert holds("active")
        leading.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled):
            await work
        assert not relay.Relay._try_lead(waiting)
        await until(lambda: relay.Relay._try_lead(waiting))


def a_reader_database(make_database: MakeDatabase) -> Database:
    url, owner_url = make_database("household", ["padan_runtime"])
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE seen (n serial, topic text, shard int, pos bigint, value bytea)")
    migrate(owner_url, ["padan_runtime"], grant_to="household")
    database = Database(url, name="test")
    database.open()
    return database


def times_seen(database: Database) -> list[tuple[int, int]]:
    """How many (shard, position) were applied, and how many of them more than once or out of order."""
    with database.transaction() as connection:
        return connection.execute(
            "SELECT count(DISTINCT (shard, pos)), count(*) FILTER (WHERE pos <> expected) FROM "
            "(SELECT shard, pos, row_number() OVER (PARTITION BY shard ORDER BY n) AS expected FROM seen) s"
        ).fetchall()


async def test_a_reader_that_slept_in_a_transaction_applies_nothing_twice(
    kafka_bootstrap: str, make_database: MakeDatabase
) -> None:
    topic = await make_topic(kafka_bootstrap)
    database = a_reader_database(make_database)
    arguments = ("reader", database.url, kafka_bootstrap, topic.name, 3)
    await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (1, 2) for shard in range(24)])
    in_transaction = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reader' AND datname = current_database() "
        "AND query LIKE '%%pg_sleep%%' AND state = 'active'"
    )
    connected = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reader' AND datname = current_database() "
        "AND state <> 'idle'"
    )
    with started(*arguments) as first:
        await until(lambda: times_seen(database) == [(48, 0)])
        await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (3, 4) for shard in range(24)])
        # It holds its places locked: who takes over waits until the server has ended that transaction.
        await until(lambda: one(database, in_transaction) == 1)
        first.send_signal(signal.SIGSTOP)
        with started(*arguments) as second:
            await until(lambda: times_seen(database) == [(96, 0)], within_s=60)
            first.send_signal(signal.SIGCONT)
            await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (5, 6) for shard in range(24)])
            await until(lambda: times_seen(database) == [(144, 0)], within_s=60)
            first.terminate()
            assert await ended(first) == 0
            # Alone, asleep over a single event: the server ends its transaction, and the event is not to blame.
            await send(kafka_bootstrap, [an_event(topic, 0, 7)])
            await until(lambda: one(database, in_transaction) == 1)
            second.send_signal(signal.SIGSTOP)
            await until(lambda: one(database, connected) == 0)
            second.send_signal(signal.SIGCONT)
            await until(lambda: times_seen(database) == [(145, 0)])
            second.terminate()
            assert await ended(second) == 0
    assert times_seen(database) == [(145, 0)]
    assert one(database, "SELECT count(*) FROM parked") == 0
    database.close()
