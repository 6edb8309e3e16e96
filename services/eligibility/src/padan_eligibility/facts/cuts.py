"""Household's cuts, over HTTP, and whether the facts have come to one."""

import asyncio
from datetime import datetime
from typing import Final

import httpx
import msgspec
from padan_events import SHARDS
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime import positions
from padan_runtime.database import Database
from padan_runtime.http_client import http_client
from padan_runtime.problems import Unavailable
from padan_runtime.service_tokens import ServiceIdentity

REACHED_WITHIN_S: Final = 60.0
_LOOK_S: Final = 0.1


class Cut(msgspec.Struct, frozen=True):
    """The heads of `household.events.v1` in one snapshot, by shard, and its time."""

    heads: list[int]
    at: datetime


class CutClient:
    """Household's `GET /cut`."""

    def __init__(self, url: str, identity: ServiceIdentity) -> None:
        self._identity, self._http = identity, http_client(url, timeout_s=10)

    async def cut(self) -> Cut:
        """A cut. Raises `Unavailable`."""
        try:
            answer = await self._http.get("/cut", headers=self._identity.headers("household"))
            if answer.is_success:
                return msgspec.json.decode(answer.content, type=Cut)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise Unavailable("household") from error
        raise Unavailable("household")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


async def reached(database: Database, reader: str, cut: Cut, stop: asyncio.Event) -> bool:
    """Whether the facts of `reader` have come to the cut; where they do not in a minute, a later cut is to be taken.

    Raises psycopg's errors.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + REACHED_WITHIN_S
    while not stop.is_set() and loop.time() < deadline:
        heads = await asyncio.to_thread(_facts, database, reader)
        if len(heads) == len(cut.heads) and all(map(int.__ge__, heads, cut.heads)):
            return True
        await asyncio.sleep(_LOOK_S)
    return False


def _facts(database: Database, reader: str) -> list[int]:
    with database.statement() as connection:
        vector = positions.vector(connection, reader).get(HOUSEHOLD_EVENTS.name, {})
    return [vector.get(shard, 0) for shard in range(SHARDS)]
