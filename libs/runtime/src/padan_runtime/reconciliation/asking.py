"""A reader's side: holds its view against the stores it reads from, on request and every hour."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import httpx
import msgspec
from padan_events import SHARDS, shard_of
from psycopg import Connection, sql

from padan_runtime import metrics, positions
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.parked_keys import dropped, households_of, parked_keys
from padan_runtime.problems import Unavailable
from padan_runtime.projector import TRANSIENT
from padan_runtime.reconciliation.digest import MOST_LEFT_OUT, Answer, Group, Question, differing, summarize
from padan_runtime.service_tokens import ServiceIdentity

_EVERY_S: Final = 3_600.0
_FIRST_AFTER_S: Final = 60.0
_LIST_AT_MOST: Final = 500
"""Households of one group that are compared one by one; larger groups are split once more."""
_MOST_NAMED: Final = 1_000

_ANSWER: Final = msgspec.json.Decoder(Answer)


class QuestionRefusedError(RuntimeError):
    """The store does not take the question (422): it will not the next time either. The message names the store."""


class Asked(Protocol):
    """A store that answers questions."""

    async def ask(self, topic: str, question: Question) -> dict[str, Group]:
        """Its groups. Raises `Unavailable` and `QuestionRefusedError`."""
        ...


class StoreClient:
    """The service that owns a store, over HTTP."""

    def __init__(self, service: str, url: str, identity: ServiceIdentity) -> None:
        self._service, self._identity = service, identity
        self._http = httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(300, connect=5), trust_env=False)

    async def ask(self, topic: str, question: Question) -> dict[str, Group]:
        """See `Asked`."""
        try:
            response = await self._http.post(
                f"/reconciliation/{topic}",
                content=msgspec.json.encode(question),
                headers=self._identity.headers(self._service),
            )
            if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
                raise QuestionRefusedError(self._service)
            if not response.is_success:
                raise Unavailable(self._service)
            return {group.name: group for group in _ANSWER.decode(response.content).groups}
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise Unavailable(self._service) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class Part(msgspec.Struct, frozen=True):
    """One topic of a view: the store behind it, the mark that both sides give, and the view's own SELECT of shard, key
    and mark."""

    topic: str
    cover: str
    items: sql.SQL
    store: Asked


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one topic: households on the view's side, how many were left out because they are parked or were
    dropped, and the ids of those that differ (at most 1,000 of them)."""

    topic: str
    vector: tuple[int, ...]
    households: int
    left_out: int
    shards: tuple[int, ...]
    differences: tuple[str, ...]


class Reconciliation:
    """Of one reader."""

    def __init__(
        self,
        reader: str,
        database: Database,
        parts: Sequence[Part],
        *,
        every_s: float = _EVERY_S,
        first_after_s: float = _FIRST_AFTER_S,
    ) -> None:
        self.reader, self._database, self._parts = reader, database, parts
        self._every_s, self._first_after_s = every_s, first_after_s

    async def run(self, stop: asyncio.Event) -> None:
        """Reconcile every hour until `stop` is set; a server that is away delays it to the next time."""
        wait = self._first_after_s
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
                return
            wait = self._every_s
            try:
                await self.once()
            except TRANSIENT as error:
                logger().warning("reconciliation waits", reader=self.reader, error=type(error).__name__)
            except QuestionRefusedError as error:
                logger().error("the store refuses to be compared with", reader=self.reader, store=str(error))

    async def once(self) -> list[Found]:
        """Compare now; sets the metrics and logs what differs. Raises `Unavailable`, `QuestionRefusedError` and
        database errors."""
        found = []
        async with self._snapshot() as connection:
            reached, parked = await asyncio.to_thread(self._begin, connection)
            for part in self._parts:
                vector = tuple(reached.get(part.topic, {}).get(shard, 0) for shard in range(SHARDS))
                question = Question(cover=part.cover, vector=vector, without=parked)
                found.append(await self._part(connection, part, question))
        count = sum(len(each.differences) for each in found)
        metrics.RECONCILIATION_DIFFERENCES.labels(self.reader).set(count)
        metrics.RECONCILIATION_LAST.labels(self.reader).set(time.time())
        for each in found:
            if each.differences:
                logger().error(
                    "view and store differ", reader=self.reader, topic=each.topic, shards=each.shards,
                    count=len(each.differences), households=each.differences[:20],
                )  # fmt: skip
        return found

    @contextlib.asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Connection[Any]]:
        """A transaction entered and left in threads: a server fallen silent must hold up this task only."""
        held = contextlib.ExitStack()
        try:
            yield await asyncio.to_thread(held.enter_context, self._database.transaction())
        finally:
            await asyncio.to_thread(held.close)

    def _begin(self, connection: Connection[Any]) -> tuple[dict[str, dict[int, int]], tuple[UUID, ...]]:
        # Places and rows in one snapshot, held until the last question is answered: the view goes on meanwhile.
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # the store may take its time
        # What waits in parking, or was dropped there, is in no view: left out on both sides.
        keys = parked_keys(connection, self.reader) | set(dropped(connection, self.reader).values())
        return positions.vector(connection, self.reader), tuple(households_of(keys))

    async def _part(self, connection: Connection[Any], part: Part, question: Question) -> Found:
        by_shard = await asyncio.to_thread(_by_shard, question)
        households = 0
        shards: list[int] = []
        named: list[str] = []
        for asked in [question] if len(question.without) <= MOST_LEFT_OUT else by_shard:
            ours, theirs = await self._both(connection, part, asked)
            households += sum(group.count for group in ours.values())
            different = differing(ours, theirs)
            if asked.shard is None:
                shards += sorted(int(name) for name in different)
            elif different:
                shards.append(asked.shard)
        for shard in shards:
            named += await self._within(connection, part, by_shard[shard])
        return Found(
            topic=part.topic,
            vector=question.vector,
            households=households,
            left_out=len(question.without),
            shards=tuple(shards),
            differences=tuple(named[:_MOST_NAMED]),
        )

    async def _within(self, connection: Connection[Any], part: Part, question: Question) -> list[str]:
        """The households that differ below a shard and prefix."""
        ours, theirs = await self._both(connection, part, question)
        named: list[str] = []
        for prefix in differing(ours, theirs):
            inside = msgspec.structs.replace(question, prefix=prefix)
            if max(side[prefix].count if prefix in side else 0 for side in (ours, theirs)) > _LIST_AT_MOST:
                named += await self._within(connection, part, inside)
            else:
                listed = msgspec.structs.replace(inside, items=True)
                named += differing(*await self._both(connection, part, listed))
            if len(named) > _MOST_NAMED:
                break
        return named

    @staticmethod
    async def _both(
        connection: Connection[Any], part: Part, question: Question
    ) -> tuple[dict[str, Group], dict[str, Group]]:
        ours = await asyncio.to_thread(summarize, connection, part.items, question, {})
        return ours, await part.store.ask(part.topic, question)


def _by_shard(question: Question) -> list[Question]:
    """The question about each shard. Where one question cannot leave out them all, each leaves out its own."""
    if len(question.without) <= MOST_LEFT_OUT:
        return [msgspec.structs.replace(question, shard=shard) for shard in range(SHARDS)]
    without: list[list[UUID]] = [[] for _ in range(SHARDS)]
    for household in question.without:
        without[shard_of(str(household))].append(household)
    return [msgspec.structs.replace(question, shard=shard, without=tuple(own)) for shard, own in enumerate(without)]
