"""The task that sees what has come due, and lets happen what happens then.

Each household is a transaction of its own. What a household has coming due is read from the household itself: a row of
`deadline` only says where to look, so that a late or a repeated look changes nothing.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

import psycopg
from eventsourcing.persistence import IntegrityError
from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT
from padan_runtime.relay import hint

from padan_household.claims.repository import ClaimRaceError
from padan_household.deadlines import repository
from padan_household.decisions.writing import write
from padan_household.domain.deadlines import come_due, deadlines_of
from padan_household.domain.stream import Cause
from padan_household.store.application import Register

ACTOR: Final = "service:household"
_AT_ONCE: Final = 200
_EVERY_S: Final = 1.0


def _now() -> datetime:
    return datetime.now(UTC)


class Deadlines:
    """Fires what is due. Several processes may do so at once: who comes second finds nothing to do."""

    def __init__(self, database: Database, register: Register, clock: Callable[[], datetime] = _now) -> None:
        self._database, self._register, self._clock = database, register, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Fire what is due until `stop` is set; a database that is away delays it."""
        while not stop.is_set():
            try:
                fired = await asyncio.to_thread(self.fire)
            except TRANSIENT as error:
                logger().warning("deadlines wait", error=type(error).__name__)
                fired = 0
            if not fired:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _EVERY_S)

    def fire(self) -> int:
        """Fire what is due, some at a time; for how many households. Raises psycopg's `OperationalError`."""
        now = self._clock()
        with self._database.transaction() as connection:
            waiting = repository.due(connection, now, _AT_ONCE)
        fired = sum(self._fire(household_id, now) for household_id in waiting)
        if fired:
            hint(self._database)
        return fired

    def _fire(self, household_id: UUID, now: datetime) -> bool:
        try:
            with self._database.transaction() as connection:
                household = self._register.load([household_id], connection).get(household_id)
                due = [] if household is None else [one for one in deadlines_of(household) if one.at <= now]
                if household is None or not due:
                    # Nothing of it is due: a row that a restore brought back, or one that another has just seen to.
                    # Whoever is changing it just now writes what comes due then: that must not be taken for such a row.
                    self._register.hold(household_id, connection)
                    household = self._register.load([household_id], connection).get(household_id)
                    standing = frozenset() if household is None else deadlines_of(household)
                    repository.replace(connection, {household_id: standing})
                    return False
                first = min(due, key=lambda one: (one.at, one.kind))
                cause = Cause(ACTOR, uuid5(household_id, f"deadline:{first.kind}:{first.at.isoformat()}"))
                facts = come_due(household, first.kind)
                write(connection, self._register, {household_id: household}, facts, cause=cause, keys={})
        except (ClaimRaceError, IntegrityError, psycopg.errors.UniqueViolation):
            return False  # somebody changed it just now: the next look sees what that makes of it
        metrics.DEADLINES_FIRED.labels(first.kind).inc()
        return True
