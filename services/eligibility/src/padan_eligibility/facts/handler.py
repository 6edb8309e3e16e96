"""The reader `eligibility.facts`: household events become facts, and facts decisions, in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.reviews import REVIEWED_WITHIN
from padan_runtime import log, metrics, relay
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient, SubjectKeys
from padan_runtime.log import Entry
from padan_runtime.problems import Unavailable
from psycopg import Connection

from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.facts import fates, needs, repository, standing, told, turns
from padan_eligibility.facts.deciding import basis_of, take_decisions
from padan_eligibility.facts.folding import Change, Member, fold, open_answers, open_members
from padan_eligibility.facts.needs import NeedRow
from padan_eligibility.facts.recording import write
from padan_eligibility.payments import following as payments
from padan_eligibility.periods import versions
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.reviews.following import follow
from padan_eligibility.timing import repository as recomputations

READER: Final = "eligibility.facts"


class Prepared(msgspec.Struct, frozen=True):
    """A batch folded and opened: changes by household, members, needs, and the households' sensitive keys. `then` is
    what comes after it: while a period is being closed (`closing`), the second events of households that have several,
    the third, and so on, so that each household is written as it stands after each of its events."""

    changes: dict[UUID, Change]
    members: list[Member]
    needs: list[NeedRow]
    keys: dict[UUID, bytes]
    closing: bool = False
    then: tuple["Prepared", ...] = ()


class FactsHandler:
    """Keeps the facts and decides every household that a batch touches."""

    def __init__(
        self, database: Database, keys: KeyClient, policies: PolicySet, review_within: timedelta = REVIEWED_WITHIN
    ) -> None:
        self._database, self._keys, self._policies, self._within = database, keys, policies, review_within
        self._taken: Counter[tuple[str, str]] = Counter()
        self._followed = False

    async def prepare(self, events: Sequence[Event], /) -> Prepared:
        """Fetch the keys of the households whose facts change, and open the members' blocks.

        Raises `Unavailable`; `KeyUnknownError`, `SealError` or a decoding error for an event that cannot be read.
        """
        # With the events in hand: where no closing has begun by now, its cut, which is asked for later, holds them all.
        if not await asyncio.to_thread(self._closing):
            return await opened_batch(self._keys, events)
        first, *then = [await opened_batch(self._keys, layer) for layer in versions.layers(events)]
        return msgspec.structs.replace(first, closing=True, then=tuple(then))

    def _closing(self) -> bool:
        with self._database.statement() as connection:
            return versions.kept(connection)

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: Prepared, /) -> None:
        """Write the facts, decide, and append what is new. Raises `Unavailable` while a policy cannot be read."""
        del events
        self._taken, self._followed = Counter(), False
        layers = [layer for layer in (prepared, *prepared.then) if layer.changes]
        if len(layers) > 1:
            # All at once and sorted: two workers that meet over a transfer wait for each other and never deadlock. So
            # are payments: whoever pays waits for a line with what the next layer waits for.
            changes = [change for layer in layers for change in layer.changes.values()]
            repository.lock_persons(connection, changes)
            payments.hold(connection, changes)
        entries = [entry for layer in layers for entry in self._apply(connection, layer, closing=prepared.closing)]
        if entries:
            log.append(connection, entries)

    def _apply(self, connection: Connection[Any], prepared: Prepared, *, closing: bool) -> Sequence[Entry]:
        household_ids = list(prepared.changes)
        if closing:
            versions.keep(connection, household_ids)
        repository.write_households(connection, prepared.changes.values())
        repository.write_persons(connection, prepared.members, prepared.changes.values())
        needs.write(connection, prepared.changes.values(), prepared.needs)
        turns.write(connection, prepared.changes.values())
        fates.write(connection, [change.fates for change in prepared.changes.values()])
        told.write(connection, {household_id: change.told for household_id, change in prepared.changes.items()})
        followed = follow(
            connection,
            {household_id: change.event for household_id, change in prepared.changes.items() if change.moves_reviews},
            [match for change in prepared.changes.values() for match in change.matches],
            self._within,
        )
        # Of households that are not decided here: a review goes along with its person, and so do needs.
        others = [(UUID(one.key), one) for one in followed] + needs.elsewhere(connection, prepared.changes.values())
        recomputations.ask(connection, [one for one in others if one[0] not in prepared.changes])
        followed += payments.follow(connection, prepared.changes.values())
        try:
            policies = self._policies.within(connection)
        except PolicyError as error:
            # No fault of these households: they wait, and a version that can read the policy decides them.
            raise Unavailable("policies") from error
        facts = repository.read_facts(connection, household_ids, policies.asks)
        begun = recomputations.begun(connection)
        households = [
            (basis_of(change.event, facts[household_id], begun), facts[household_id])
            for household_id, change in prepared.changes.items()
        ]
        stood = standing.read_stood(connection, household_ids)
        taken = take_decisions(policies, households, stood, prepared.keys)
        taken.entries[:0] = followed  # in one append: two would take the heads in no order
        write(connection, households, taken)
        self._followed |= bool(followed)
        self._taken.update((row.programme, row.outcome.value) for row in taken.standing)
        return taken.entries

    async def committed(self, events: Sequence[Event], /) -> None:
        """Count what was decided and wake the relay."""
        del events
        for (programme, outcome), count in self._taken.items():
            metrics.DECIDED.labels(programme, outcome).inc(count)
        if self._taken or self._followed:
            await asyncio.to_thread(relay.hint, self._database)


async def opened_batch(client: KeyClient, events: Sequence[Event]) -> Prepared:
    """Fetch the keys of the households whose facts change, and open the members' blocks.

    Raises `Unavailable`; `KeyUnknownError`, `SealError` or a decoding error for an event that cannot be read.
    """
    changes = fold(events)
    keys = await client.covering(
        {
            household_id: (
                household_id,
                *(part.member.person_id for part in change.members),
                *needs.subjects(change),
            )
            for household_id, change in changes.items()
        }
    )
    return await asyncio.to_thread(_open, changes, keys)


def _open(changes: dict[UUID, Change], keys: dict[UUID, dict[UUID, SubjectKeys]]) -> Prepared:
    members: list[Member] = []
    recorded: list[NeedRow] = []
    own: dict[UUID, bytes] = {}
    for household_id, change in changes.items():
        held = keys[household_id]
        members += open_members(change, held)
        recorded += needs.open_needs(change, held)
        change.circumstances = open_answers(change, held)
        key = held.get(household_id)
        if key is not None and key.sensitive is not None:
            own[household_id] = key.sensitive
    return Prepared(changes, members, recorded, own)
