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
        description="`shard:pos` of a household event that the answer must include, or several with commas between "
        "them, one a shard; waits up to 2 s for them.",
        max_length=700,
        examples=["7:1204"],
    ),
]


def reached(database: Database, watermark: Watermark, *, wait_s: float = 2.0) -> Callable[..., Awaitable[None]]:
    """Dependency that waits for the query parameter `min_position`.

    Raises `Problem`: position_invalid (422), view_behind (503).
    """

    def lacking(wanted: dict[int, int]) -> bool:
        with database.transaction() as connection:
            held = positions.vector(connection, READER).get(HOUSEHOLD_EVENTS.name, {})
        return any(held.get(shard, 0) < pos for shard, pos in wanted.items())

    async def wait(min_position: MinPosition = None) -> None:
        if min_position is None:
            return
        wanted = _read(min_position)
        known = watermark.positions.get(HOUSEHOLD_EVENTS.name)
        if known is not None and all(known[shard] >= pos for shard, pos in wanted.items()):
            return
        until = time.monotonic() + wait_s
        while await asyncio.to_thread(lacking, wanted):
            if time.monotonic() > until:
                raise problems.view_behind()
            await asyncio.sleep(_POLL_S)

    return wait


def _read(text: str) -> dict[int, int]:
    """Positions by shard. Raises `Problem` position_invalid."""
    matches = [_FORM.fullmatch(one) for one in text.split(",")]
    wanted = {int(match[1]): int(match[2]) for match in matches if match is not None and int(match[1]) < SHARDS}
    if len(wanted) < len(matches):
        raise problems.position_invalid()
    return wanted
