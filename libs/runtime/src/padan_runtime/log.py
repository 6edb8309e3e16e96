"""The sharded log: contiguous positions 1, 2, 3 ... for each topic and shard, in PostgreSQL.

Lock order everywhere: reader positions by shard, then claims by hash, then heads by (topic, shard). Unsorted, two
appends over two shards deadlock (13 of 2,000 tries).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from padan_events import SHARDS, Event
from psycopg import Connection, errors, sql

from padan_runtime import metrics
from padan_runtime.copying import binary_rows
from padan_runtime.database import Database

COPY_FROM = 64
"""From this many events on, COPY is faster than an INSERT from arrays."""

LARGEST_VALUE_BYTES = 800_000
"""An event larger than Kafka takes (1 MB with its headers) would stop its service's relay for ever."""

_COLUMNS = sql.SQL("shard, pos, event_id, type, key, version, time, actor, causation_id, correlation_id, value")
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
    _require_fit(entries)
    with metrics.LOG_APPEND_SECONDS.time():
        if _is_one_statement(entries):
            return _append_to_one_head(connection, entries)
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


def append_alone(database: Database, entries: Sequence[Entry]) -> Appended:
    """Append in a transaction of its own. Raises as `append` does, and psycopg's errors."""
    # What is one statement needs no BEGIN and no COMMIT, which are a round trip each.
    with database.statement() if _is_one_statement(entries) else database.transaction() as connection:
        return append(connection, entries)


def _is_one_statement(entries: Sequence[Entry]) -> bool:
    return len(entries) < COPY_FROM and len({(entry.topic, entry.shard) for entry in entries}) == 1


def _require_fit(entries: Sequence[Entry]) -> None:
    if not entries:
        raise ValueError("nothing to append")
    largest = max(entries, key=lambda entry: len(entry.value))
    if len(largest.value) > LARGEST_VALUE_BYTES:
        raise EntryTooLargeError(f"{largest.type} {largest.event_id}: {len(largest.value)} bytes")


def _append_to_one_head(connection: Connection[Any], entries: Sequence[Entry]) -> Appended:
    """All in one statement: `held` waits for the lock and gives the row as the append before it left it, and the
    clock is read behind it.
    """
    topic, shard = entries[0].topic, entries[0].shard
    try:
        row = connection.execute(
            sql.SQL(
                "WITH held AS MATERIALIZED (SELECT topic, shard, pos, last_at FROM log_head "
                "WHERE topic = %(topic)s AND shard = %(shard)s FOR UPDATE), "
                "head AS (UPDATE log_head h SET pos = held.pos + %(count)s, "
                "last_at = greatest(clock_timestamp(), held.last_at + interval '1 microsecond') "
                "FROM held WHERE h.topic = held.topic AND h.shard = held.shard RETURNING h.pos, h.last_at), "
                "appended AS (INSERT INTO {table} ({columns}) "
                "SELECT %(shard)s::smallint, head.pos - %(count)s + place, event_id, type, key, version, last_at, "
                "actor, causation_id, correlation_id, value FROM head CROSS JOIN "
                "unnest(%(ids)b::uuid[], %(types)b::text[], %(keys)b::text[], %(versions)b::integer[], "
                "%(actors)b::text[], %(causes)b::uuid[], %(chains)b::uuid[], %(values)b::bytea[]) "
                "WITH ORDINALITY AS e (event_id, type, key, version, actor, causation_id, correlation_id, value, "
                "place)) SELECT pos, last_at FROM head"
            ).format(table=sql.Identifier(table_of(topic)), columns=_COLUMNS),
            {"topic": topic, "shard": shard, "count": len(entries)} | _columns(entries),
        ).fetchone()
    except errors.UndefinedTable as error:
        raise LookupError(f"no log here for {topic}") from error
    if row is None:
        raise LookupError(f"no log here for {topic}/{shard}")
    last, recorded_at = row
    metrics.LOG_APPENDED.labels(topic).inc(len(entries))
    return Appended([(shard, last - len(entries) + place) for place in range(1, len(entries) + 1)], recorded_at)


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
            "INSERT INTO {table} ({columns}) "
            "SELECT shard, pos, event_id, type, key, version, %(at)s, actor, causation_id, correlation_id, value "
            "FROM unnest(%(shards)b::smallint[], %(positions)b::bigint[], %(ids)b::uuid[], %(types)b::text[], "
            "%(keys)b::text[], %(versions)b::integer[], %(actors)b::text[], %(causes)b::uuid[], %(chains)b::uuid[], "
            "%(values)b::bytea[]) AS e (shard, pos, event_id, type, key, version, actor, causation_id, "
            "correlation_id, value)"
        ).format(table=sql.Identifier(table_of(topic)), columns=_COLUMNS),
        {
            "at": recorded_at,
            "shards": [entry.shard for entry, _ in numbered],
            "positions": [pos for _, pos in numbered],
        }
        | _columns([entry for entry, _ in numbered]),
    )


def _columns(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    return {
        "ids": [entry.event_id for entry in entries],
        "types": [entry.type for entry in entries],
        "keys": [entry.key for entry in entries],
        "versions": [entry.version for entry in entries],
        "actors": [entry.actor for entry in entries],
        "causes": [entry.causation_id for entry in entries],
        "chains": [entry.correlation_id for entry in entries],
        "values": [entry.value for entry in entries],
    }


def _copy(
    connection: Connection[Any], topic: str, numbered: Sequence[tuple[Entry, int]], recorded_at: datetime
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table_of(topic)), _COLUMNS)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for buffer in binary_rows(numbered, recorded_at):
            copy.write(buffer)


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
