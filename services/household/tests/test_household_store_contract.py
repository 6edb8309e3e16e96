"""The library's own contract tests of recorders, on our sharded one, and a contract of what sharding adds."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    NotSupportedError,
    StoredEvent,
)
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)
from padan_events import SHARDS, shard_of
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household.store.recorder import ShardedAggregateRecorder, ShardedRecorder
from padan_runtime import log
from padan_runtime.database import Database


@pytest.fixture
def with_database(request: pytest.FixtureRequest, database: Database) -> None:
    request.instance.database = database


@pytest.mark.usefixtures("with_database")
class TestStreamsOver24Shards(AggregateRecorderTestCase):
    database: Database

    def create_recorder(self) -> AggregateRecorder:
        return ShardedAggregateRecorder(self.database)


@pytest.mark.usefixtures("with_database")
class TestSequenceOfOneShard(ApplicationRecorderTestCase[ShardedRecorder]):
    database: Database

    def create_recorder(self) -> ShardedRecorder:
        return ShardedRecorder(self.database, only_shard=0)


@pytest.mark.usefixtures("with_database")
class TestSequenceOfOneShardDoesNotInterleave(NonInterleavingNotificationIDsBaseCase):
    database: Database

    def create_recorder(self) -> ApplicationRecorder:
        return ShardedRecorder(self.database, only_shard=0)


# The base classes are no tests of their own.
del AggregateRecorderTestCase, ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase


def stored(stream: UUID, first: int, count: int) -> list[StoredEvent]:
    return [StoredEvent(stream, version, "a type", b"{}") for version in range(first, first + count)]


def test_every_shard_counts_1_2_3_while_many_write_at_once(database: Database) -> None:
    recorder = ShardedRecorder(database)
    streams = [uuid4() for _ in range(240)]

    def write(number: int) -> None:
        for round_ in range(3):
            recorder.insert_events(
                [event for stream in streams[number::8] for event in stored(stream, 1 + 2 * round_, 2)]
            )

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    with database.transaction() as connection:
        heads = log.heads(connection, HOUSEHOLD_EVENTS.name)
        events = log.read_after(connection, HOUSEHOLD_EVENTS.name, "/test", dict.fromkeys(range(SHARDS), 0), 10_000)
    assert len(events) == len(streams) * 6
    for shard in range(SHARDS):
        run = [event for event in events if event.shard == shard]
        assert [event.pos for event in run] == list(range(1, heads[shard] + 1))
        assert all(shard_of(event.key) == shard for event in run)
        assert [event.time for event in run] == sorted(event.time for event in run)


def test_positions_come_back_in_the_order_of_the_events(database: Database) -> None:
    recorder, streams = ShardedRecorder(database), [uuid4() for _ in range(100)]
    positions = recorder.insert_events([event for stream in streams for event in stored(stream, 1, 1)])
    assert positions is not None
    with database.transaction() as connection:
        found = recorder.select_streams(streams, connection)
    assert [found[stream][0].pos for stream in streams] == list(positions)


def test_many_streams_load_in_one_select_each_in_order(database: Database) -> None:
    recorder, streams = ShardedRecorder(database), [uuid4() for _ in range(50)]
    for stream in streams:
        recorder.insert_events(stored(stream, 1, 3))
    unknown = uuid4()
    with database.transaction() as connection:
        found = recorder.select_streams([*streams, unknown], connection)
    assert found.pop(unknown) == []
    assert {stream: [event.originator_version for event in events] for stream, events in found.items()} == {
        stream: [1, 2, 3] for stream in streams
    }


def test_an_append_joins_the_transaction_around_it(database: Database) -> None:
    recorder, stream = ShardedRecorder(database), uuid4()

    class ChangedMyMindError(Exception):
        pass

    def append_and_think_again() -> None:
        with database.transaction() as connection:
            recorder.insert_events(stored(stream, 1, 2), connection=connection)
            raise ChangedMyMindError

    with pytest.raises(ChangedMyMindError):
        append_and_think_again()
    assert recorder.select_events(stream) == []
    with database.transaction() as connection:
        assert log.heads(connection, HOUSEHOLD_EVENTS.name) == [0] * SHARDS


@pytest.mark.parametrize("count", [1, log.COPY_FROM])
def test_of_two_who_write_the_same_version_one_is_refused(database: Database, count: int) -> None:
    recorder, stream = ShardedRecorder(database), uuid4()
    refused = 0
    with ThreadPoolExecutor(2) as writers:
        for attempt in [writers.submit(recorder.insert_events, stored(stream, 1, count)) for _ in range(2)]:
            try:
                attempt.result()
            except IntegrityError:
                refused += 1
    assert refused == 1
    assert len(recorder.select_events(stream)) == count


def test_24_sequences_are_not_passed_off_as_one(database: Database) -> None:
    recorder = ShardedRecorder(database)
    for ask in (lambda: recorder.select_notifications(1, 10), recorder.max_notification_id, recorder.subscribe):
        with pytest.raises(NotSupportedError):
            ask()
