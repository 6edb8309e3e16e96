"""The task that opens the round of each month in every village that holds recipients, a province in a transaction.

Which villages those are is not kept: where families live is sealed, and is opened for it. Where nobody ran on the first
day of a month it is opened later; a month that is over by then is not, as nobody could answer any more.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.persistence import IntegrityError
from padan_events.commands.rounds import OpenRounds
from padan_events.local_date import PROVINCES, local_date
from padan_events.rounds import stream_of
from padan_runtime.database import Database
from padan_runtime.keys import KeyUnknownError
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT
from padan_runtime.relay import hint
from padan_runtime.sealing import SealError
from psycopg import Connection

from padan_household.commands.opening import opened
from padan_household.commands.villages import ACTOR
from padan_household.domain import rounds
from padan_household.domain.cut_off import CUT_OFF_DAY, OPENING_DAY
from padan_household.domain.refusals import Refusal
from padan_household.domain.stream import Cause, HouseholdEvent
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights
from padan_household.rounds import repository
from padan_household.store.application import Register

_MONTHS: Final = UUID("5a0f5e0e-3f60-5b0a-9f0c-0c6a1c0f7d11")
"""The namespace of what the openings of a month have in common."""
_HOMES: Final = Rights(Reach.HOUSEHOLD, Reach.NONE)
_AT_ONCE: Final = 1_000
_EVERY_S: Final = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


class MonthlyOpening:
    """Opens rounds from day `opens_on` of a month on, by the local date of each province. Several processes may do so
    at once: one opens a province, and who comes second finds it done. `cut_off_days` as in `Commands`."""

    def __init__(
        self,
        database: Database,
        register: Register,
        keyring: Keyring,
        clock: Callable[[], datetime] = _now,
        *,
        cut_off_days: Mapping[str, int] | None = None,
        opens_on: int = OPENING_DAY,
    ) -> None:
        self._database, self._register, self._keyring, self._clock = database, register, keyring, clock
        self._cut_off_days, self._opens_on = cut_off_days or {}, opens_on

    async def run(self, stop: asyncio.Event) -> None:
        """Open what is due until `stop` is set; a database that is away delays it."""
        while not stop.is_set():
            try:
                await asyncio.to_thread(self.open_due)
            except TRANSIENT as error:
                logger().warning("rounds wait to be opened", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_S)

    def open_due(self) -> int:
        """Open what is due; in how many villages. Raises psycopg's `OperationalError`."""
        now = self._clock()
        due = [
            (f"{today:%Y-%m}", province)
            for province in PROVINCES
            if (today := local_date(now, province)).day >= self._opens_on
        ]
        with self._database.transaction() as connection:
            done = repository.opened(connection, sorted({month for month, _ in due}))
        return sum(self._open(month, province, now) for month, province in due if (month, province) not in done)

    def _open(self, month: str, province: str, now: datetime) -> int:
        try:
            with self._database.transaction() as connection:
                if not repository.take_province(connection, month, province):
                    return 0
                villages = self._villages(connection, province)
                events = self._decided(connection, month, villages, now)
                if events:
                    self._register.append(events, connection)
                repository.note_opened(connection, month, province, len(events))
        except IntegrityError:
            return 0  # somebody opened one of them by hand just now: the next look sees that
        if villages:
            logger().info("rounds opened", month=month, province=province, villages=len(villages), opened=len(events))
            hint(self._database)
        return len(events)

    def _villages(self, connection: Connection[Any], province: str) -> list[str]:
        """The villages in which recipients live, opened some families at a time."""
        found: set[str] = set()
        after = (province, repository.NOBODY)
        while page := repository.recipients(connection, province, after, _AT_ONCE):
            found |= self._homes(connection, [household_id for _, household_id in page])
            after = page[-1]
        return sorted(found)

    def _homes(self, connection: Connection[Any], household_ids: Sequence[UUID]) -> set[str]:
        households = self._register.load(household_ids, connection)
        found = set()
        for held in self._keyring.of_households(household_ids, _HOMES):
            keys = {subject.subject_id: subject for subject in held.subjects}
            try:
                home = opened(households[held.household_id], keys, members=False).home
            except (KeyUnknownError, SealError) as error:  # one family must not hold up a province
                logger().error(
                    "a recipient cannot be opened", household=str(held.household_id), error=type(error).__name__
                )
                continue
            if home is not None:
                found.add(home.village)
        return found

    def _decided(
        self, connection: Connection[Any], month: str, villages: Sequence[str], now: datetime
    ) -> list[HouseholdEvent]:
        """One event for each village that has no round of the month yet."""
        correlation_id = uuid5(_MONTHS, month)
        events = []
        for one in self._register.load_rounds(villages, correlation_id, connection):
            held = one.rounds
            asked = rounds.AskedOf(now, self._cut_off_days.get(held.village[:4], CUT_OFF_DAY))
            facts = rounds.decide(OpenRounds(region=held.village, month=month), held, asked)
            if isinstance(facts, Refusal):
                continue
            cause = Cause(ACTOR, correlation_id)
            events += [
                HouseholdEvent(stream_of(held.village), held.version + 1 + index, data, cause)
                for index, data in enumerate(facts)
            ]
        return events
