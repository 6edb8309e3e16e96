"""What a poll gave, and what a transaction over some of it has to check and to write."""

from collections.abc import Sequence

import msgspec
from padan_events import Event

from padan_runtime.parking.records import Headers, Record
from padan_runtime.positions import Place, Shard

HEADERS_OF_AN_EVENT = 10
"""And one more where it has a cause."""


class Moves(msgspec.Struct, frozen=True):
    """Where a batch starts from, where it leads, and the event ids on the way."""

    expected: dict[Shard, int]
    places: dict[Shard, Place]
    ids: dict[Shard, list[bytes]]


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

    def strays_in(self, moves: Moves) -> list[Record]:
        """The strays of the shards that move: the transaction that passes one parks it, or it would be lost. One that
        lies further on may be read, and found parked, once more."""
        return [stray for stray in self.strays if (stray.topic, stray.shard) in moves.places]

    def set_aside(self, records: Sequence[Record]) -> None:
        """These were parked."""
        done = {(record.topic, record.shard, record.offset) for record in records}
        self.strays = [stray for stray in self.strays if (stray.topic, stray.shard, stray.offset) not in done]
