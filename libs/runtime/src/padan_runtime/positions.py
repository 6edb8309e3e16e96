"""Where readers stand: rows written in the same transaction as what the reading led to."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from psycopg import Connection

RECENT = 1_000
"""Event ids kept of each shard, to recognize a position that was given out twice."""


class MovedOnError(RuntimeError):
    """Another reader of the same name has moved a position: roll back, drop what is buffered and seek again."""


class Place(msgspec.Struct):
    """A reader's place in one shard of a topic: the last position applied, and Kafka's next offset."""

    pos: int
    next_offset: int
    cluster_id: str


Shard = tuple[str, int]


def claim(connection: Connection[Any], reader: str, expected: dict[Shard, int]) -> None:
    """Lock the positions of `expected` in the order (topic, shard); the first statement of a reader's transaction.

    Raises `MovedOnError` where one is not where the reader believes it to be.
    """
    wanted = sorted(expected)
    rows = connection.execute(
        "SELECT p.topic, p.shard, p.pos FROM reader_position p "
        "JOIN unnest(%(topics)s::text[], %(shards)s::smallint[]) AS w (topic, shard) "
        "ON p.topic = w.topic AND p.shard = w.shard WHERE p.reader = %(reader)s "
        "ORDER BY p.topic, p.shard FOR UPDATE OF p",
        {"reader": reader, "topics": [t for t, _ in wanted], "shards": [s for _, s in wanted]},
    ).fetchall()
    if {(topic, shard): pos for topic, shard, pos in rows} != expected:
        raise MovedOnError(reader)


def move(
    connection: Connection[Any], reader: str, places: Mapping[Shard, Place], ids: Mapping[Shard, Sequence[bytes]]
) -> None:
    """Write the new places, and the event ids applied since the last ones; forget ids older than `RECENT`."""
    connection.execute(
        "UPDATE reader_position p SET pos = w.pos, next_offset = w.next_offset, cluster_id = w.cluster_id FROM "
        "unnest(%(topics)s::text[], %(shards)s::smallint[], %(positions)s::bigint[], %(offsets)s::bigint[], "
        "%(clusters)s::text[]) AS w (topic, shard, pos, next_offset, cluster_id) "
        "WHERE p.reader = %(reader)s AND p.topic = w.topic AND p.shard = w.shard",
        {
            "reader": reader,
            "topics": [t for t, _ in places],
            "shards": [s for _, s in places],
            "positions": [place.pos for place in places.values()],
            "offsets": [place.next_offset for place in places.values()],
            "clusters": [place.cluster_id for place in places.values()],
        },
    )
    fresh = [(t, s, places[t, s].pos, b"".join(run[-RECENT:])) for (t, s), run in ids.items() if run]
    if not fresh:
        return
    columns = {
        "reader": reader,
        "topics": [t for t, *_ in fresh],
        "shards": [s for _, s, *_ in fresh],
        "positions": [pos for _, _, pos, _ in fresh],
    }
    connection.execute(
        "INSERT INTO reader_recent (reader, topic, shard, last_pos, ids) "
        "SELECT %(reader)s, * FROM unnest(%(topics)s::text[], %(shards)s::smallint[], %(positions)s::bigint[], "
        "%(ids)b::bytea[])",
        {**columns, "ids": [ids_ for *_, ids_ in fresh]},
    )
    connection.execute(
        "DELETE FROM reader_recent r USING unnest(%(topics)s::text[], %(shards)s::smallint[], "
        "%(positions)s::bigint[]) AS w (topic, shard, pos) WHERE r.reader = %(reader)s AND r.topic = w.topic "
        "AND r.shard = w.shard AND r.last_pos <= w.pos - %(kept)s",
        {**columns, "kept": RECENT},
    )


def begin(connection: Connection[Any], reader: str, shards: Sequence[Shard], cluster_id: str) -> dict[Shard, Place]:
    """The places of a reader in `shards`; one that has none yet begins before the first event."""
    connection.execute(
        "INSERT INTO reader_position (reader, topic, shard, cluster_id) SELECT %(reader)s, topic, shard, %(cluster)s "
        "FROM unnest(%(topics)s::text[], %(shards)s::smallint[]) AS w (topic, shard) ON CONFLICT DO NOTHING",
        {
            "reader": reader,
            "cluster": cluster_id,
            "topics": [t for t, _ in sorted(shards)],
            "shards": [s for _, s in sorted(shards)],
        },
    )
    rows = connection.execute(
        "SELECT topic, shard, pos, next_offset, cluster_id FROM reader_position WHERE reader = %s", [reader]
    )
    wanted = set(shards)
    return {
        (topic, shard): Place(pos, offset, cluster)
        for topic, shard, pos, offset, cluster in rows
        if (topic, shard) in wanted
    }


def recent_ids(connection: Connection[Any], reader: str, shards: Sequence[Shard]) -> dict[Shard, dict[int, bytes]]:
    """By shard, the event ids of the last positions applied."""
    known: dict[Shard, dict[int, bytes]] = {shard: {} for shard in shards}
    rows = connection.execute(
        "SELECT topic, shard, last_pos, ids FROM reader_recent WHERE reader = %s ORDER BY topic, shard, last_pos",
        [reader],
    )
    for topic, shard, last_pos, ids in rows:
        if (topic, shard) not in known:
            continue
        count = len(ids) // 16
        for index in range(count):
            known[topic, shard][last_pos - count + 1 + index] = ids[16 * index : 16 * index + 16]
    return known


def vector(connection: Connection[Any], reader: str) -> dict[str, dict[int, int]]:
    """By topic and shard, the last position a reader has applied."""
    reached: dict[str, dict[int, int]] = {}
    for topic, shard, pos in connection.execute(
        "SELECT topic, shard, pos FROM reader_position WHERE reader = %s", [reader]
    ):
        reached.setdefault(topic, {})[shard] = pos
    return reached
