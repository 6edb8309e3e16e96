"""The shards a reader holds at the moment: their places in PostgreSQL, and what may be taken from them next."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from padan_events import EnvelopeError, Event, Topic
from padan_events.envelope import from_record

from padan_runtime import metrics, positions
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.parking import repository as parking
from padan_runtime.parking.faults import Fault, fault_of
from padan_runtime.parking.records import Record
from padan_runtime.parking.repository import Key
from padan_runtime.positions import MovedOnError, Place, Shard
from padan_runtime.sequence import Sequence as ShardSequence
from padan_runtime.sequence import Verdict
from padan_runtime.taken import HEADERS_OF_AN_EVENT, Moves, Taken


class Assignment:
    """Bookkeeping of one reader. Changed only from the event loop, but for `moved`, which follows a commit."""

    def __init__(self, reader: str, topics: Mapping[str, Topic], database: Database, hole_wait_s: float) -> None:
        self._reader, self._topics, self._database, self._hole_wait_s = reader, topics, database, hole_wait_s
        self.cluster_id = ""
        self.sequences: dict[Shard, ShardSequence] = {}
        self.stopped: dict[Shard, str] = {}
        self.blocked: dict[Shard, set[str]] = {}
        self.broken = False
        self._places: dict[Shard, Place] = {}
        self.generation = 0
        self.failure: BaseException | None = None

    def listener(self, consumer: AIOKafkaConsumer) -> ConsumerRebalanceListener:
        """Seeks to the places in PostgreSQL whenever the group gives shards."""
        assignment = self

        class Listener(ConsumerRebalanceListener):
            async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
                del revoked
                assignment.sequences, assignment._places, assignment.blocked = {}, {}, {}
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
        places, ids, blocked = await asyncio.to_thread(self._read, shards)
        expiring = [TopicPartition(*shard) for shard in shards if self._topics[shard[0]].expires]
        earliest = await consumer.beginning_offsets(expiring) if expiring else {}
        self._places, self.blocked = places, blocked
        self.generation += 1
        if self.broken:
            self.stopped = dict.fromkeys(shards, "breaker") | self.stopped
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

    def _read(
        self, shards: Sequence[Shard]
    ) -> tuple[dict[Shard, Place], dict[Shard, dict[int, bytes]], dict[Shard, set[str]]]:
        with self._database.transaction() as connection:
            # Places first: whoever parks moves a place, so a key missed here fails at the check of the place.
            places = positions.begin(connection, self._reader, shards, self.cluster_id)
            ids = positions.recent_ids(connection, self._reader, shards)
            return places, ids, parking.blocked(connection, self._reader, shards)

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
        except EnvelopeError as error:
            self._set_aside(taken, sequence, shard, record, fault_of(error))
            return True
        match sequence.judge(event):
            case Verdict.APPLY:
                taken.follows[shard[0], shard[1], event.pos] = sequence.pos
                sequence.take(event)
                taken.offsets[shard[0], shard[1], event.pos] = record.offset + 1
                if len(record.headers) != HEADERS_OF_AN_EVENT + (event.causation_id is not None):
                    taken.headers[shard[0], shard[1], event.pos] = record.headers
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

    def _set_aside(self, taken: Taken, sequence: ShardSequence, shard: Shard, record: Any, fault: Fault) -> None:
        """A record without valid envelope is no event: no hole, and it holds up nobody, whoever's key it bears."""
        taken.strays.append(
            Record(
                reader=self._reader,
                topic=shard[0],
                shard=shard[1],
                offset=record.offset,
                cluster_id=self.cluster_id,
                key=record.key,
                value=record.value,
                headers=record.headers,
                fault=fault,
            )
        )
        # In front of a hole the place stays where it is; the record is then read, and known, once more.
        if sequence.hole_since is None or shard not in taken.passed:
            behind = record.offset + 1 if sequence.hole_since is None else 0
            taken.passed[shard] = Place(sequence.pos, behind, self.cluster_id)

    def record_of(self, taken: Taken, event: Event, fault: Fault) -> Record:
        """The record that an event of `taken` came in."""
        key = (event.topic, event.shard, event.pos)
        return Record.of_event(
            event,
            fault,
            reader=self._reader,
            offset=taken.offsets[key] - 1,
            cluster_id=self.cluster_id,
            headers=taken.headers.get(key),
        )

    def waits_behind(self, event: Event) -> bool:
        """Whether an earlier event of the same topic and key is parked."""
        keys = self.blocked.get((event.topic, event.shard))
        return keys is not None and event.key in keys

    def block(self, events: Sequence[Event]) -> None:
        """These events were parked: what comes behind them waits."""
        for event in events:
            self.blocked.setdefault((event.topic, event.shard), set()).add(event.key)

    def unblock(self, line: Key) -> None:
        """Nothing of this line is parked any more."""
        topic, shard, key = line
        self.blocked.get((topic, shard), set()).discard(key)

    def pos_of(self, shard: Shard) -> int:
        """The position of the last event settled. Raises `MovedOnError` where the shard is not ours any more."""
        place = self._places.get(shard)
        if place is None:
            raise MovedOnError(self._reader)
        return place.pos

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
                now = self._places[shard]
                moves.expected[shard] = now.pos
                moves.places[shard] = Place(now.pos, now.next_offset, self.cluster_id)
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

    def is_behind(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether a shard that should move has something to read; sets the lag by topic."""
        lag, behind = dict.fromkeys(self._topics, 0), False
        for partition, end in ends.items():
            shard = (partition.topic, partition.partition)
            sequence, offset = self.sequences.get(shard), self.next_offset(shard)
            if sequence is None or offset is None:
                behind = True  # given to us, and we have no place in it: a moment is a rebalance, a minute is not
                continue
            lag[partition.topic] += max(0, end - offset)
            behind |= end > offset and sequence.stopped is None and sequence.hole_since is None
        for topic, count in lag.items():
            metrics.READER_LAG.labels(self._reader, topic).set(count)
        return behind

    def stop_all(self, consumer: AIOKafkaConsumer) -> None:
        """Stop every shard, and each that is given to this process from now on."""
        self.broken = True
        for shard in self.sequences:
            if shard not in self.stopped:
                self.stop_shard(consumer, shard, "breaker")

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
