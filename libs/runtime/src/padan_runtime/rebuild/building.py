"""Filling the tables beside the live ones: read ahead, prepare one batch while the one before is written."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from padan_events import Event
from psycopg import Connection

from padan_runtime.logs import logger
from padan_runtime.parked_keys import Dropped
from padan_runtime.problems import Unavailable
from padan_runtime.projector import TRANSIENT
from padan_runtime.rebuild.reading import Source
from padan_runtime.rebuild.view import Rebuilder, Vector

_PATIENCE: Final = 30
_WAIT_S: Final = 2.0


class Building:
    """Applies batches to the tables being built. `unreadable` holds the keys of events that the rebuilder refused:
    nothing of them is compared or switched, as nothing more of them is applied to the live view while they are parked.
    `dropped` holds the events that the live view lacks for good.
    """

    def __init__(self, connection: Connection[Any], rebuilder: Rebuilder, batch: int) -> None:
        self._connection, self._rebuilder, self._batch = connection, rebuilder, batch
        self.events = 0
        self.unreadable: set[str] = set()
        self.dropped: Dropped = {}

    async def up_to(self, vector: Vector, sources: Sequence[Source]) -> None:
        """Apply everything up to `vector`. Raises database errors, `RecordsMissingError` and `Unavailable`."""
        under_way: asyncio.Task[None] | None = None
        try:
            for source in sources:
                async for batch in source.up_to(vector, self._batch):
                    events = self._without_dropped(batch)
                    prepared = await self._prepare(events)
                    if under_way is not None:
                        await under_way
                    under_way = asyncio.create_task(self._write(events, prepared))
                if under_way is not None:
                    await under_way
                    under_way = None
        finally:
            if under_way is not None:
                await asyncio.wait({under_way})

    def _without_dropped(self, batch: list[Event]) -> list[Event]:
        if not self.dropped:
            return batch
        return [event for event in batch if (event.topic, event.shard, event.pos) not in self.dropped]

    async def _prepare(self, events: Sequence[Event]) -> Any:
        """What the rebuilder prepared, or the exception by which it refused."""
        for attempt in range(_PATIENCE):
            try:
                return await self._rebuilder.prepare(events)
            except Unavailable:
                if attempt == _PATIENCE - 1:
                    raise
                await asyncio.sleep(_WAIT_S)
            except Exception as error:  # bad bytes, say: found by halving
                return error
        return None

    async def _write(self, events: Sequence[Event], prepared: Any) -> None:
        self.events += len(events)
        if not isinstance(prepared, Exception):
            try:
                await asyncio.to_thread(self._in_transaction, events, prepared)
            except TRANSIENT:
                raise
            except Exception as error:
                prepared = error
            else:
                return
        await self._halve(events, prepared)

    def _in_transaction(self, events: Sequence[Event], prepared: Any) -> None:
        with self._connection.transaction():
            self._rebuilder.apply(self._connection, events, prepared)

    async def _halve(self, events: Sequence[Event], refused: Exception) -> None:
        """Find the households at fault by halving, and apply the others."""
        keys = sorted({event.key for event in events} - self.unreadable)
        if len(keys) <= 1:
            self.unreadable.update(keys)
            logger().warning("a household cannot be rebuilt", household=keys, error=type(refused).__name__)
            return
        middle = len(keys) // 2
        for half in (set(keys[:middle]), set(keys[middle:])):
            part = [event for event in events if event.key in half]
            self.events -= len(part)
            await self._write(part, await self._prepare(part))
