"""Reviews that are late go to the next tier: found by their due dates, whenever somebody looks, so that nothing is lost
while nobody does."""

import asyncio
from datetime import timedelta
from typing import Final

from padan_events.local_date import PROVINCES, local_date
from padan_events.reviews import ReviewTier
from padan_runtime import log, metrics, relay
from padan_runtime.database import Database

from padan_eligibility.domain import reviews
from padan_eligibility.reviews import repository
from padan_eligibility.reviews.following import entry
from padan_eligibility.timing.redeciding import Clock

PAGE: Final = 500
"""Reviews a transaction."""


class Escalating:
    """Passes reviews on. `clock` says what time it is: the database's, by which all workers go."""

    def __init__(self, database: Database, clock: Clock, within: timedelta) -> None:
        self._database, self._clock, self._within = database, clock, within

    async def look(self, stop: asyncio.Event) -> int:
        """Pass on whatever is late; return how many reviews were.

        Raises psycopg's errors: then what was passed on stands, and the rest is late still.
        """
        passed = 0
        while not stop.is_set():
            page = await asyncio.to_thread(self._page)
            passed += page
            if page < PAGE:
                break
        await asyncio.to_thread(self._count)
        if passed:
            await asyncio.to_thread(relay.hint, self._database)
        return passed

    def _page(self) -> int:
        with self._database.transaction() as connection:
            now = self._clock(connection)
            today = {province: local_date(now, province) for province in PROVINCES}
            late = repository.overdue(connection, today, PAGE)
            changes = [
                change
                for review, regency in late
                if (change := reviews.escalated(review, regency, today[regency[:2]], self._within)) is not None
            ]
            if changes:
                repository.write(connection, [review for review, _ in changes])
                log.append(connection, [entry(change, None) for change in changes])
        for review, _ in changes:
            metrics.REVIEWS_PASSED_ON.labels(review.tier.value).inc()
        return len(changes)

    def _count(self) -> None:
        """By the date of the west, which is behind: none is counted late that is on time somewhere."""
        with self._database.statement() as connection:
            found = repository.counts(connection, local_date(self._clock(connection), "11"))
        for tier in ReviewTier:
            number, late = found.get(tier.value, (0, 0))
            metrics.REVIEWS_OPEN.labels(tier.value).set(number)
            metrics.REVIEWS_OVERDUE.labels(tier.value).set(late)
