"""Which households a reader has set aside: what a view says of them is known to be old."""

import contextlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import Connection

Dropped = dict[tuple[str, int, int], str]
"""By topic, shard and position, the key of an event that an operator dropped."""


def parked_keys(connection: Connection[Any], reader: str) -> set[str]:
    """Keys of events that wait in `parked`; a record that is no event blocks no key and does not count."""
    rows = connection.execute(
        "SELECT DISTINCT key FROM parked WHERE reader = %s AND pos IS NOT NULL AND key IS NOT NULL", [reader]
    )
    return {bytes(key).decode() for (key,) in rows}


def dropped(connection: Connection[Any], reader: str) -> Dropped:
    """Events that are in no view because an operator dropped them."""
    rows = connection.execute(
        "SELECT topic, shard, pos, key FROM operator_action "
        "WHERE reader = %s AND action = 'dropped' AND pos IS NOT NULL AND key IS NOT NULL",
        [reader],
    )
    return {(topic, shard, pos): bytes(key).decode() for topic, shard, pos, key in rows}


def households_of(keys: Iterable[str]) -> set[UUID]:
    """The household ids among keys; whoever sent a foreign record may have named anything."""
    found = set()
    for key in keys:
        with contextlib.suppress(ValueError):
            found.add(UUID(key))
    return found
