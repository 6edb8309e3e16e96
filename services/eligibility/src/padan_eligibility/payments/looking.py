"""What comes about while nobody asks: holds that have come to their date end, and a list or an order whose maker was
killed is gone on with. Found in the database whenever somebody looks, so that nothing is lost while nobody does."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from padan_events.local_date import PROVINCES, local_date
from padan_events.payments import RecoveryReason
from padan_runtime import log, metrics, relay
from padan_runtime.database import Database

from padan_eligibility.domain.holding import expired
from padan_eligibility.payments import lines, reading, repository
from padan_eligibility.payments.following import written
from padan_eligibility.payments.making import Making
from padan_eligibility.payments.ordering import Ordering
from padan_eligibility.timing.redeciding import Clock

PAGE: Final = 500
"""Lines a transaction."""


class Looking:
    """Looks after payment lists. `clock` says what time it is: the database's, by which all workers go."""

    def __init__(self, database: Database, making: Making, ordering: Ordering, clock: Clock) -> None:
        self._database, self._making, self._ordering, self._clock = database, making, ordering, clock

    async def look(self, stop: asyncio.Event) -> int:
        """Do what is to be done; return how many holds ended.

        Raises psycopg's errors: then what was done stands, and the rest is done at the next look.
        """
        made, ordered = await asyncio.to_thread(self._unfinished)
        for list_id in made:
            await asyncio.to_thread(self._making.go_on, list_id)
        for list_id in ordered:
            await asyncio.to_thread(self._ordering.go_on, list_id)
        ended = 0
        while not stop.is_set():
            page = await asyncio.to_thread(self._page)
            ended += page
            if page < PAGE:
                break
        await asyncio.to_thread(self._count)
        if ended:
            await asyncio.to_thread(relay.hint, self._database)
        return ended

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
        for reason in RecoveryReason:
            metrics.RECOVERIES_OPEN.labels(reason.value).set(found.get(reason.value, 0))
