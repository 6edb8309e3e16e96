"""SQL of the programme log."""

from collections.abc import Sequence
from typing import Any

import msgspec
from padan_events import SHARDS, Event, decode
from padan_events.eligibility import PolicyPublished
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime import log
from psycopg import Connection

SOURCE = "/padan/eligibility"
_PUBLISH_LOCK = 0x7061_6461_6E03
_PER_SHARD = 10_000


class LogTooLongError(RuntimeError):
    """More policies in one shard than are read at once."""


def lock(connection: Connection[Any]) -> None:
    """One publisher at a time, until the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISH_LOCK])


def heads(connection: Connection[Any]) -> tuple[int, ...]:
    """How far the programme log reaches, by shard."""
    return tuple(log.heads(connection, PROGRAMME_EVENTS.name))


def published(connection: Connection[Any]) -> Sequence[tuple[Event, PolicyPublished]]:
    """Every policy published so far, by shard and position."""
    events = log.read_after(connection, PROGRAMME_EVENTS.name, SOURCE, dict.fromkeys(range(SHARDS), 0), _PER_SHARD)
    found = []
    for event in events:
        if event.pos >= _PER_SHARD:
            raise LogTooLongError(event.shard)
        data = decode(event.type, event.value)
        if isinstance(data, PolicyPublished):
            found.append((event, data))
    return found


def document(data: PolicyPublished) -> object:
    """The published policy as a plain document."""
    plain: object = msgspec.json.decode(data.document)
    return plain
