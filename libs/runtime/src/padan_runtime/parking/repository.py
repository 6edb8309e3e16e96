"""All SQL of what is parked: as the reader writes it, and takes it up again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.topics import parked_topic
from psycopg import Connection

from padan_runtime import log
from padan_runtime.parking.faults import Fault
from padan_runtime.parking.records import Record, pack, service_of
from padan_runtime.positions import MovedOnError, Shard

Key = tuple[str, int, str]
"""Topic, shard and key: what waits in one line."""

_SUBJECT: LiteralString = "parked_id, reader, topic, shard, pos, record_offset, event_id, type, key"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A parked record as it is taken up again. `pos` and `line` are None where it is no event."""

    parked_id: UUID
    topic: str
    shard: int
    pos: int | None
    key: bytes | None
    value: bytes | None
    headers: bytes
    state: str
    asked_by: str | None

    @property
    def line(self) -> Key | None:
        """The line it waits in."""
        return None if self.pos is None or self.key is None else (self.topic, self.shard, self.key.decode())


def park(connection: Connection[Any], records: Sequence[Record]) -> None:
    """Set records aside, with a copy of each for the relay where this database has the log for it. One that is
    parked already, or was dropped, is passed over: a record without position may be read twice."""
    by_id = {record.parked_id: record for record in records}
    ids = list(by_id)
    known = connection.execute(
        "SELECT parked_id FROM parked WHERE parked_id = ANY(%(ids)b) "
        "UNION SELECT parked_id FROM operator_action WHERE parked_id = ANY(%(ids)b)",
        {"ids": ids},
    ).fetchall()
    for (parked_id,) in known:
        del by_id[parked_id]
    fresh = list(by_id.values())
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO parked (parked_id, reader, topic, shard, pos, record_offset, cluster_id, key, key_digest, "
            "event_id, type, headers, value, reason, error) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %b, %b, %s, %s, %b, %b, %s, %s)",
            [_columns(record) for record in fresh],
        )
    topics = list({parked_topic(record.topic, service_of(record.reader)) for record in fresh})
    logs = connection.execute("SELECT DISTINCT topic FROM log_head WHERE topic = ANY(%s)", [topics]).fetchall()
    copies = [copy for copy in (record.copy() for record in fresh) if (copy.topic,) in logs]
    if copies:
        log.append(connection, copies)


def _columns(record: Record) -> tuple[Any, ...]:
    event = record.event
    return (
        record.parked_id,
        record.reader,
        record.topic,
        record.shard,
        None if event is None else event.pos,
        record.offset,
        record.cluster_id,
        record.key,
        None if event is None else _digest(event.key),
        None if event is None else event.event_id,
        record.type,
        pack(record.headers),
        record.value,
        record.fault.reason.value,
        record.fault.error,
    )


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def blocked(connection: Connection[Any], reader: str, shards: Collection[Shard]) -> dict[Shard, set[str]]:
    """By shard, the keys behind which events wait."""
    keys: dict[Shard, set[str]] = {shard: set() for shard in shards}
    for topic, shard, key in connection.execute(
        "SELECT DISTINCT topic, shard, key FROM parked WHERE reader = %s AND pos IS NOT NULL", [reader]
    ):
        if (topic, shard) in keys:
            keys[topic, shard].add(bytes(key).decode())
    return keys


def still_blocked(connection: Connection[Any], reader: str, lines: Iterable[Key]) -> set[Key]:
    """Those of these lines in which something is parked."""
    wanted = {(topic, _digest(key)): (topic, shard, key) for topic, shard, key in lines}
    rows = connection.execute(
        "SELECT DISTINCT p.topic, p.key_digest FROM unnest(%(topics)s::text[], %(digests)b::bytea[]) "
        "AS w (topic, key_digest) JOIN parked p USING (topic, key_digest) WHERE p.reader = %(reader)s",
        {
            "reader": reader,
            "topics": [topic for topic, _ in wanted],
            "digests": [digest for _, digest in wanted],
        },
    )
    return {wanted[topic, bytes(digest)] for topic, digest in rows}


def check_blocked(connection: Connection[Any], reader: str, events: Sequence[Event]) -> None:
    """Raises `MovedOnError` where nothing is parked any more that one of these events would wait behind: another
    process took it up, which moves no place."""
    if events:
        wanted = {(event.topic, event.shard, event.key) for event in events}
        if still_blocked(connection, reader, wanted) != wanted:
            raise MovedOnError(reader)


def counts(connection: Connection[Any], readers: Sequence[str]) -> dict[str, int]:
    """How many records each reader has parked."""
    found: dict[str, int] = dict(
        connection.execute(
            "SELECT reader, count(*) FROM parked WHERE reader = ANY(%s) GROUP BY reader", [list(readers)]
        ).fetchall()
    )
    return {reader: found.get(reader, 0) for reader in readers}


