"""Deciding everybody anew since a policy was published, in the background.

What is to be done is made of the programme log, by time zone, so that nothing has to be remembered when a policy is
published. A zone is begun once its local date has come and the facts have reached a cut taken since: whoever was
decided by an event of the day before is then among those it looks at, and whatever comes later is decided by the new
policy.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from padan_events.local_date import ZONES, local_date
from padan_runtime import metrics
from padan_runtime.logs import logger
from padan_runtime.problems import Unavailable
from psycopg import Connection

from padan_eligibility.facts.cuts import Cut, reached
from padan_eligibility.places import repository as places
from padan_eligibility.programmes import repository as programmes
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.timing import repository
from padan_eligibility.timing.ahead import Ahead, Page
from padan_eligibility.timing.redeciding import PAGE, Redecided, Redeciding, Why, pause
from padan_eligibility.timing.repository import Recomputation

_PROVINCES: Final = dict(ZONES)
_AGAIN_S: Final = 0.2


class Recomputing:
    """Does what is due, page by page, at most `per_s` households a second. `cut` asks household for one, `reader` is
    the reader of the facts."""

    def __init__(
        self,
        redeciding: Redeciding,
        policies: PolicySet,
        cut: Callable[[], Awaitable[Cut]],
        reader: str,
        *,
        per_s: float,
    ) -> None:
        self._redeciding, self._policies = redeciding, policies
        self._cut, self._reader, self._per_s = cut, reader, per_s
        self._noted: tuple[int, ...] = ()
        self._ahead = Ahead(self._fetch)

    async def look(self, stop: asyncio.Event) -> int:
        """Do all that is due; return how many households were looked at.

        Raises `Unavailable` and psycopg's errors: what is done stands, and the next look goes on there.
        """
        await asyncio.to_thread(self._note)
        looked_at = 0
        try:
            while not stop.is_set() and (one := await asyncio.to_thread(self._next)) is not None:
                if one.state == "waiting" and not await self._begun(one, stop):
                    if stop.is_set():
                        break
                    raise Unavailable("facts")
                looked_at += await self._step(one, stop)
        finally:
            await self._ahead.drop()
        return looked_at

    async def _begun(self, one: Recomputation, stop: asyncio.Event) -> bool:
        if not await reached(self._redeciding.database, self._reader, await self._cut(), stop):
            return False
        await asyncio.to_thread(self._begin, one)
        return True

    async def _step(self, one: Recomputation, stop: asyncio.Event) -> int:
        loop = asyncio.get_running_loop()
        began = loop.time()
        household_ids, keys = await self._ahead.page(one.zone, one.after)
        if household_ids:
            self._ahead.begin(one.zone, household_ids[-1])
        redecided, advanced = await asyncio.to_thread(self._take, one, household_ids, keys)
        if redecided is not None:
            await self._redeciding.committed(redecided)
            metrics.LOOKED.labels("recomputing").set_to_current_time()  # it may take hours
        spare = len(household_ids) / self._per_s - (loop.time() - began) if advanced else _AGAIN_S
        if household_ids or not advanced:
            await pause(stop, spare)
        return len(household_ids) if advanced else 0

    def _note(self) -> None:
        with self._redeciding.database.transaction() as connection:
            heads = programmes.heads(connection)
            if heads != self._noted:
                repository.note(connection, programmes.published(connection))
        self._noted = heads

    def _next(self) -> Recomputation | None:
        with self._redeciding.database.statement() as connection:
            return repository.next_due(connection, self._redeciding.clock(connection))

    def _begin(self, one: Recomputation) -> None:
        provinces = _PROVINCES[one.zone]
        with self._redeciding.database.transaction() as connection:
            holds = self._holds(connection, one)
            repository.begin(connection, one, provinces, in_force=holds)
        logger().info("recomputation", programme=one.programme, version=one.version, zone=one.zone, in_force=holds)

    def _holds(self, connection: Connection[Any], one: Recomputation) -> bool:
        today = local_date(self._redeciding.clock(connection), _PROVINCES[one.zone][0])
        in_force = self._policies.within(connection).in_force(today)
        return any((policy.programme, policy.version) == (one.programme, one.version) for policy in in_force)

    async def _fetch(self, zone: int, after: UUID) -> Page:
        household_ids = await asyncio.to_thread(self._page, zone, after)
        return household_ids, await self._redeciding.sealing_keys(household_ids)

    def _page(self, zone: int, after: UUID) -> list[UUID]:
        with self._redeciding.database.statement() as connection:
            return repository.page(connection, after, _PROVINCES[zone], PAGE)

    def _take(
        self, one: Recomputation, household_ids: list[UUID], keys: dict[UUID, bytes]
    ) -> tuple[Redecided | None, bool]:
        """What a page came to, and whether it is over: not where somebody else holds the recomputation or paused it,
        and not where households of it are being written."""
        with self._redeciding.database.transaction() as connection:
            places.hold_redeciding(connection, alone=False)
            held = repository.locked(connection, one)
            if held is None or (held.state, held.after) != ("running", one.after):
                return None, False
            if not household_ids:
                repository.end(connection, one, "done")
                return None, True
            if not self._holds(connection, one):
                repository.end(connection, one, "superseded")
                return None, True
            why = Why(cause=one.published, correlation_id=one.correlation_id, programmes={one.programme})
            redecided = self._redeciding.page(connection, household_ids, keys, why)
            over = len(redecided.done) + len(redecided.erased) == len(household_ids)
            repository.advance(
                connection,
                one,
                after=household_ids[-1] if over else None,
                looked_at=len(household_ids) if over else 0,
                changed=redecided.changed.total(),
            )
        return redecided, over
