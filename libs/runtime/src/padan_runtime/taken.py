"""What a poll gave, and what a transaction over some of it has to check and to write."""

import msgspec
from padan_events import Event

from padan_runtime.parking.records import Headers, Record
from padan_runtime.positions import Place, Shard

HEADERS_OF_AN_EVENT = 10
"""And one more where it has a cause."""


class Taken(msgspec.Struct):
    """What a poll gave: events to apply by topic, shard and position; for each the position it follows and Kafka's
    offset behind it; headers where there are more than those of an event; for shards that gave repeats or strays (no
    events at all) their position and the offset behind those; the strays."""

    generation: int
    events: list[Event] = []
    follows: dict[tuple[str, int, int], int] = {}
    offsets: dict[tuple[str, int, int], int] = {}
    headers: dict[tuple[str, int, int], Headers] = {}
    passed: dict[Shard, Place] = {}
    strays: list[Record] = []


class Moves(msgspec.Struct, frozen=True):
    """Where a batch starts from, where it leads, and the event ids on the way."""

    expected: dict[Shard, int]
    places: dict[Shard, Place]
    ids: dict[Shard, list[bytes]]
