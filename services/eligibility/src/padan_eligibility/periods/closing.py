"""Opening and closing periods.

Closing is one transaction with its event: the list, the seal, and (of a stage) the round at its cut. A crash anywhere
leaves the period open, or closed with all of it. What comes before that transaction, the note that a closing is under
way, harms nobody and expires.
"""

import contextlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from padan_events import SHARDS
from padan_events.periods import PeriodClosed, PeriodOpened
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime import log, positions, relay
from padan_runtime.database import Database
from padan_runtime.log import Entry
from padan_runtime.logs import logger
from psycopg import Connection, Error

from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.periods import Asked, check_may, check_over
from padan_eligibility.domain.sealing import Seal, seal
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.periods import repository, versions
from padan_eligibility.periods.parked import check_parked
from padan_eligibility.periods.repository import Period, Taken
from padan_eligibility.places import repository as places
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.places.reordering import BeyondCutError
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import programme_entry
from padan_eligibility.timing.redeciding import database_clock

REACHED_WITHIN_S: Final = 45.0
"""Within what the server allows a transaction to wait, and the gateway an answer."""
_LOOK_S: Final = 0.1


class Closing:
    """What people do to periods. `reader` is the reader of the facts. Everything raises `RefusedError` where it may not
    be done, and psycopg's errors; then nothing is done."""

    def __init__(self, database: Database, policies: PolicySet, allocator: Allocator, reader: str) -> None:
        self._database, self._policies, self._allocator, self._reader = database, policies, allocator, reader

    def open(self, person: Person, asked: Asked) -> Period:
        """Open a period; one that is there already stays as it stands."""
        with self._database.transaction() as connection:
            self._check(connection, person, asked)
            repository.hold_scope(connection, asked)
            before = repository.period(connection, asked.id)
            if before is not None:
                return before
            if any(one.closed and one.asked.name > asked.name for one in repository.alike(connection, asked)):
                raise RefusedError("period_later_closed")
            repository.open_period(connection, asked, person.actor)
            data = PeriodOpened(
                period_id=asked.id,
                kind=asked.kind,
                name=asked.name,
                region=asked.region,
                programme=asked.programme,
                opened_by=person.actor,
            )
            log.append(connection, [programme_entry(data, uuid5(asked.id, "opened"), by=person.actor)])
            opened = _required(connection, asked.id)
        relay.hint(self._database)
        return opened

    def close(
        self, person: Person, period_id: UUID, key: str, cut: Callable[[], Cut], *, now: datetime | None = None
    ) -> Period:
        """Close a period and seal its list, once. The same key of the same person again answers the same. `cut` asks
        household for one; raises what that raises."""
        request, closing_id = f"{person.actor}:{key}", uuid4()
        with self._database.transaction() as connection:
            period = self._closable(connection, person, period_id, request, now or database_clock(connection))
            if period.closed is not None:
                return period
            # Committed before the cut: from now on the reader of the facts keeps what the list may need.
            versions.begin(connection, closing_id)
        try:
            with self._database.transaction() as connection:
                repository.hold_scope(connection, period.asked)
                period = self._closable(connection, person, period_id, request, now or database_clock(connection))
                if period.closed is None:
                    self._close(connection, period.asked, person, cut, request=request, closing_id=closing_id)
                closed = _required(connection, period_id)
        finally:
            with contextlib.suppress(Error), self._database.transaction() as connection:
                versions.end(connection, closing_id)  # where this fails too, it expires
        relay.hint(self._database)
        return closed

    def _check(self, connection: Connection[Any], person: Person, asked: Asked) -> None:
        policies = self._policies.within(connection)
        check_may(person, asked, None if asked.programme is None else policies.latest(asked.programme))

    def _closable(
        self, connection: Connection[Any], person: Person, period_id: UUID, request: str, now: datetime
    ) -> Period:
        """The period, to be closed, or closed by this very request."""
        period = repository.period(connection, period_id)
        if period is None:
            raise RefusedError("period_unknown")
        self._check(connection, person, period.asked)
        if period.closed is not None:
            if period.request != request:
                raise RefusedError("period_closed")
            return period
        if repository.asked_with(connection, request) is not None:
            raise RefusedError("period_key_reused")
        check_over(period.asked, now)
        others = [one for one in repository.alike(connection, period.asked) if one.period_id != period_id]
        if any(one.closed and one.asked.name > period.asked.name for one in others):
            raise RefusedError("period_later_closed")
        if any(one.closed is None and one.asked.name < period.asked.name for one in others):
            raise RefusedError("period_earlier_open")
        return period

    def _close(
        self,
        connection: Connection[Any],
        asked: Asked,
        person: Person,
        take_cut: Callable[[], Cut],
        *,
        request: str,
        closing_id: UUID,
    ) -> None:
        known = frozenset[tuple[str, UUID]]()
        if asked.programme is not None:
            # Before the cut: no round can have been held at a later one, nor be held before this is over.
            places.lock(connection)
            known = places.untaken(connection)
        cut = take_cut()
        self._await(connection, cut)
        check_parked(connection, self._reader, asked, cut)
        entries: list[Entry] = []
        ledgers = None
        if asked.programme is None:
            taken = repository.take_register(connection, asked, cut.heads, closing_id)
        else:
            places.hold_redeciding(connection, alone=True)
            try:
                entries = self._allocator.within(connection, asked.programme, cut, known)
            except BeyondCutError as error:
                raise RefusedError("period_facts_behind") from error
            taken = repository.take_stage(connection, asked, cut.heads, closing_id)
            ledgers = repository.ledgers(connection, asked.programme)
        if taken is None:
            raise RefusedError("period_facts_behind")
        if taken.gone:
            logger().error("families that left the register hold a place", programme=asked.programme, count=taken.gone)
            raise RefusedError("period_places_wrong")
        sealed = seal(repository.lines(connection, asked.id), ledgers)
        previous = [one.period_id for one in repository.alike(connection, asked) if one.closed is not None]
        data = _closed(asked, cut, taken, sealed, person=person, previous=previous[-1] if previous else None)
        repository.close_period(connection, data, request)
        # The heads of the log last of all, as everybody takes them.
        log.append(connection, [*entries, programme_entry(data, uuid5(asked.id, "closed"), by=person.actor)])
        logger().info(
            "a period is closed",
            kind=asked.kind.value,
            name=asked.name,
            region=asked.region,
            programme=asked.programme,
            families=sealed.families,
        )

    def _await(self, connection: Connection[Any], cut: Cut) -> None:
        """Wait until the facts have come to the cut."""
        deadline = time.monotonic() + REACHED_WITHIN_S
        while True:
            held = positions.vector(connection, self._reader).get(HOUSEHOLD_EVENTS.name, {})
            if all(held.get(shard, 0) >= cut.heads[shard] for shard in range(SHARDS)):
                return
            if time.monotonic() > deadline:
                raise RefusedError("period_facts_behind")
            time.sleep(_LOOK_S)


def _closed(
    asked: Asked, cut: Cut, taken: Taken, sealed: Seal, *, person: Person, previous: UUID | None
) -> PeriodClosed:
    return PeriodClosed(
        period_id=asked.id,
        kind=asked.kind,
        name=asked.name,
        region=asked.region,
        programme=asked.programme,
        cut=tuple(cut.heads),
        cut_at=cut.at,
        decided=taken.decided,
        families=sealed.families,
        amount_idr=sealed.amount_idr,
        digest=sealed.digest,
        regencies=sealed.parts,
        closed_by=person.actor,
        previous=previous,
    )


def _required(connection: Connection[Any], period_id: UUID) -> Period:
    found = repository.period(connection, period_id)
    assert found is not None
    return found
