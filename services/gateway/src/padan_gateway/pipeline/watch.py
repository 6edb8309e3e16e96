"""Keeps the watermark: each second a cut of household, until the views have reached it."""

import asyncio
import contextlib
from collections import deque
from datetime import datetime

import msgspec
from padan_events import SHARDS
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime import metrics, positions
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.problems import Unavailable
from padan_runtime.projector import TRANSIENT

from padan_gateway.answers import Watermark
from padan_gateway.downstream import Refused, Service
from padan_gateway.views.projection import READER

_MOST_CUTS = 600


class Cut(msgspec.Struct, frozen=True):
    """Answer of household's `GET /cut`: the heads of `household.events.v1` in one snapshot, and its time."""

    heads: list[int]
    at: datetime


class Watch:
    """Polls cuts and moves the watermark on to the last one that the views have reached.

    Cuts not reached yet are kept (ten minutes of them), so that the watermark moves under steady load, too, when the
    views never stand at the very newest.
    """

    def __init__(self, household: Service, database: Database, watermark: Watermark, *, every_s: float = 1.0) -> None:
        self._household, self._database, self._watermark, self._every_s = household, database, watermark, every_s
        self._cuts: deque[Cut] = deque(maxlen=_MOST_CUTS)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set; a server that is away only lets the watermark grow old."""
        while not stop.is_set():
            try:
                await self.look()
            except (*TRANSIENT, Refused, msgspec.MsgspecError) as error:
                logger().debug("watermark waits", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._every_s)

    async def look(self) -> None:
        """Take one cut, and move on as far as the views have come. Raises `Unavailable` and database errors."""
        try:
            self._cuts.append(msgspec.convert(await self._household.json("/cut"), Cut))
        except Unavailable:
            await self._move()
            raise
        await self._move()

    async def _move(self) -> None:
        reached = await asyncio.to_thread(self._reached)
        self._watermark.positions = reached
        own = reached.get(HOUSEHOLD_EVENTS.name, [0] * SHARDS)
        while self._cuts and all(there >= head for there, head in zip(own, self._cuts[0].heads, strict=True)):
            self._watermark.at = self._cuts.popleft().at
            metrics.WATERMARK.set(self._watermark.at.timestamp())

    def _reached(self) -> dict[str, list[int]]:
        with self._database.transaction() as connection:
            vector = positions.vector(connection, READER)
        return {topic: [reached.get(shard, 0) for shard in range(SHARDS)] for topic, reached in vector.items()}
