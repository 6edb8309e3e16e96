"""The sharded log on a real PostgreSQL."""

import random
import threading
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid4, uuid5

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import wait_until
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import SHARDS
from padan_runtime import log
from padan_runtime.database import Database, MigrationError, migrate

STREAMS, FACTS = "household.events.v1", "household.outcomes.v1"
CHAIN = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01")


def an_entry(shard: int, *, topic: str = FACTS, version: int | None = None, key: str | None = None) -> log.Entry:
    return log.Entry(
        topic=topic,
        shard=shard,
        key=key or str(uuid4()),
        event_id=uuid4(),
        type="id.padan.test.happened.v1",
        value=b'{"n":1}',
        actor="service:test",
        correlation_id=CHAIN,
        version=version,
    )


@pytest.fixture
def database(make_database: MakeDatabase) -> Iterator[Database]:
    url, owner_url = make_database("household", ["padan_runtime"])
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT create_log(%s, true)", [STREAMS])
        owner.execute("SELECT create_log(%s, false)", [FACTS])
    migrate(owner_url, ["padan_runtime"], grant_to="household")
    opened = Database(url, name="test")
    opened.open()
    yield opened
    opened.close()


def until_waiting_for_a_lock(database: Database) -> None:
    with database.statement() as connection:
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        wait_until(lambda: connection.execute(query).fetchone() is not None, "somebody waits for a lock", 30)


def stored(database: Database, topic: str) -> dict[int, list[int]]:
    with database.transaction() as connection:
        events = log.read_after(connection, topic, "/test", dict.fromkeys(range(SHARDS), 0), 1_000_000)
        assert log.heads(connection, topic) == [
            max((e.pos for e in events if e.shard == shard), default=0) for shard in range(SHARDS)
        ]
    by_shard: dict[int, list[int]] = {}
    for event in events:
        by_shard.setdefault(event.shard, []).append(event.pos)
    return by_shard


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    transactions=st.lists(
        st.lists(st.tuples(st.sampled_from([STREAMS, FACTS]), st.integers(0, SHARDS - 1)), min_size=1, max_size=90),
        min_size=1,
        max_size=6,
    ),
    writers=st.integers(1, 3),
)
def test_positions_are_contiguous_under_any_interleaving(
    database: Database, transactions: list[list[tuple[str, int]]], writers: int
) -> None:
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for shards in transactions:
                with database.transaction() as connection:
                    log.append(
                        connection,
                        [an_entry(s, topic=t, version=1 if t == STREAMS else None) for t, s in shards],
                    )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for topic in (STREAMS, FACTS):
        for positions in stored(database, topic).values():
            assert positions == list(range(1, len(positions) + 1))


def test_two_appends_over_the_same_shards_in_opposite_orders_never_deadlock(database: Database) -> None:
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        order = random.Random(seed)
        try:
            for _ in range(150):
                shards = order.sample(range(SHARDS), 6)
                with database.transaction() as connection:
                    log.append(connection, [an_entry(shard) for shard in shards])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sum(map(len, stored(database, FACTS).values())) == 4 * 150 * 6


