"""What an operator does with parked records: look, have them tried again, have them dropped.

Nothing is applied here: the reader itself takes up what is asked for. Every request stands in `operator_action`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection, sql

from padan_runtime.parking.repository import note

_COLUMNS = sql.SQL(
    "parked_id, reader, topic, shard, pos, record_offset, cluster_id, key, event_id, type, reason, error, parked_at, "
    "attempts, tried_at, state, coalesce(octet_length(value), 0), sha256(coalesce(value, '')), headers"
)


class Listed(msgspec.Struct, frozen=True):
    """A parked record as an operator sees it: its envelope, and of its value the length and digest only."""

    parked_id: UUID
    reader: str
    topic: str
    shard: int
    pos: int | None
    offset: int
    cluster_id: str
    key: bytes | None
    event_id: UUID | None
    type: str | None
    reason: str
    error: str | None
    parked_at: datetime
    attempts: int
    tried_at: datetime | None
    state: str
    size: int
    digest: bytes
    headers: bytes


class Action(msgspec.Struct, frozen=True):
    """What somebody did with a parked record, or what came of it."""

    at: datetime
    actor: str
    action: str
    reason: str | None
    reader: str
    topic: str
    shard: int
    pos: int | None
    offset: int
    digest: bytes


def listing(
    connection: Connection[Any],
    *,
    reader: str | None = None,
    household: str | None = None,
    ids: Sequence[UUID] | None = None,
    limit: int = 10_000,
) -> list[Listed]:
    """What is parked (of one reader, of one household, under these ids), in the order in which it waits."""
    rows = connection.execute(
        sql.SQL(
            "SELECT {} FROM parked WHERE (%(reader)s::text IS NULL OR reader = %(reader)s) "
            "AND (%(key)b::bytea IS NULL OR key = %(key)b) "
            "AND (%(ids)b::uuid[] IS NULL OR parked_id = ANY(%(ids)b)) "
            "ORDER BY reader, topic, shard, pos, record_offset LIMIT %(limit)s"
        ).format(_COLUMNS),
        {
            "reader": reader,
            "key": None if household is None else household.lower().encode(),
            "ids": None if ids is None else list(ids),
            "limit": limit,
        },
    )
    return [Listed(*row) for row in rows]


def find(connection: Connection[Any], prefix: str) -> list[Listed]:
    """What is parked under an id that begins with `prefix`; two at most."""
    rows = connection.execute(
        sql.SQL("SELECT {} FROM parked WHERE starts_with(parked_id::text, %s) LIMIT 2").format(_COLUMNS),
        [prefix.lower()],
    )
    return [Listed(*row) for row in rows]


def count_behind(connection: Connection[Any], listed: Listed) -> int:
    """How many records wait behind this one."""
    row = connection.execute(
        "SELECT count(*) FROM parked WHERE reader = %s AND topic = %s AND key = %b AND pos > %s",
        [listed.reader, listed.topic, listed.key, listed.pos],
    ).fetchone()
    return 0 if row is None else int(row[0])


def actions(connection: Connection[Any], prefix: str) -> list[Action]:
    """What was done with the record whose id begins with `prefix`, whether or not it is parked still."""
    rows = connection.execute(
        "SELECT at, actor, action, reason, reader, topic, shard, pos, record_offset, digest FROM operator_action "
        "WHERE starts_with(parked_id::text, %s) ORDER BY action_id",
        [prefix.lower()],
    )
    return [Action(*row) for row in rows]


def ask_retry(connection: Connection[Any], parked_ids: Sequence[UUID], *, actor: str) -> int:
    """Have records tried again, each line from its head on; answers how many were asked for.

    What is no event cannot be applied whatever is mended, so it is passed over; so is what is asked for already.
    """
    rows = connection.execute(
        # Locked in one order, as the reader does.
        "WITH held AS (SELECT parked_id FROM parked WHERE parked_id = ANY(%(ids)b) AND state = 'parked' "
        "AND pos IS NOT NULL ORDER BY parked_id FOR UPDATE) UPDATE parked p SET state = 'retry', "
        "asked_by = %(actor)s FROM held WHERE p.parked_id = held.parked_id RETURNING p.parked_id",
        {"ids": list(parked_ids), "actor": actor},
    ).fetchall()
    note(connection, dict.fromkeys((parked_id for (parked_id,) in rows), actor), "retry_asked")
    return len(rows)


def ask_drop(connection: Connection[Any], parked_id: UUID, *, actor: str, reason: str) -> bool:
    """Have a record dropped for good; what waits behind it is then tried. False where it is not parked.

    Raises `ValueError` for an empty reason.
    """
    if not reason.strip():
        raise ValueError("a reason is needed to drop what was parked")
    changed = connection.execute(
        "UPDATE parked SET state = 'drop', asked_by = %s WHERE parked_id = %s", [actor, parked_id]
    )
    if changed.rowcount == 0:
        return False
    note(connection, {parked_id: actor}, "drop_asked", reason.strip())
    return True
