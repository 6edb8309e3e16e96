"""What comes about while nobody asks: holds that have come to their date end, and a list or an order whose maker was
killed is gone on with. Found in the database whenever somebody looks, so that nothing is lost while nobody does."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from padan_events.local_date import PROVINCES, local_date
from padan_events.payments import RecoveryReason
from padan_runtime import log, metrics, relay
from padan_runtime.database import Database
from padan_runtime.logs import logger

from padan_eligibility.domain.holding import expired
from padan_eligibility.payments import lines, reading, repository
from padan_eligibility.payments.following import written
from padan_eligibility.payments.making import Making
from padan_eligibility.payments.ordering import Ordering
from padan_eligibility.timing.redeciding import Clock

HELD_LONG: Final = timedelta(days=92)
"""A stage: what is held beyond it waits for something that may never come about."""
PAGE: Final = 500
"""Lines a transaction."""
GO_ON_S: Final = 20.0
"""How long a list is gone on with at a look, from its first page on: then the next one, and holds, have their turn."""


class Looking:
    """Looks after payment lists. `clock` says what time it is: the database's, by which all workers go."""

    def __init__(self, database: Database, making: Making, ordering: Ordering, clock: Clock) -> None:
        self._database, self._making, self._ordering, self._clock = database, making, ordering, clock

    async def look(self, stop: asyncio.Event) -> int:
        """Do what is to be done; return how many holds ended. They come first, and no list keeps another from its turn.

        Raises psycopg's errors, and those of lists, once everything else has had its turn: then what was done stands,
        and the rest is done at the next look.
        """
        ended = 0
        while not stop.is_set():
            page = await asyncio.to_thread(self._page)
            ended += page
            if page < PAGE:
                break
        if ended:
            await asyncio.to_thread(relay.hint, self._database)
        await asyncio.to_thread(self._count)
        made, ordered = await asyncio.to_thread(self._unfinished)
        failed: list[Exception] = []
        for work, list_ids in ((self._make, made), (self._order, ordered)):
            for list_id in list_ids:
                if stop.is_set():
                    break
                try:
                    await asyncio.to_thread(work, list_id, stop.is_set)
                except Exception as error:
                    logger().error("a payment list waits", list_id=str(list_id), exc_info=error)
                    failed.append(error)
        if failed:
            raise failed[0]
        return ended

    def _make(self, list_id: UUID, stopped: Callable[[], bool]) -> None:
        until = time.monotonic() + GO_ON_S
        while not stopped() and time.monotonic() < until:
            if self._making.step(list_id).complete:
                break
        relay.hint(self._database)

    def _order(self, list_id: UUID, stopped: Callable[[], bool]) -> None:
        if not stopped():
            self._ordering.go_on(list_id)

    def _unfinished(self) -> tuple[Sequence[UUID], Sequence[UUID]]:
        with self._database.statement() as connection:
            return repository.unfinished(connection)

    def _page(self) -> int:
        with self._database.transaction() as connection:
            now = self._clock(connection)
            today = {province: local_date(now, province) for province in PROVINCES}
            due = lines.due(connection, today, PAGE)
            changes = [change for line in due for change in expired(line, repository.local_dates(today, line.regency))]
            if changes:
                log.append(connection, written(connection, changes))
        for change in changes:
            metrics.PAYMENT_HOLDS_ENDED.labels(getattr(change.fact, "reason", "")).inc()
        return len(due)

    def _count(self) -> None:
        with self._database.transaction() as connection:
            repository.put_together(connection)
            found = reading.open_recoveries(connection)
            held = reading.held_long(connection, self._clock(connection) - HELD_LONG)
        for programme, count in held.items():
            metrics.PAYMENT_HELD_LONG.labels(programme).set(count)
        for reason in RecoveryReason:
            metrics.RECOVERIES_OPEN.labels(reason.value).set(found.get(reason.value, 0))
