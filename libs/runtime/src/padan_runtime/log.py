"""The sharded log: contiguous positions 1, 2, 3 ... for each topic and shard, in PostgreSQL.

Lock order everywhere: reader positions by shard, then claims by hash, then heads by (topic, shard). Unsorted, two
appends over two shards deadlock (13 of 2,000 tries).
"""

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from padan_events import SHARDS, Event
from psycopg import Connection, sql

from padan_runtime import metrics

COPY_FROM = 64
"""From this many events on, COPY is faster than an INSERT from arrays."""

LARGEST_VALUE_BYTES = 800_000
"""An event larger than Kafka takes (1 MB with its headers) would stop its service's relay for ever."""

_COLUMNS = "shard, pos, event_id, type, key, version, time, actor, causation_id, correlation_id, value"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An event to append. `version` is its place in its stream where the log is an event store, else None."""

    topic: str
    shard: int
    key: str
    event_id: UUID
    type: str
    value: bytes
    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    version: int | None = None


class Appended(msgspec.Struct, frozen=True):
    """What an append took: a position `(shard, pos)` for each entry, in order, and the time of all of them."""

    positions: list[tuple[int, int]]
    recorded_at: datetime


class EntryTooLargeError(ValueError):
    """An event above `LARGEST_VALUE_BYTES`: its command must be refused, not recorded."""


def table_of(topic: str) -> str:
    """The name of the table behind a topic's log."""
    return "log_" + topic.replace(".", "_")


def append(connection: Connection[Any], entries: Sequence[Entry]) -> Appended:
    """Append to one or several logs inside the caller's transaction.

    Takes the heads it needs in the order (topic, shard), and with them the time: never earlier than the last event of
    any head it holds. Raises `EntryTooLargeError`, and `psycopg.errors.UniqueViolation` where an event or a stream's
    version is there already (then nothing is appended: the caller's transaction is lost).
    """
    if not entries:
        raise ValueError("nothing to append")
    largest = max(entries, key=lambda entry: len(entry.value))
    if len(largest.value) > LARGEST_VALUE_BYTES:
        raise EntryTooLargeError(f"{largest.type} {largest.event_id}: {len(largest.value)} bytes")
    with metrics.LOG_APPEND_SECONDS.time():
        heads, recorded_at = _lock_heads(connection, entries)
        positions: list[tuple[int, int]] = []
        by_topic: dict[str, list[int]] = defaultdict(list)
        for index, entry in enumerate(entries):
            head = (entry.topic, entry.shard)
            pos = heads[head] = heads[head] + 1
            positions.append((entry.shard, pos))
            by_topic[entry.topic].append(index)
        for topic, indexes in by_topic.items():
            write = _copy if len(indexes) >= COPY_FROM else _insert
            write(connection, topic, [(entries[i], positions[i][1]) for i in indexes], recorded_at)
            metrics.LOG_APPENDED.labels(topic).inc(len(indexes))
        _move_heads(connection, heads, recorded_at)
    return Appended(positions, recorded_at)


def _lock_heads(connection: Connection[Any], entries: Sequence[Entry]) -> tuple[dict[tuple[str, int], int], datetime]:
    wanted = sorted({(entry.topic, entry.shard) for entry in entries})
    with connection.pipeline():
        rows = connection.execute(
            "SELECT h.topic, h.shard, h.pos, CASE WHEN isfinite(h.last_at) THEN h.last_at END FROM log_head h "
            "JOIN unnest(%(topics)s::text[], %(shards)s::smallint[]) AS w (topic, shard) "
            "ON h.topic = w.topic AND h.shard = w.shard ORDER BY h.topic, h.shard FOR UPDATE OF h",
            {"topics": [topic for topic, _ in wanted], "shards": [shard for _, shard in wanted]},
        )
        # A statement of its own, so that the clock is read when every lock is held.
        clock = connection.execute("SELECT clock_timestamp()")
    locked = rows.fetchall()
    if len(locked) != len(wanted):
        raise LookupError(f"no log here for {sorted({t for t, _ in wanted} - {row[0] for row in locked})}")
    now = clock.fetchone()
    assert now is not None
    recorded_at = max([now[0], *(last + _MICROSECOND for *_, last in locked if last is not None)])
    return {(topic, shard): pos for topic, shard, pos, _ in locked}, recorded_at


