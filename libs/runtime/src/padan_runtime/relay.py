"""The relay: sends what stands in a service's logs to Kafka, in the order of positions, at least once.

One leader at a time (an advisory lock on a connection of its own, taken away from a leader that sleeps). The cursor is
saved after Kafka acknowledged; whatever goes wrong, the producer is closed and the relay begins again from the cursor,
so a reader may see repeats and, for a moment, a hole, and never a loss. `(shard, pos)` on each record lets readers
notice both.
"""

import asyncio
import contextlib
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import Any

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from padan_events import Event
from padan_events.envelope import to_headers
from padan_events.kafka_client import Kafka, client_of
from psycopg import Connection

from padan_runtime import log, metrics
from padan_runtime.database import GENERIC_PLANS, Database
from padan_runtime.kafka_client import explain
from padan_runtime.logs import logger
from padan_runtime.same_server import SameServer

CHANNEL = "padan_log"
_LEADER_LOCK = 0x7061_6461_6E02
_POLL_S = 1.0
_BEAT_S = 2.0
ASLEEP_AFTER_S = 15.0
"""A leader that has asked its database nothing for so long is taken for asleep."""
_PER_SHARD = 500
_PACE_S = 0.02
"""Between two reads that find something: what is committed meanwhile goes with the second."""
_BATCH_BYTES = 900_000  # below message.max.bytes of the brokers


class LostLeadershipError(RuntimeError):
    """The connection that held the leader's lock is gone: another relay may be at work, so this process ends."""


class Relay:
    """Relays the logs of `topics` from one database; `source` is the CloudEvents source, e.g. /padan/household.
    `server` holds its connection to the server of the others."""

    def __init__(
        self, database_url: str, kafka: Kafka, topics: Sequence[str], *, source: str, server: SameServer | None = None
    ) -> None:
        self._url, self._kafka, self._topics, self._source = database_url, client_of(kafka), tuple(topics), source
        self._server = server
        self._cursor: dict[tuple[str, int], int] = {}
        self._sent: dict[tuple[str, int], int] = {}
        self.leading = False
        metrics.RELAY_LEADING.labels(source).set(0)

    async def run(self, stop: asyncio.Event) -> None:
        """Wait for the lead, then relay until `stop` is set. Raises `LostLeadershipError`, `ServerChangedError`."""
        connection = await asyncio.to_thread(self._connect)
        try:
            while not stop.is_set():
                if await asyncio.to_thread(self._try_lead, connection):
                    break
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _POLL_S)
            self.leading = not stop.is_set()
            metrics.RELAY_LEADING.labels(self._source).set(self.leading)
            if self.leading:
                await self._lead(connection, stop)
        except psycopg.Error as error:
            raise LostLeadershipError from error
        finally:
            self.leading = False
            metrics.RELAY_LEADING.labels(self._source).set(0)
            await asyncio.to_thread(connection.close)

    async def _lead(self, connection: Connection[Any], stop: asyncio.Event) -> None:
        """Relay for as long as the lock's connection lives; a lost one ends the relay at once, not with the next
        statement: it may be waiting for Kafka. Raises psycopg's errors."""
        heart = asyncio.create_task(self._beat(connection))
        work = asyncio.create_task(self._work(connection, stop))
        try:
            await asyncio.wait({heart, work}, return_when=asyncio.FIRST_COMPLETED)
            if heart.done():
                await heart
            await work
        finally:
            for task in (heart, work):
                task.cancel()
            await asyncio.gather(heart, work, return_exceptions=True)

    async def _work(self, connection: Connection[Any], stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._relay_with_one_producer(connection, stop)

    @staticmethod
    async def _beat(connection: Connection[Any]) -> None:
        """Show that this process is awake: to a relay that waits, and to itself."""
        while True:
            await asyncio.to_thread(connection.execute, "SELECT 1")
            await asyncio.sleep(_BEAT_S)

    def _connect(self) -> Connection[Any]:
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            application_name="relay",
            options=GENERIC_PLANS,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=15000,
        )
        try:
            if self._server is not None:
                self._server.check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _try_lead(connection: Connection[Any]) -> bool:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LEADER_LOCK]).fetchone()
        if row is None or not row[0]:
            _depose_sleeper(connection)
            return False
        connection.execute(f"LISTEN {CHANNEL}")
        return True

    async def _relay_with_one_producer(self, connection: Connection[Any], stop: asyncio.Event) -> None:
        self._cursor = await asyncio.to_thread(self._read_cursor, connection)
        self._sent = dict(self._cursor)
        producer = AIOKafkaProducer(
            **self._kafka.options(),
            enable_idempotence=True,
            acks="all",
            max_batch_size=_BATCH_BYTES,
            max_request_size=1_000_000,
            request_timeout_ms=15_000,
        )
        try:
            await producer.start()
            await self._relay(connection, producer, stop)
        except (KafkaError, OSError, TimeoutError) as error:
            metrics.RELAY_FAILURES.inc()
            logger().warning("relay begins again", error=type(error).__name__)
            await explain(self._kafka, error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)
        finally:
            await _close(producer)

    async def _relay(self, connection: Connection[Any], producer: AIOKafkaProducer, stop: asyncio.Event) -> None:
        """Read ahead of what Kafka has acknowledged by one read, so that neither waits for the other."""
        under_way: deque[tuple[list[Event], list[asyncio.Future[Any]]]] = deque()
        found_at = 0.0
        while not stop.is_set() or under_way:
            await asyncio.sleep(max(0.0, found_at + _PACE_S - time.monotonic()))
            events = [] if stop.is_set() else await asyncio.to_thread(self._read_tails, connection)
            if events:
                found_at = time.monotonic()
                under_way.append((events, await self._hand_over(producer, events)))
            if under_way and (len(under_way) > 1 or not events):
                acknowledged, outcomes = under_way.popleft()
                await asyncio.gather(*outcomes)
                await asyncio.to_thread(self._save_cursor, connection, acknowledged)
            elif not events:
                await asyncio.to_thread(self._wait_for_hint, connection)

    async def _hand_over(self, producer: AIOKafkaProducer, events: Sequence[Event]) -> list[asyncio.Future[Any]]:
        outcomes: list[asyncio.Future[Any]] = []
        for (topic, shard), run in _runs(events).items():
            outcomes += await _send(producer, topic, shard, run)
            self._sent[topic, shard] = run[-1].pos
        for outcome in outcomes:
            # The first failure ends this producer; the failures behind it are no news.
            outcome.add_done_callback(lambda future: future.cancelled() or future.exception())
        return outcomes

    def _read_cursor(self, connection: Connection[Any]) -> dict[tuple[str, int], int]:
        rows = connection.execute(
            "SELECT topic, shard, pos FROM relay_cursor WHERE topic = ANY(%s)", [list(self._topics)]
        )
        return {(topic, shard): pos for topic, shard, pos in rows}

    def _read_tails(self, connection: Connection[Any]) -> list[Event]:
        behind: dict[str, dict[int, int]] = defaultdict(dict)
        lag = dict.fromkeys(self._topics, 0)
        for topic, shard, pos in connection.execute(
            "SELECT topic, shard, pos FROM log_head WHERE topic = ANY(%s)", [list(self._topics)]
        ):
            lag[topic] += pos - self._cursor[topic, shard]
            if pos > self._sent[topic, shard]:
                behind[topic][shard] = self._sent[topic, shard]
        for topic, count in lag.items():
            metrics.RELAY_LAG.labels(topic).set(count)
        events: list[Event] = []
        for topic, after in behind.items():
            events += log.read_after(connection, topic, self._source, after, _PER_SHARD)
        return events

    def _save_cursor(self, connection: Connection[Any], events: Sequence[Event]) -> None:
        reached = {(event.topic, event.shard): event.pos for event in events}
        connection.execute(
            "UPDATE relay_cursor c SET pos = w.pos FROM unnest(%s::text[], %s::smallint[], %s::bigint[]) "
            "AS w (topic, shard, pos) WHERE c.topic = w.topic AND c.shard = w.shard",
            [[t for t, _ in reached], [s for _, s in reached], list(reached.values())],
        )
        self._cursor |= reached
        for topic, count in Counter(event.topic for event in events).items():
            metrics.RELAY_SENT.labels(topic).inc(count)

    @staticmethod
    def _wait_for_hint(connection: Connection[Any]) -> None:
        # NOTIFY is only a hint: after a second it looks anyway. The wait also notices a lost connection.
        for _ in connection.notifies(timeout=_POLL_S, stop_after=1):
            return


