"""All SQL of taking back."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from padan_events import Event, shard_of
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.log import table_of
from psycopg import Connection, sql

_EVENTS = sql.Identifier(table_of(HOUSEHOLD_EVENTS.name))


def heads(connection: Connection[Any], topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """The last position of each shard of each topic."""
    rows = connection.execute("SELECT topic, shard, pos FROM log_head WHERE topic = ANY(%s)", [list(topics)])
    return {(topic, shard): pos for topic, shard, pos in rows}


def event_id_at(connection: Connection[Any], topic: str, shard: int, pos: int) -> UUID | None:
    """Which event the store has at a position."""
    row = connection.execute(
        sql.SQL("SELECT event_id FROM {} WHERE shard = %s AND pos = %s").format(sql.Identifier(table_of(topic))),
        [shard, pos],
    ).fetchone()
    return None if row is None else row[0]


def differing(connection: Connection[Any], events: Sequence[Event]) -> int | None:
    """The first position of these events of one shard at which the store has another one."""
    if not events:
        return None
    row = connection.execute(
        sql.SQL(
            "SELECT min(w.pos) FROM unnest(%(positions)b::bigint[], %(ids)b::uuid[]) AS w (pos, event_id) "
            "LEFT JOIN {} l ON l.shard = %(shard)s AND l.pos = w.pos WHERE l.event_id IS DISTINCT FROM w.event_id"
        ).format(sql.Identifier(table_of(events[0].topic))),
        {
            "shard": events[0].shard,
            "positions": [event.pos for event in events],
            "ids": [event.event_id for event in events],
        },
    ).fetchone()
    return None if row is None else row[0]


def of_households(connection: Connection[Any], household_ids: Iterable[UUID]) -> list[Event]:
    """All events the store has of these households."""
    keys = [str(household_id) for household_id in household_ids]
    rows = connection.execute(
        sql.SQL(
            "SELECT e.shard, e.pos, e.event_id, e.type, e.key, e.time, e.actor, e.causation_id, e.correlation_id, "
            "e.value FROM unnest(%(shards)s::smallint[], %(keys)s::text[]) AS w (shard, key) "
            "JOIN {} e ON e.shard = w.shard AND e.key = w.key"
        ).format(_EVENTS),
        {"shards": [shard_of(key) for key in keys], "keys": keys},
    ).fetchall()
    return [
        Event(
            topic=HOUSEHOLD_EVENTS.name,
            shard=shard,
            pos=pos,
            event_id=event_id,
            type=name,
            source="/padan/household",
            time=time,
            key=key,
            actor=actor,
            causation_id=causation_id,
            correlation_id=correlation_id,
            value=bytes(value),
        )
        for shard, pos, event_id, name, key, time, actor, causation_id, correlation_id, value in rows
    ]


def versions(connection: Connection[Any], shard: int, keys: Sequence[str]) -> dict[str, int]:
    """By household, the version of its last event in the store."""
    rows = connection.execute(
        sql.SQL("SELECT key, max(version) FROM {} WHERE shard = %s AND key = ANY(%s) GROUP BY key").format(_EVENTS),
        [shard, list(keys)],
    )
    return dict(rows.fetchall())


def note_without_events(connection: Connection[Any], outcome_ids: Sequence[UUID]) -> None:
    """Note outcomes whose events were lost."""
    connection.execute(
        "INSERT INTO outcome_without_events SELECT unnest(%b::uuid[]) ON CONFLICT DO NOTHING", [list(outcome_ids)]
    )


def without_events(connection: Connection[Any], outcome_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the outcomes whose events were lost."""
    rows = connection.execute(
        "SELECT outcome_id FROM outcome_without_events WHERE outcome_id = ANY(%b)", [list(outcome_ids)], binary=True
    )
    return {outcome_id for (outcome_id,) in rows}


def settle(connection: Connection[Any], outcome_ids: Sequence[UUID]) -> None:
    """Their reports were decided once more."""
    connection.execute("DELETE FROM outcome_without_events WHERE outcome_id = ANY(%b)", [list(outcome_ids)])
