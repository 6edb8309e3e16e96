"""All SQL over the store's log, beyond what `padan_runtime.log` does for every log."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from padan_runtime.log import table_of
from psycopg import Connection, sql

from padan_household.store.enveloped import EnvelopedEvent

_COLUMNS = sql.SQL(
    "e.key, e.version, e.type, e.value, e.event_id, e.actor, e.correlation_id, e.shard, e.causation_id, e.pos"
)


def _enveloped(row: Sequence[Any]) -> EnvelopedEvent:
    return EnvelopedEvent(UUID(row[0]), *row[1:])


def streams(
    connection: Connection[Any],
    topic: str,
    wanted: Sequence[tuple[int, UUID]],
    after: Mapping[UUID, int] | None = None,
) -> dict[UUID, list[EnvelopedEvent]]:
    """The events of many streams, by stream and in order of versions, in one SELECT. `wanted` is shard and stream,
    `after` says of a stream behind which version it is read."""
    versions = after or {}
    found: dict[UUID, list[EnvelopedEvent]] = {stream: [] for _, stream in wanted}
    rows = connection.execute(
        sql.SQL(
            "SELECT {columns} FROM unnest(%(shards)b::smallint[], %(keys)b::text[], %(after)b::integer[]) "
            "AS w (shard, key, after) "
            # OFFSET 0 keeps the planner from reading whole partitions where an index probe for each stream does.
            "CROSS JOIN LATERAL (SELECT * FROM {log} l WHERE l.shard = w.shard AND l.key = w.key "
            "AND l.version > w.after OFFSET 0) e "
            "ORDER BY e.key, e.version"
        ).format(columns=_COLUMNS, log=sql.Identifier(table_of(topic))),
        {
            "shards": [shard for shard, _ in wanted],
            "keys": [str(stream) for _, stream in wanted],
            "after": [versions.get(stream, 0) for _, stream in wanted],
        },
        binary=True,
    )
    for row in rows:
        event = _enveloped(row)
        found[UUID(row[0])].append(event)
    return found


def of_cause(
    connection: Connection[Any], topic: str, shard: int, stream: UUID, causation_id: UUID
) -> list[EnvelopedEvent]:
    """The events of a stream that have this cause."""
    rows = connection.execute(
        sql.SQL(
            "SELECT {columns} FROM {log} e WHERE e.shard = %(shard)s AND e.key = %(key)s "
            "AND e.causation_id = %(cause)s ORDER BY e.version"
        ).format(columns=_COLUMNS, log=sql.Identifier(table_of(topic))),
        {"shard": shard, "key": str(stream), "cause": causation_id},
        binary=True,
    )
    return [_enveloped(row) for row in rows]


def stream(
    connection: Connection[Any],
    topic: str,
    shard: int,
    originator_id: UUID,
    *,
    gt: int | None,
    lte: int | None,
    desc: bool,
    limit: int | None,
) -> list[EnvelopedEvent]:
    """A part of one stream."""
    rows = connection.execute(
        sql.SQL(
            "SELECT {columns} FROM {log} e WHERE e.shard = %(shard)s AND e.key = %(key)s "
            "AND (%(gt)s::integer IS NULL OR e.version > %(gt)s) "
            "AND (%(lte)s::integer IS NULL OR e.version <= %(lte)s) "
            "ORDER BY e.version {direction} LIMIT %(limit)s"
        ).format(
            columns=_COLUMNS,
            log=sql.Identifier(table_of(topic)),
            direction=sql.SQL("DESC" if desc else "ASC"),
        ),
        {"shard": shard, "key": str(originator_id), "gt": gt, "lte": lte, "limit": limit},
        binary=True,
    )
    return [_enveloped(row) for row in rows]


def run_of_shard(
    connection: Connection[Any],
    topic: str,
    shard: int,
    *,
    first: int,
    last: int | None,
    limit: int,
    types: Sequence[str] = (),
) -> list[EnvelopedEvent]:
    """The events of one shard from position `first` to `last`, of some types where any are named."""
    rows = connection.execute(
        sql.SQL(
            "SELECT {columns} FROM {log} e WHERE e.shard = %(shard)s AND e.pos >= %(first)s "
            "AND (%(last)s::bigint IS NULL OR e.pos <= %(last)s) "
            "AND (cardinality(%(types)s::text[]) = 0 OR e.type = ANY(%(types)s)) ORDER BY e.pos LIMIT %(limit)s"
        ).format(columns=_COLUMNS, log=sql.Identifier(table_of(topic))),
        {"shard": shard, "first": first, "last": last, "types": list(types), "limit": limit},
        binary=True,
    )
    return [_enveloped(row) for row in rows]


def wait_for_writers(connection: Connection[Any], topic: str, shards: Sequence[int]) -> None:
    """Take the heads of some shards: whoever was appending there has committed or is gone when this returns."""
    connection.execute(
        "SELECT 1 FROM log_head WHERE topic = %s AND shard = ANY(%s) ORDER BY topic, shard FOR UPDATE",
        [topic, sorted(set(shards))],
    )
