"""A model of PostgreSQL and Kafka, as far as Padan leans on them."""

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from padan_events import Event, shard_of
from padan_runtime.log import Entry

SHARDS = 3
"""Few, so that households meet in them."""
_EPOCH = datetime(2026, 3, 1, 1, tzinfo=UTC)

Steps = Generator[str, None, None]
"""A process at work: it yields, with what it does next, before each step that touches a disk or a socket."""


class ConflictError(RuntimeError):
    """A unique key is taken, or what was looked at has changed: roll back, and decide again."""


def shard_here(key: str) -> int:
    """The shard of a key where there are so few."""
    return shard_of(key) % SHARDS


class Database:
    """One service's database: tables as dicts of committed rows, logs with contiguous positions, row locks."""

    def __init__(self, source: str, topics: Sequence[str]) -> None:
        self.source = source
        self.tables: dict[str, dict[Any, Any]] = {}
        self.logs: dict[str, list[list[Event]]] = {topic: [[] for _ in range(SHARDS)] for topic in topics}
        self.locks: dict[Hashable, Transaction] = {}
        self.ticks = 0

    def table(self, name: str) -> dict[Any, Any]:
        """Committed rows; a transaction changes them by `Transaction.write`."""
        return self.tables.setdefault(name, {})


class Transaction:
    """Writes that become visible together, and the locks held until then. One that is dropped leaves nothing."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._writes: list[Callable[[], None]] = []
        self._open = True

    def lock(self, rows: Sequence[Hashable]) -> Steps:
        """Take row locks in the order given, waiting for whoever holds one."""
        for row in rows:
            while self.database.locks.get(row, self) is not self:
                yield f"waits for {row}"
            self.database.locks[row] = self

    def write(self, table: str, key: Any, row: Any) -> None:
        """Write a row at the commit."""
        rows = self.database.table(table)
        self._writes.append(lambda: rows.__setitem__(key, row))

    def do(self, write: Callable[[], None]) -> None:
        """Anything else that becomes true at the commit."""
        self._writes.append(write)

    def insert(self, table: str, rows: Mapping[Any, Any]) -> Steps:
        """Insert rows whose key nobody has. Raises `ConflictError`, after waiting for whoever is inserting the same."""
        yield from self.lock([(table, key) for key in sorted(rows)])
        if rows.keys() & self.database.table(table).keys():
            raise ConflictError(table)
        for key, row in rows.items():
            self.write(table, key, row)

    def append(self, entries: Sequence[Entry]) -> Generator[str, None, list[tuple[int, int]]]:
        """Append to logs under their heads' locks, as `padan_runtime.log.append`; answers the positions.

        Raises `ConflictError` where a stream's version is there already.
        """
        logs = self.database.logs
        heads = sorted({(entry.topic, entry.shard) for entry in entries})
        yield from self.lock([("head", *head) for head in heads])
        ends = {head: len(logs[head[0]][head[1]]) for head in heads}
        positions = []
        for entry in entries:
            head = (entry.topic, entry.shard)
            ends[head] += 1
            positions.append((entry.shard, ends[head]))
            if entry.version is not None:
                stream = self.database.table("stream")
                if (entry.key, entry.version) in stream:
                    raise ConflictError(entry.key)
                self.write("stream", (entry.key, entry.version), True)
        self._writes.append(lambda: self._record(entries, positions))
        return positions

    def _record(self, entries: Sequence[Entry], positions: Sequence[tuple[int, int]]) -> None:
        database = self.database
        database.ticks += 1
        time = _EPOCH + timedelta(seconds=database.ticks)
        for entry, (shard, pos) in zip(entries, positions, strict=True):
            log = database.logs[entry.topic][shard]
            assert pos == len(log) + 1, f"{entry.topic}/{shard}: {pos} given out where {len(log) + 1} comes next"
            log.append(
                Event(
                    topic=entry.topic,
                    shard=shard,
                    pos=pos,
                    event_id=entry.event_id,
                    type=entry.type,
                    source=database.source,
                    time=time,
                    key=entry.key,
                    actor=entry.actor,
                    correlation_id=entry.correlation_id,
                    causation_id=entry.causation_id,
                    value=entry.value,
                )
            )

    def commit(self) -> None:
        """Everything at once."""
        if self._open:
            for write in self._writes:
                write()
        self.roll_back()

    def roll_back(self) -> None:
        """Nothing; also what a server does for a client that is gone."""
        self._open = False
        for row in [row for row, holder in self.database.locks.items() if holder is self]:
            del self.database.locks[row]


class Kafka:
    """Records by topic and shard, for ever."""

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics: dict[str, list[list[Event]]] = {topic: [[] for _ in range(SHARDS)] for topic in topics}


class Place(msgspec.Struct, frozen=True):
    """A reader's place: the last position applied, and the offset to read on from."""

    pos: int = 0
    offset: int = 0
