"""Reading one's own writes: wait until the views have reached a position."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Query
from padan_events import SHARDS
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime import positions
from padan_runtime.database import Database

from padan_gateway import problems
from padan_gateway.answers import Watermark
from padan_gateway.views.projection import READER

_FORM = re.compile(r"([0-9]{1,2}):([0-9]{1,18})", re.ASCII)
_POLL_S = 0.05

MinPosition = Annotated[
    str | None,
    Query(
        description="`shard:pos` of a household event that the answer must include; waits up to 2 s for it.",
        examples=["7:1204"],
    ),
]


def reached(database: Database, watermark: Watermark, *, wait_s: float = 2.0) -> Callable[..., Awaitable[None]]:
    """Dependency that waits for the query parameter `min_position`.

    Raises `Problem`: position_invalid (422), view_behind (503).
    """

    def position_of(shard: int) -> int:
        with database.transaction() as connection:
            return positions.vector(connection, READER).get(HOUSEHOLD_EVENTS.name, {}).get(shard, 0)

    async def wait(min_position: MinPosition = None) -> None:
        if min_position is None:
            return
        match = _FORM.fullmatch(min_position)
        if match is None or int(match[1]) >= SHARDS:
            raise problems.position_invalid()
        shard, pos = int(match[1]), int(match[2])
        known = watermark.positions.get(HOUSEHOLD_EVENTS.name)
        if known is not None and known[shard] >= pos:
            return
        until = time.monotonic() + wait_s
        while await asyncio.to_thread(position_of, shard) < pos:
            if time.monotonic() > until:
                raise problems.view_behind()
            await asyncio.sleep(_POLL_S)

    return wait