def asked(connection: Connection[Any], reader: str, state: str, limit: int) -> list[Row]:
    """The records of which an operator asked `state` (retry or drop)."""
    rows = connection.execute(
        "SELECT p.parked_id, p.topic, p.shard, p.pos, p.key, p.value, p.headers, p.state, p.asked_by FROM parked p "
        "WHERE p.reader = %s AND p.state <> 'parked' AND p.state = %s "
        "ORDER BY p.topic, p.shard, p.pos LIMIT %s",
        [reader, state, limit],
    )
    return [_row(row) for row in rows]


def lines(connection: Connection[Any], reader: str, wanted: Collection[Key], limit: int) -> list[Row]:
    """Everything that waits in these lines, each from its head on; at most `limit` of it."""
    rows = connection.execute(
        "SELECT p.parked_id, p.topic, p.shard, p.pos, p.key, p.value, p.headers, p.state, p.asked_by "
        "FROM unnest(%(topics)s::text[], %(digests)b::bytea[]) AS w (topic, key_digest) "
        "JOIN parked p USING (topic, key_digest) WHERE p.reader = %(reader)s "
        "ORDER BY p.topic, p.shard, p.pos LIMIT %(limit)s",
        {
            "reader": reader,
            "topics": [topic for topic, _, _ in wanted],
            "digests": [_digest(key) for _, _, key in wanted],
            "limit": limit,
        },
    )
    return [_row(row) for row in rows]


def _row(columns: Sequence[Any]) -> Row:
    parked_id, topic, shard, pos, key, value, headers, state, asked_by = columns
    return Row(
        parked_id=parked_id,
        topic=topic,
        shard=shard,
        pos=pos,
        key=None if key is None else bytes(key),
        value=None if value is None else bytes(value),
        headers=bytes(headers),
        state=state,
        asked_by=asked_by,
    )


def take_out(connection: Connection[Any], actors: Mapping[UUID, str], action: str) -> bool:
    """Remove rows and note who had it done (`retried`, `dropped`). False, with nothing done, where one is gone, or
    where one was to be retried and is meanwhile asked to be dropped: that is the later word."""
    ids = list(actors)
    held = connection.execute(
        "SELECT parked_id FROM parked WHERE parked_id = ANY(%b) AND (state <> 'drop' OR %s) "
        "ORDER BY parked_id FOR UPDATE",
        [ids, action == "dropped"],
    ).fetchall()
    if len(held) != len(ids):
        return False
    note(connection, actors, action)
    connection.execute("DELETE FROM parked WHERE parked_id = ANY(%b)", [ids])
    return True


def note(connection: Connection[Any], actors: Mapping[UUID, str], action: str, reason: str | None = None) -> None:
    """Write down what was done with parked rows, and by whom."""
    connection.execute(
        "INSERT INTO operator_action (actor, action, reason, " + _SUBJECT + ", parked_for, digest) "
        "SELECT w.actor, %(action)s, %(reason)s, " + _SUBJECT + ", p.reason, sha256(coalesce(p.value, '')) "
        "FROM unnest(%(ids)b::uuid[], %(actors)s::text[]) AS w (parked_id, actor) JOIN parked p USING (parked_id) "
        "ORDER BY p.topic, p.shard, p.pos",
        {"action": action, "reason": reason, "ids": list(actors), "actors": list(actors.values())},
    )


def failed_again(connection: Connection[Any], parked_id: UUID, fault: Fault, *, tried: str) -> None:
    """A try (`retry` or `drop`) that failed: the row stays, with what happened this time, and its line waits on. A drop
    that was asked for while a retry was under way is still to come."""
    connection.execute(
        "UPDATE parked SET attempts = attempts + 1, tried_at = clock_timestamp(), "
        "state = CASE WHEN state = 'drop' AND %(tried)s <> 'drop' THEN state ELSE 'parked' END, "
        "reason = %(reason)s, error = %(error)s WHERE parked_id = %(id)s",
        {"id": parked_id, "reason": fault.reason.value, "error": fault.error, "tried": tried},
    )
    connection.execute(
        "UPDATE parked p SET state = 'parked' FROM parked h WHERE h.parked_id = %s AND p.reader = h.reader "
        "AND p.topic = h.topic AND p.key_digest = h.key_digest AND p.state = 'retry'",
        [parked_id],
    )


def retry_next(connection: Connection[Any], reader: str, line: Key, actor: str) -> None:
    """Have what now stands at the head of a line tried, unless something is asked of it already."""
    topic, _, key = line
    connection.execute(
        "UPDATE parked SET state = 'retry', asked_by = %(actor)s WHERE state = 'parked' AND parked_id = ("
        "SELECT parked_id FROM parked WHERE reader = %(reader)s AND topic = %(topic)s AND key_digest = %(digest)b "
        "ORDER BY pos LIMIT 1)",
        {"actor": actor, "reader": reader, "topic": topic, "digest": _digest(key)},
    )