def lock_head(connection: Connection[Any], topic: str, shard: int) -> int:
    """Lock one head until the end of the transaction; its position."""
    row = connection.execute(
        "SELECT pos FROM log_head WHERE topic = %s AND shard = %s FOR UPDATE", [topic, shard]
    ).fetchone()
    if row is None:
        raise LookupError(f"no log here for {topic}")
    return int(row[0])


def put_back(connection: Connection[Any], events: Sequence[tuple[Event, int | None]]) -> None:
    """Put back events that one shard of a log has lost, with the positions and times they had, inside the caller's
    transaction; `events` are (event, version) from the head's next position on.

    Raises `ValueError` where they would leave a hole, and `UniqueViolation`.
    """
    if not events:
        return
    topic, shard = events[0][0].topic, events[0][0].shard
    head = lock_head(connection, topic, shard)
    for event, version in events:
        if event.pos != head + 1:
            raise ValueError(f"{topic}/{shard}: {event.pos} does not follow {head}")
        head = event.pos
        entry = Entry(
            topic=topic,
            shard=event.shard,
            key=event.key,
            event_id=event.event_id,
            type=event.type,
            value=event.value,
            actor=event.actor,
            correlation_id=event.correlation_id,
            causation_id=event.causation_id,
            version=version,
        )
        _insert(connection, topic, [(entry, event.pos)], event.time)
    connection.execute(
        "UPDATE log_head SET pos = %s, last_at = greatest(last_at, %s) WHERE topic = %s AND shard = %s",
        [head, max(event.time for event, _ in events), topic, shard],
    )


def _move_heads(connection: Connection[Any], heads: dict[tuple[str, int], int], recorded_at: datetime) -> None:
    connection.execute(
        "UPDATE log_head h SET pos = w.pos, last_at = %(at)s "
        "FROM unnest(%(topics)s::text[], %(shards)s::smallint[], %(positions)s::bigint[]) AS w (topic, shard, pos) "
        "WHERE h.topic = w.topic AND h.shard = w.shard",
        {
            "at": recorded_at,
            "topics": [topic for topic, _ in heads],
            "shards": [shard for _, shard in heads],
            "positions": list(heads.values()),
        },
    )


def _insert(
    connection: Connection[Any], topic: str, numbered: Sequence[tuple[Entry, int]], recorded_at: datetime
) -> None:
    connection.execute(
        sql.SQL(
            "INSERT INTO {} (" + _COLUMNS + ") "
            "SELECT shard, pos, event_id, type, key, version, %(at)s, actor, causation_id, correlation_id, value "
            "FROM unnest(%(shards)b::smallint[], %(positions)b::bigint[], %(ids)b::uuid[], %(types)b::text[], "
            "%(keys)b::text[], %(versions)b::integer[], %(actors)b::text[], %(causes)b::uuid[], %(chains)b::uuid[], "
            "%(values)b::bytea[]) AS e (shard, pos, event_id, type, key, version, actor, causation_id, "
            "correlation_id, value)"
        ).format(sql.Identifier(table_of(topic))),
        {
            "at": recorded_at,
            "shards": [e.shard for e, _ in numbered],
            "positions": [pos for _, pos in numbered],
            "ids": [e.event_id for e, _ in numbered],
            "types": [e.type for e, _ in numbered],
            "keys": [e.key for e, _ in numbered],
            "versions": [e.version for e, _ in numbered],
            "actors": [e.actor for e, _ in numbered],
            "causes": [e.causation_id for e, _ in numbered],
            "chains": [e.correlation_id for e, _ in numbered],
            "values": [e.value for e, _ in numbered],
        },
    )


