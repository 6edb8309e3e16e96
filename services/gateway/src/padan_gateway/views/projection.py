"""What the projector calls: fetch the keys of new households, then fold and write."""

from collections.abc import Sequence
from typing import Any

from padan_events import Event
from padan_runtime.keys import KeyClient
from psycopg import Connection

from padan_gateway.views import repository
from padan_gateway.views.rows import Changes, decoded, fold, sealed_in

READER = "gateway.views"


class ViewsHandler:
    """Handler of the reader `gateway.views`."""

    def __init__(self, keys: KeyClient) -> None:
        self._keys = keys

    async def prepare(self, events: Sequence[Event], /) -> Changes:
        """Keys of the subjects whose blocks this batch carries, and the batch folded. Raises `Unavailable`,
        and what `fold` raises."""
        pairs = decoded(events)
        wanted = sealed_in(pairs)
        return fold(pairs, await self._keys.covering(wanted) if wanted else {})

    def apply(self, connection: Connection[Any], events: Sequence[Event], changes: Changes, /) -> None:
        """Write the changes inside the transaction that moves the reader's places."""
        del events
        repository.write(connection, changes)

    async def committed(self, events: Sequence[Event], /) -> None:
        """Nobody waits to be told: reads with `min_position` look at the places."""
        del events
