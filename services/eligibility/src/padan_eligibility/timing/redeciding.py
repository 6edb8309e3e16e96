"""Deciding households anew by the facts that stand."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import shard_of
from padan_events.local_date import local_date
from padan_runtime import metrics, relay
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.problems import Unavailable
from psycopg import Connection

from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.facts import repository as facts
from padan_eligibility.facts import standing
from padan_eligibility.facts.deciding import Basis, take_decisions
from padan_eligibility.facts.recording import record
from padan_eligibility.places import repository as places
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.timing import repository

Clock = Callable[[Connection[Any]], datetime]
"""What time it is, with its zone: the database's, by which all workers go; tests move it."""
PAGE: Final = 500
"""Households a transaction: live changes of the same shards wait for it, some tens of milliseconds."""


def database_clock(connection: Connection[Any]) -> datetime:
    """A worker whose own clock is wrong would decide for a day that has not come, and nothing takes a date back."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, or until `stop` is set."""
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


class Why(msgspec.Struct, frozen=True):
    """What led to it: the event `cause`, such as the publication of a policy; without, nothing but time."""

    cause: UUID | None = None
    correlation_id: UUID | None = None
    programmes: Collection[str] | None = None


class Redecided(msgspec.Struct, frozen=True):
    """Households that were decided anew, how many of their decisions changed by programme and outcome, and those for
    whom nothing could be sealed, since their key was destroyed."""

    done: frozenset[UUID]
    changed: Counter[tuple[str, str]]
    erased: frozenset[UUID]


class Redeciding:
    """Decides households anew. `clock` says what time it is."""

    def __init__(self, database: Database, keys: KeyClient, policies: PolicySet, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self._keys, self._policies = keys, policies

    async def sealing_keys(self, household_ids: Sequence[UUID]) -> dict[UUID, bytes]:
        """The households' own sensitive keys; one whose key was destroyed has none.

        Raises `Unavailable`, also where the keyring does not know a household: it is behind, and nobody was erased.
        """
        held = await self._keys.of(household_ids)
        found: dict[UUID, bytes] = {}
        for household_id in household_ids:
            key = held[household_id].get(household_id)
            if key is None:
                self._keys.forget([household_id])
                raise Unavailable("keyring")
            if key.sensitive is not None:
                found[household_id] = key.sensitive
        return found

    def page(
        self,
        connection: Connection[Any],
        household_ids: Sequence[UUID],
        keys: dict[UUID, bytes],
        why: Why,
        each: Mapping[UUID, Why] = MappingProxyType({}),
    ) -> Redecided:
        """Decide them inside the surrounding transaction, each on the local date of its regency, for the reason that
        `each` gives it, else for `why`. A household that somebody is writing just now is left out: two that wait for
        each other's rows would wait for ever.

        Raises `Unavailable` while a policy cannot be read.
        """
        places.hold_redeciding(connection, alone=False)
        erased = frozenset(household_ids) - keys.keys()
        if erased:
            repository.forget_dates(connection, erased)
        held = repository.hold(connection, [one for one in household_ids if one in keys])
        if not held:
            return Redecided(frozenset(), Counter(), erased)
        ids, now = list(held), self.clock(connection)
        try:
            policies = self._policies.within(connection)
        except PolicyError as error:
            raise Unavailable("policies") from error
        known = facts.read_facts(connection, ids, policies.asks)
        households = [
            (
                Basis(
                    shard=shard_of(str(one)),
                    pos=held[one],
                    as_of=local_date(now, known[one].regency),
                    cause=each.get(one, why).cause,
                    correlation_id=each.get(one, why).correlation_id,
                ),
                known[one],
            )
            for one in ids
        ]
        stood = standing.read_stood(connection, ids, why.programmes)
        taken = take_decisions(policies, households, stood, keys, why.programmes)
        record(connection, households, taken)
        changed = Counter((row.programme, row.outcome.value) for row in taken.standing)
        return Redecided(frozenset(held), changed, erased)

    async def committed(self, redecided: Redecided) -> None:
        """Count what changed and wake the relay."""
        for (programme, outcome), count in redecided.changed.items():
            metrics.DECIDED.labels(programme, outcome).inc(count)
        if redecided.changed:
            await asyncio.to_thread(relay.hint, self.database)