def _copy(
    connection: Connection[Any], topic: str, numbered: Sequence[tuple[Entry, int]], recorded_at: datetime
) -> None:
    statement = sql.SQL("COPY {} (" + _COLUMNS + ") FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table_of(topic)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for buffer in _binary_rows(numbered, recorded_at):
            copy.write(buffer)


_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_FIELDS = struct.Struct("!hihiqi")
_LENGTH = struct.Struct("!i")
_VERSION = struct.Struct("!ii")
_TIME = struct.Struct("!iq")
_NULL = _LENGTH.pack(-1)
_UUID_LENGTH = _LENGTH.pack(16)
_BUFFER_BYTES = 1 << 20


def _text(value: str) -> bytes:
    data = value.encode()
    return _LENGTH.pack(len(data)) + data


def _uuid(value: UUID | None) -> bytes:
    return _NULL if value is None else _UUID_LENGTH + value.bytes


def _binary_rows(numbered: Sequence[tuple[Entry, int]], recorded_at: datetime) -> Iterator[bytes]:
    """PostgreSQL's binary COPY format by hand: a driver's row-by-row adaptation took three times as long."""
    time = _TIME.pack(8, (recorded_at - _EPOCH) // _MICROSECOND)
    packed: dict[str, bytes] = {}  # types and actors repeat
    parts, size = [_HEADER], 0
    for entry, pos in numbered:
        type_ = packed.get(entry.type) or packed.setdefault(entry.type, _text(entry.type))
        actor = packed.get(entry.actor) or packed.setdefault(entry.actor, _text(entry.actor))
        row = b"".join(
            (
                _FIELDS.pack(11, 2, entry.shard, 8, pos, 16),
                entry.event_id.bytes,
                type_,
                _text(entry.key),
                _NULL if entry.version is None else _VERSION.pack(4, entry.version),
                time,
                actor,
                _uuid(entry.causation_id),
                _uuid(entry.correlation_id),
                _LENGTH.pack(len(entry.value)),
                entry.value,
            )
        )
        parts.append(row)
        size += len(row)
        if size >= _BUFFER_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    parts.append(b"\xff\xff")
    yield b"".join(parts)


def heads(connection: Connection[Any], topic: str) -> list[int]:
    """The position of the last event of each shard, by shard: a cut where it is one statement's snapshot."""
    rows = connection.execute("SELECT shard, pos FROM log_head WHERE topic = %s ORDER BY shard", [topic]).fetchall()
    vector = [0] * SHARDS
    for shard, pos in rows:
        vector[shard] = pos
    return vector


def read_after(connection: Connection[Any], topic: str, source: str, after: dict[int, int], limit: int) -> list[Event]:
    """The events of each shard in `after` beyond its position there, at most `limit` a shard, by shard and pos."""
    rows = connection.execute(
        sql.SQL(
            "SELECT e.shard, e.pos, e.event_id, e.type, e.key, e.time, e.actor, e.causation_id, e.correlation_id, "
            "e.value FROM unnest(%(shards)s::smallint[], %(after)s::bigint[]) AS c (shard, pos) CROSS JOIN LATERAL "
            "(SELECT * FROM {} l WHERE l.shard = c.shard AND l.pos > c.pos ORDER BY l.pos LIMIT %(limit)s) e "
            "ORDER BY e.shard, e.pos"
        ).format(sql.Identifier(table_of(topic))),
        {"shards": list(after), "after": list(after.values()), "limit": limit},
        binary=True,
    ).fetchall()
    return [
        Event(
            topic=topic,
            source=source,
            shard=shard,
            pos=pos,
            event_id=event_id,
            type=type_,
            key=key,
            time=time,
            actor=actor,
            causation_id=causation_id,
            correlation_id=correlation_id,
            value=value,
        )
        for shard, pos, event_id, type_, key, time, actor, causation_id, correlation_id, value in rows
    ]
