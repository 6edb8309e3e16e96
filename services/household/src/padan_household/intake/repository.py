"""All SQL of the intake: which reports have their outcome already."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from padan_events.topics import OUTCOMES
from padan_runtime.log import table_of
from psycopg import Connection, sql


def already_given(connection: Connection[Any], outcomes: Sequence[tuple[int, UUID]]) -> set[UUID]:
    """Those of the outcome ids, given with their shards, that stand in the log of outcomes."""
    rows = connection.execute(
        sql.SQL(
            "SELECT o.event_id FROM unnest(%(shards)b::smallint[], %(ids)b::uuid[]) AS w (shard, event_id) "
            "JOIN {} o USING (shard, event_id)"
        ).format(sql.Identifier(table_of(OUTCOMES.name))),
        {"shards": [shard for shard, _ in outcomes], "ids": [event_id for _, event_id in outcomes]},
        binary=True,
    )
    return {row[0] for row in rows}
