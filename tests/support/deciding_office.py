"""Eligibility's parts that decide, on a database of their own, with a clock that tests move."""

import asyncio
from typing import Any
from uuid import UUID

from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.handler import READER, FactsHandler
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.timing import repository
from padan_eligibility.timing.due import Due
from padan_eligibility.timing.recomputing import Recomputing
from padan_eligibility.timing.redeciding import Redeciding
from padan_events import SHARDS, Event, decode
from padan_events.eligibility import Decided
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.log import table_of
from psycopg import sql
from register_peer import RECORDED_AT, RegisterPeer


class Office:
    """Takes events in, and decides anew what is due at `now`."""

    def __init__(self, database: Database, register: RegisterPeer, keys: KeyClient) -> None:
        self.database, self.register, self.keys, self.now = database, register, keys, RECORDED_AT
        self.policies = PolicySet(database)
        self.handler = FactsHandler(database, keys, self.policies)
        self.redeciding = Redeciding(database, keys, self.policies, lambda _: self.now)
        self.due = Due(self.redeciding, per_s=1e9)
        self.recomputing = Recomputing(self.redeciding, self.policies, self._cut, READER, per_s=1e9)
        self.stop = asyncio.Event()

    async def _cut(self) -> Cut:
        return Cut([0] * SHARDS, self.now)

    async def read(self, *events: Event) -> None:
        """Take events in, as one batch."""
        prepared = await self.handler.prepare(events)
        with self.database.transaction() as connection:
            self.handler.apply(connection, events, prepared)

    def decided(self, household_id: UUID, programme: str = "pkh") -> list[Decided]:
        """All that was decided of a household, as it stands in the log."""
        return [data for _, data in self.log() if (data.household_id, data.programme) == (household_id, programme)]

    def log(self) -> list[tuple[dict[str, Any], Decided]]:
        with self.database.statement() as connection:
            rows = connection.execute(
                sql.SQL("SELECT type, value, causation_id, correlation_id, event_id FROM {} ORDER BY time, pos").format(
                    sql.Identifier(table_of("eligibility.events.v1"))
                )
            ).fetchall()
        found = []
        for kind, value, causation_id, correlation_id, event_id in rows:
            data = decode(kind, value)
            assert isinstance(data, Decided)
            found.append(({"caused_by": causation_id, "chain": correlation_id, "id": event_id}, data))
        return found

    def recomputations(self) -> dict[tuple[str, str, int], repository.Recomputation]:
        with self.database.statement() as connection:
            return {(one.programme, one.version, one.zone): one for one in repository.listing(connection)}
