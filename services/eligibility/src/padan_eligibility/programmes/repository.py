"""SQL of the programme log."""

from collections.abc import Sequence
from typing import Any

import msgspec
from padan_events import SHARDS, Event, decode, type_of
from padan_events.eligibility import PolicyDrafted, PolicyPublished, PolicyReviewed
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime import log
from psycopg import Connection

SOURCE = "/padan/eligibility"
_PUBLISH_LOCK = 0x7061_6461_6E03
_PER_SHARD = 10_000
_POLICIES = frozenset(type_of(one).name for one in (PolicyDrafted, PolicyReviewed, PolicyPublished))


def lock(connection: Connection[Any]) -> None:
    """One publisher at a time, until the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISH_LOCK])


def heads(connection: Connection[Any]) -> tuple[int, ...]:
    """How far the programme log reaches, by shard."""
    return tuple(log.heads(connection, PROGRAMME_EVENTS.name))


def published(connection: Connection[Any]) -> Sequence[tuple[Event, PolicyPublished]]:
    """Every policy published so far, by shard and position."""
    return [(event, data) for event, data in everything(connection) if isinstance(data, PolicyPublished)]


def everything(connection: Connection[Any]) -> Sequence[tuple[Event, msgspec.Struct]]:
    """All that the programme log holds of policies, by shard and position: quotas are many more, and taken up where
    they are set."""
    found: list[tuple[Event, msgspec.Struct]] = []
    after = dict.fromkeys(range(SHARDS), 0)
    while events := log.read_after(connection, PROGRAMME_EVENTS.name, SOURCE, after, _PER_SHARD):
        after |= {event.shard: event.pos for event in events}
        found += ((event, decode(event.type, event.value)) for event in events if event.type in _POLICIES)
    return sorted(found, key=lambda one: (one[0].shard, one[0].pos))


def document(data: PolicyDrafted | PolicyPublished) -> object:
    """The policy as a plain document."""
    plain: object = msgspec.json.decode(data.document)
    return plain