def test_appends_of_one_statement_wait_for_the_shard_as_all_others_do(database: Database) -> None:
    appended: list[tuple[int, datetime]] = []
    failures: list[BaseException] = []

    def alone(count: int) -> None:
        try:
            for _ in range(60):
                taken = log.append_alone(database, [an_entry(5) for _ in range(count)])
                appended.extend((pos, taken.recorded_at) for _, pos in taken.positions)
        except BaseException as error:
            failures.append(error)

    def with_another_shard() -> None:
        try:
            for _ in range(60):
                with database.transaction() as connection:
                    taken = log.append(connection, [an_entry(4), an_entry(5)])
                appended.extend((pos, taken.recorded_at) for shard, pos in taken.positions if shard == 5)
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=alone, args=(count,)) for count in (1, 1, 3)]
    writers += [threading.Thread(target=with_another_shard) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failures
    total = 60 * (1 + 1 + 3 + 1 + 1)
    assert stored(database, FACTS)[5] == list(range(1, total + 1)) == sorted(pos for pos, _ in appended)
    times = [at for _, at in sorted(appended)]
    assert times == sorted(times)


def test_the_clock_is_read_when_the_shard_is_held(database: Database) -> None:
    taken: list[log.Appended] = []
    waiting = threading.Thread(target=lambda: taken.append(log.append_alone(database, [an_entry(5)])))
    with database.transaction() as connection:
        log.lock_head(connection, FACTS, 5)
        waiting.start()
        until_waiting_for_a_lock(database)
        released = connection.execute("SELECT clock_timestamp()").fetchone()
    waiting.join()
    assert released is not None
    assert taken[0].recorded_at > released[0]


@pytest.mark.parametrize("count", [log.COPY_FROM - 1, log.COPY_FROM, 700])
def test_what_comes_back_is_what_was_appended_by_array_and_by_copy(database: Database, count: int) -> None:
    entries = [
        log.Entry(
            topic=FACTS,
            shard=n % SHARDS,
            key=f"ключ-{n}",
            event_id=uuid5(CHAIN, str(n)),
            type=f"id.padan.test.t{n % 3}.v1",
            value=bytes(range(256)) * (n % 40),
            actor="service:pengujian-é",
            correlation_id=CHAIN,
            causation_id=uuid5(CHAIN, "cause") if n % 2 else None,
        )
        for n in range(count)
    ]
    with database.transaction() as connection:
        appended = log.append(connection, entries)
    with database.transaction() as connection:
        events = log.read_after(connection, FACTS, "/padan/test", dict.fromkeys(range(SHARDS), 0), 1_000)
    by_position = {event.position: event for event in events}
    assert len(by_position) == count
    for entry, position in zip(entries, appended.positions, strict=True):
        event = by_position[position]
        assert event.time == appended.recorded_at
        assert (event.key, event.event_id, event.type, event.value, event.actor) == (
            entry.key,
            entry.event_id,
            entry.type,
            entry.value,
            entry.actor,
        )
        assert (event.causation_id, event.correlation_id) == (entry.causation_id, entry.correlation_id)


def test_time_never_runs_backwards_within_a_shard(database: Database) -> None:
    times = []
    with database.transaction() as connection:
        connection.execute(
            "UPDATE log_head SET last_at = now() + interval '1 hour' WHERE topic = %s AND shard = 5", [FACTS]
        )
    for shards in ([5], [4, 5], [4], [5]):
        with database.transaction() as connection:
            times.append((shards, log.append(connection, [an_entry(s) for s in shards]).recorded_at))
    for shard in (4, 5):
        own = [at for shards, at in times if shard in shards]
        assert own == sorted(own)
        assert len(set(own)) == len(own)


def test_an_event_that_is_there_already_is_refused_and_takes_no_position(database: Database) -> None:
    first = an_entry(7)
    with database.transaction() as connection:
        log.append(connection, [first])
    with pytest.raises(psycopg.errors.UniqueViolation), database.transaction() as connection:
        log.append(connection, [an_entry(7), first])
    assert stored(database, FACTS) == {7: [1]}


def test_what_is_refused_alone_takes_no_position(database: Database) -> None:
    first = an_entry(7)
    log.append_alone(database, [first])
    with pytest.raises(psycopg.errors.UniqueViolation):
        log.append_alone(database, [an_entry(7), first])
    log.append_alone(database, [an_entry(7)])
    assert stored(database, FACTS) == {7: [1, 2]}


def test_a_version_of_a_stream_is_given_out_once(database: Database) -> None:
    with database.transaction() as connection:
        log.append(connection, [an_entry(7, topic=STREAMS, key="a", version=1)])
    with pytest.raises(psycopg.errors.UniqueViolation), database.transaction() as connection:
        log.append(connection, [an_entry(7, topic=STREAMS, key="a", version=1)])
    assert stored(database, STREAMS) == {7: [1]}


@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize(
    "table", ["log_household_events_v1", "log_household_events_v1_07", "log_household_outcomes_v1"]
)
def test_the_service_itself_can_neither_change_nor_remove_what_was_recorded(
    database: Database, statement: str, table: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as connection:
        connection.execute(statement.format(table).encode())


def test_an_event_larger_than_kafka_takes_is_refused_before_it_is_recorded(database: Database) -> None:
    large = msgspec.structs.replace(an_entry(1), value=bytes(log.LARGEST_VALUE_BYTES + 1))
    with pytest.raises(log.EntryTooLargeError), database.transaction() as connection:
        log.append(connection, [an_entry(1), large])
    assert stored(database, FACTS) == {}


def test_a_log_that_is_not_here_is_named(database: Database) -> None:
    with pytest.raises(LookupError, match=r"eligibility\.events\.v1"), database.transaction() as connection:
        log.append(connection, [an_entry(1, topic="eligibility.events.v1")])


def test_migrations_run_once_and_a_changed_one_is_refused(make_database: MakeDatabase) -> None:
    _, owner_url = make_database("household", ())
    assert migrate(owner_url, ["padan_runtime"], grant_to="household") > 0
    assert migrate(owner_url, ["padan_runtime"], grant_to="household") == 0
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("UPDATE migration SET digest = 'other' WHERE number = 1")
    with pytest.raises(MigrationError, match="0001_log"):
        migrate(owner_url, ["padan_runtime"], grant_to="household")