def _depose_sleeper(connection: Connection[Any]) -> None:
    """End the connection of a leader that sleeps (a stopped process, a frozen machine whose kernel still answers):
    it would hold the lead without end. When it wakes it finds the connection gone, and ends."""
    deposed = connection.execute(
        "SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND (l.classid::bigint << 32 | l.objid::bigint) = %s "
        "AND a.state_change < clock_timestamp() - make_interval(secs => %s) "
        # A long statement is work; one that waits for its client to take the rows is sleep.
        "AND (a.state <> 'active' OR a.wait_event_type = 'Client')",
        [_LEADER_LOCK, ASLEEP_AFTER_S],
    ).fetchall()
    if deposed:
        logger().warning("the leading relay sleeps: its lock is taken away")


async def _close(producer: AIOKafkaProducer) -> None:
    """Close a producer. One that failed would wait for its broker without end; its batches are sent again anyway."""
    try:
        await asyncio.wait_for(producer.stop(), 5)
    except (KafkaError, TimeoutError):
        # Its stop was cut off in the middle: end the sender, or it would go on beside the next producer.
        with contextlib.suppress(KafkaError, TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(producer._sender.close(), 2)
        with contextlib.suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(producer.client.close(), 2)


def hint(database: Database) -> None:
    """Tell the relay, wherever it runs, that there is something to send: behind the append's transaction, since NOTIFY
    inside one takes a lock across the whole database at commit. Raises psycopg's errors."""
    with database.statement() as connection:
        connection.execute(f"NOTIFY {CHANNEL}")


def _runs(events: Sequence[Event]) -> dict[tuple[str, int], list[Event]]:
    runs: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in events:
        runs[event.topic, event.shard].append(event)
    return runs


async def _send(producer: AIOKafkaProducer, topic: str, shard: int, run: Sequence[Event]) -> list[asyncio.Future[Any]]:
    """Hand one shard's events to the producer in as few batches as hold them; batches of a partition stay in order."""
    sent = []
    batch = producer.create_batch()
    for event in run:
        fields = {
            "key": event.key.encode(),
            "value": event.value,
            "timestamp": int(event.time.timestamp() * 1000),
            "headers": to_headers(event),
        }
        if batch.append(**fields) is None:
            sent.append(await producer.send_batch(batch, topic, partition=shard))
            batch = producer.create_batch()
            batch.append(**fields)  # never too large: `log.append` saw to it
    sent.append(await producer.send_batch(batch, topic, partition=shard))
    return sent
