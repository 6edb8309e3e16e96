"""The shards a reader holds at the moment: their places in PostgreSQL, and what may be taken from them next."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from padan_events import EnvelopeError, Event, Topic
from padan_events.envelope import from_record
from padan_events.kafka_client import Kafka, client_of

from padan_runtime import metrics, positions
from padan_runtime.database import Database
from padan_runtime.kafka_client import explain
from padan_runtime.logs import logger
from padan_runtime.positions import MovedOnError, Place, Shard
from padan_runtime.sequence import Sequence as ShardSequence
from padan_runtime.sequence import Verdict


async def cluster_id_of(kafka: Kafka) -> str:
    """The id of the Kafka cluster: offsets of another cluster mean nothing here."""
    admin = AIOKafkaAdminClient(**client_of(kafka).options(), request_timeout_ms=15_000)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    except KafkaConnectionError as error:
        await explain(kafka, error)
        raise
    finally:
        await admin.close()


class Taken(msgspec.Struct):
    """What a poll gave: events to apply by topic, shard and position; for each the position it follows and Kafka's
    offset behind it; for shards that gave repeats their position and the offset behind those."""

    generation: int
    events: list[Event] = []
    follows: dict[tuple[str, int, int], int] = {}
    offsets: dict[tuple[str, int, int], int] = {}
    passed: dict[Shard, Place] = {}


class Moves(msgspec.Struct, frozen=True):
    """Where a batch starts from, where it leads, and the event ids on the way."""

    expected: dict[Shard, int]
    places: dict[Shard, Place]
    ids: dict[Shard, list[bytes]]


class Assignment:
    """Bookkeeping of one reader. Changed only from the event loop, but for `moved`, which follows a commit."""

    def __init__(self, reader: str, topics: Mapping[str, Topic], database: Database, hole_wait_s: float) -> None:
        self._reader, self._topics, self._database, self._hole_wait_s = reader, topics, database, hole_wait_s
        self.cluster_id = ""
        self.sequences: dict[Shard, ShardSequence] = {}
        self.stopped: dict[Shard, str] = {}
        self._places: dict[Shard, Place] = {}
        self.generation = 0
        self.failure: BaseException | None = None

    def listener(self, consumer: AIOKafkaConsumer) -> ConsumerRebalanceListener:
        """Seeks to the places in PostgreSQL whenever the group gives shards."""
        assignment = self

        class Listener(ConsumerRebalanceListener):
            async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
                del revoked
                assignment.sequences, assignment._places = {}, {}
                assignment.generation += 1

            async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
                del assigned
                try:
                    await assignment.seek(consumer)
                except BaseException as error:
                    # aiokafka logs what a listener raises and goes on, with shards nobody has a place in: so the
                    # reader is told, and ends.
                    assignment.failure = error
                    raise

        return Listener()

    async def seek(self, consumer: AIOKafkaConsumer) -> None:
        """Forget what is buffered and begin again from the places in PostgreSQL."""
        shards = sorted((p.topic, p.partition) for p in consumer.assignment())
        places, ids = await asyncio.to_thread(self._read, shards)
        expiring = [TopicPartition(*shard) for shard in shards if self._topics[shard[0]].expires]
        earliest = await consumer.beginning_offsets(expiring) if expiring else {}
        self._places = places
        self.generation += 1
        self.sequences = {
            shard: ShardSequence(
                place.pos,
                OrderedDict(ids[shard]),
                # Only where records did expire beyond our place: a hole at the very start must wait as any other.
                may_begin_anywhere=earliest.get(TopicPartition(*shard), 0) > place.next_offset,
                stopped=self.stopped.get(shard),
            )
            for shard, place in places.items()
        }
        for (topic, number), place in places.items():
            partition = TopicPartition(topic, number)
            if place.cluster_id == self.cluster_id and place.next_offset > 0:
                consumer.seek(partition, place.next_offset)
            else:  # a new reader, or a cluster whose offsets we do not know: find our place by position
                place.next_offset = 0
                consumer.seek(partition, 0)
            if (topic, number) in self.stopped:
                consumer.pause(partition)

    def _read(self, shards: Sequence[Shard]) -> tuple[dict[Shard, Place], dict[Shard, dict[int, bytes]]]:
        with self._database.transaction() as connection:
            places = positions.begin(connection, self._reader, shards, self.cluster_id)
            return places, positions.recent_ids(connection, self._reader, shards)

    def take(self, consumer: AIOKafkaConsumer, records: Mapping[TopicPartition, Sequence[Any]]) -> Taken:
        """The events of a poll that come next; repeats are dropped, a shard with a hole waits or is stopped."""
        taken = Taken(self.generation)
        for partition in sorted(records):
            shard = (partition.topic, partition.partition)
            sequence = self.sequences.get(shard)
            if sequence is None or sequence.stopped is not None:
                continue
            for record in records[partition]:
                if not self._take_one(consumer, sequence, shard, record, taken):
                    break
        return taken

    def _take_one(
        self, consumer: AIOKafkaConsumer, sequence: ShardSequence, shard: Shard, record: Any, taken: Taken
    ) -> bool:
        try:
            event = from_record(shard[0], shard[1], record.key, record.value, record.headers)
        except EnvelopeError:
            self.stop_shard(consumer, shard, "envelope")
            return False
        match sequence.judge(event):
            case Verdict.APPLY:
                taken.follows[shard[0], shard[1], event.pos] = sequence.pos
                sequence.take(event)
                taken.offsets[shard[0], shard[1], event.pos] = record.offset + 1
                taken.events.append(event)
            case Verdict.REPEAT:
                metrics.READER_REPEATS.labels(self._reader, shard[0]).inc()
                taken.passed[shard] = Place(sequence.pos, record.offset + 1, self.cluster_id)
            case Verdict.REUSED:
                self.stop_shard(consumer, shard, "reused", expected=sequence.pos, pos=event.pos)
                return False
            case Verdict.HOLE:
                # The relay sends everything after its cursor again, in order: what is passed over here comes once
                # more behind the missing position. The place stays in front of the hole until then.
                sequence.hole_since = sequence.hole_since or time.monotonic()
        return True

    def expire_holes(self, consumer: AIOKafkaConsumer) -> None:
        """Stop the shards whose hole has not healed in time."""
        now = time.monotonic()
        for shard, sequence in self.sequences.items():
            since = sequence.hole_since
            if since is not None and sequence.stopped is None and now - since > self._hole_wait_s:
                self.stop_shard(consumer, shard, "hole", expected=sequence.pos + 1)

    def moves(self, taken: Taken, events: Sequence[Event], *, with_passed: bool) -> Moves:
        """What a transaction over `events` (all or some of those taken) has to check and to write.

        A place is expected where the first event follows, whatever was read since: so events that were committed once
        never pass again. Raises `MovedOnError` where the shards were given out anew since they were taken.
        """
        if taken.generation != self.generation:
            raise MovedOnError(self._reader)
        moves = Moves({}, {}, {})
        for event in events:
            shard, key = (event.topic, event.shard), (event.topic, event.shard, event.pos)
            moves.expected.setdefault(shard, taken.follows[key])
            moves.places[shard] = Place(event.pos, taken.offsets[key], self.cluster_id)
            moves.ids.setdefault(shard, []).append(event.event_id.bytes)
        for shard, place in taken.passed.items() if with_passed else ():
            if shard not in moves.places:
                moves.expected[shard], moves.places[shard] = place.pos, place
            else:
                moves.places[shard].next_offset = max(moves.places[shard].next_offset, place.next_offset)
        return moves

    def moved(self, taken: Taken, moves: Moves) -> None:
        """The transaction was committed. Where shards were given out anew meanwhile, the places were read anew."""
        if taken.generation == self.generation:
            self._places |= moves.places

    def offsets(self) -> dict[TopicPartition, int]:
        """Kafka's next offset by partition, for tools that look at the group."""
        return {TopicPartition(*shard): place.next_offset for shard, place in self._places.items()}

    def next_offset(self, shard: Shard) -> int | None:
        """Kafka's offset of what comes next in a shard."""
        place = self._places.get(shard)
        return None if place is None else place.next_offset

    def stop_shard(
        self, consumer: AIOKafkaConsumer, shard: Shard, why: str, *, expected: int | None = None, pos: int | None = None
    ) -> None:
        """Stop one shard and raise the alarm; nothing is lost, and others go on."""
        self.stopped[shard] = why
        if shard in self.sequences:
            self.sequences[shard].stopped = why
        partition = TopicPartition(*shard)
        if partition in consumer.assignment():
            consumer.pause(partition)
        metrics.READER_STOPPED.labels(self._reader, shard[0]).set(sum(topic == shard[0] for topic, _ in self.stopped))
        logger().error(
            "shard stopped",
            reader=self._reader,
            topic=shard[0],
            shard=shard[1],
            reason=why,
            expected_pos=expected,
            pos=pos,
        )
