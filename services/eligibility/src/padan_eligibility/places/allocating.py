"""The allocator: where there is something to take up, a round about each second, at a cut.

Everything of a round is written in one transaction: events, ledgers, and that it was taken up. A crash anywhere leaves
all of it or nothing. The cut is household's: no transfer between families is split by it, so that nobody loses a place
because one half of a move was read before the other.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from padan_events import encode, shard_of, type_of
from padan_events.local_date import local_date
from padan_events.places import AllocationRoundClosed, PlaceAwarded, PlaceReleased, Promoted
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime import log, metrics, relay
from padan_runtime.database import Database
from padan_runtime.log import Entry
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT
from psycopg import Connection

from padan_eligibility.domain.allocation import Ledger, Made, Round
from padan_eligibility.domain.scope import regions_of
from padan_eligibility.facts.cuts import REACHED_WITHIN_S, Cut, reached
from padan_eligibility.places import repository
from padan_eligibility.places.families import standing_families
from padan_eligibility.places.reordering import BeyondCutError, reordered
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import ACTOR
from padan_eligibility.timing import repository as timing

_EVERY_S: Final = 1.0
_TELL_OF_PLACES: Final = (PlaceAwarded, Promoted, PlaceReleased)


class Allocator:
    """Holds rounds. `cut` asks household for one, `reader` is the reader of the facts."""

    def __init__(self, database: Database, policies: PolicySet, cut: Callable[[], Awaitable[Cut]], reader: str) -> None:
        self._database, self._policies, self._cut, self._reader = database, policies, cut, reader

    async def run(self, stop: asyncio.Event) -> None:
        """Hold rounds until `stop` is set; while a server is away there are none."""
        while not stop.is_set():
            try:
                await self.look(stop)
            except TRANSIENT as error:
                logger().warning("places wait", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_S)

    async def look(self, stop: asyncio.Event) -> int:
        """Hold a round of each programme that has something to take up; return how many events it led to.

        Raises `Unavailable` and psycopg's errors: then the rounds before stand, and the others come later.
        """
        if not await asyncio.to_thread(self._work_waits):
            _looked()
            return 0
        # Before the cut: the families for which a quota opens a list are then all within it.
        quotas = await asyncio.to_thread(self._untaken)
        cut = await self._cut()
        if not await reached(self._database, self._reader, cut, stop):
            logger().warning("places wait for the facts", within_s=REACHED_WITHIN_S)
            return 0
        made, postponed = 0, False
        for programme in await asyncio.to_thread(self._programmes):
            try:
                made += await asyncio.to_thread(self.hold, programme, cut, quotas)
            except BeyondCutError:
                # With the next look, at a cut that holds what was read meanwhile.
                logger().info("a round waits for a later cut", programme=programme)
                postponed = True
        if not postponed:
            _looked()
        return made

    def hold(self, programme: str, cut: Cut, quotas: Collection[tuple[str, UUID]]) -> int:
        """One round of a programme, up to a cut that the facts have reached; return how many events it led to.
        `quotas` are those known before the cut: where one was set since, there is no round.

        Raises `BeyondCutError` where a list is to be ranked anew and families of it changed since the cut: there is no
        round, and what it would have taken up waits for one at a later cut.
        """
        with self._database.transaction() as connection:
            repository.lock(connection)
            repository.hold_redeciding(connection, alone=True)
            entries = self.within(connection, programme, cut, quotas)
            if entries:
                log.append(connection, entries)
        if entries:
            relay.hint(self._database)
        return len(entries)

    def within(
        self, connection: Connection[Any], programme: str, cut: Cut, known: Collection[tuple[str, UUID]]
    ) -> list[Entry]:
        """The same inside a transaction that holds both locks of `hold`: what the caller is to append to the log, as
        the last it does there. Raises `BeyondCutError`: then the transaction may not stand."""
        if any(one[0] == programme for one in repository.untaken(connection) - set(known)):
            return []  # set since the cut: not all for whom it opens a list are within that
        # Before the heads of the log: as the reader of the facts takes them.
        candidates = repository.take_candidates(connection, programme, cut.heads)
        quotas = repository.take_quotas(connection, programme)
        if not candidates and not quotas:
            return []
        touched = [candidate.household_id for candidate in candidates]
        regencies = {*quotas, *(candidate.regency for candidate in candidates)}
        ledgers = repository.ledgers(connection, programme, regencies, touched)
        number = repository.next_round(connection, programme)
        policies = self._policies.within(connection)
        policy = policies.latest(programme)
        national = policy is not None and regions_of(policy) is None
        round_ = Round(number, programme, ledgers, moves_along=national)
        made = round_.run(reordered(connection, partial(policies.of, programme), ledgers, candidates, cut), quotas)
        changed = {one.fact.regency for one in made} | {*quotas}
        after = {regency: round_.ledgers[regency] for regency in sorted(changed)}
        entries = [_entry(one) for one in made]
        entries += [_closed(ledger, number, cut) for ledger in after.values()]
        if programme in policies.asks.places:
            told = (one for one in made if isinstance(one.fact, _TELL_OF_PLACES))
            timing.ask(connection, ((one.fact.household_id, _entry(one)) for one in told))
        if entries:
            repository.write_round(connection, programme, number)
        repository.write_ledgers(connection, after.values())
        repository.write_places(connection, programme, number, after, list({one.fact.household_id for one in made}))
        for opened in sorted(changed - ledgers.keys() - quotas.keys()):
            # A place moved where no quota was set: from now on there is a list, and all who are entitled are in it.
            assert policy is not None
            repository.write_pending(connection, standing_families(connection, policy, opened, made[0].event_id))
        return entries

    def _work_waits(self) -> bool:
        with self._database.statement() as connection:
            return repository.work_waits(connection)

    def _untaken(self) -> Collection[tuple[str, UUID]]:
        with self._database.statement() as connection:
            return repository.untaken(connection)

    def _programmes(self) -> Sequence[str]:
        with self._database.statement() as connection:
            return repository.waiting_programmes(connection)


def _looked() -> None:
    metrics.LOOKED.labels("places").set_to_current_time()


def _entry(made: Made) -> Entry:
    household_id = made.fact.household_id
    return Entry(
        topic=ELIGIBILITY_EVENTS.name,
        shard=shard_of(str(household_id)),
        key=str(household_id),
        event_id=made.event_id,
        type=type_of(made.fact).name,
        value=encode(made.fact),
        actor=ACTOR,
        correlation_id=made.cause,
        causation_id=made.cause,
    )


def _closed(ledger: Ledger, number: int, cut: Cut) -> Entry:
    """That a round changed a ledger. It has a number of its own there, as all that its readers fold."""
    ledger.seq += 1
    event_id: UUID = ledger.event_id(ledger.seq)
    data = AllocationRoundClosed(
        ledger_id=ledger.id,
        programme=ledger.programme,
        regency=ledger.regency,
        round=number,
        ledger_seq=ledger.seq,
        cut=tuple(cut.heads),
        as_of=local_date(cut.at, ledger.regency),
        quota=ledger.quota or 0,
        places=len(ledger.places),
        waiting=len(ledger.waiting),
    )
    return Entry(
        topic=ELIGIBILITY_EVENTS.name,
        shard=shard_of(str(ledger.id)),
        key=str(ledger.id),
        event_id=event_id,
        type=type_of(data).name,
        value=encode(data),
        actor=ACTOR,
        correlation_id=event_id,
    )
