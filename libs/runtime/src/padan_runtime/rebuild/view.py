"""What a service says of a projection that can be rebuilt."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
from padan_events import Event, Topic
from psycopg import Connection

Vector = dict[str, dict[int, int]]
"""By topic and shard, the last position."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a projection: its primary key, and the column that says to which household a row belongs; None
    where a row belongs to none, so that every row is compared."""

    name: str
    key: tuple[str, ...]
    household: str | None = "household_id"


class Rebuilder(Protocol):
    """What makes rows of events, as the live handler does, and sends nothing to anyone."""

    async def prepare(self, events: Sequence[Event], /) -> Any:
        """As `padan_runtime.projector.Handler.prepare`."""
        ...

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: Any, /) -> None:
        """Write rows. Names of the projection's tables mean the ones being built, all others the live ones."""
        ...


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A projection. `name` is what people call it, `reader` whose places it stands at.

    It is built from `topics` on Kafka up to the reader's places, and from `own_logs`, logs of the service's own
    database, up to their heads. `hold` keeps out, until the end of a transaction, whoever else than the reader writes
    the tables: it comes before all other locks.
    """

    name: str
    reader: str
    topics: tuple[Topic, ...]
    tables: tuple[Table, ...]
    rebuilder: Rebuilder
    own_logs: tuple[Topic, ...] = ()
    batch: int = 4_000
    hold: Callable[[Connection[Any]], None] | None = None


class Difference(msgspec.Struct, frozen=True):
    """What comparing one table found: rows the live one lacks, has too many of, or holds with other values."""

    missing: int
    surplus: int
    altered: int
    households: tuple[str, ...]

    @property
    def count(self) -> int:
        """Rows that differ."""
        return self.missing + self.surplus + self.altered


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild came to."""

    view: str
    vector: Vector
    events: int
    seconds: float
    rows: dict[str, int]
    differences: dict[str, Difference]
    left_out: tuple[str, ...]
    switched: bool
    verified: bool

    @property
    def different(self) -> int:
        """Rows that differed, over all tables."""
        return sum(difference.count for difference in self.differences.values())
