"""The task that sees what has come due, and lets happen what happens then.

Each household is a transaction of its own. What a household has coming due is read from the household itself: a row of
`deadline` only says where to look, so that a late or a repeated look changes nothing.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

import psycopg
from eventsourcing.persistence import IntegrityError
from padan_events.effects import HouseholdFact
from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.keys import KeyUnknownError, SubjectKeys
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT
from padan_runtime.relay import hint
from padan_runtime.sealing import SealError

from padan_household.claims.repository import ClaimRaceError
from padan_household.commands.opening import opened
from padan_household.deadlines import repository
from padan_household.decisions.keys import HeldKeys
from padan_household.decisions.writing import write
from padan_household.domain.asked import Known
from padan_household.domain.deadlines import OPENED, come_due, deadlines_of
from padan_household.domain.household import Household
from padan_household.domain.stream import Cause
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights
from padan_household.keyring.sealer import seal_for
from padan_household.store.application import Register

ACTOR: Final = "service:household"
_AT_ONCE: Final = 200
_EVERY_S: Final = 1.0
_ALL: Final = Rights(Reach.ALL, Reach.ALL)


def _now() -> datetime:
    return datetime.now(UTC)


class Deadlines:
    """Fires what is due. Several processes may do so at once: who comes second finds nothing to do."""

    def __init__(
        self, database: Database, register: Register, keyring: Keyring, clock: Callable[[], datetime] = _now
    ) -> None:
        self._database, self._register, self._keyring, self._clock = database, register, keyring, clock

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
                facts = self._come_due(household, first.kind)
                write(connection, self._register, {household_id: household}, facts, cause=cause, keys={})
        except (ClaimRaceError, IntegrityError, psycopg.errors.UniqueViolation):
            return False  # somebody changed it just now: the next look sees what that makes of it
        except (KeyUnknownError, SealError) as error:  # what cannot be opened is not decided, and holds up nobody
            logger().error("a deadline cannot be decided", household=str(household_id), error=type(error).__name__)
            return False
        metrics.DEADLINES_FIRED.labels(first.kind).inc()
        return True

    def _come_due(self, household: Household, kind: str) -> Sequence[HouseholdFact]:
        held: dict[UUID, dict[UUID, SubjectKeys]] = {}
        known = Known(household=household, home=None)
        if kind in OPENED:
            for keys in self._keyring.of_households([household.id], _ALL):
                held[household.id] = {subject.subject_id: subject for subject in keys.subjects}
            known = opened(household, held.get(household.id, {}), members=False, seen=True)
        return come_due(known, kind, seal_for(HeldKeys(self._keyring, held).of))
