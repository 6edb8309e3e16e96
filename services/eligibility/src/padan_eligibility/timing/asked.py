"""Deciding anew what an event of this service touches: a review that opened or closed, a place that was given or ended,
or a need of somebody who has moved, where a policy asks for it.

What is to be done is written in the transaction that tells the event, and taken out in the one that decides: a crash
anywhere leaves it to be done. Who changes nothing by it emits nothing.
"""

import asyncio
from typing import Any
from uuid import UUID

from padan_runtime.problems import Unavailable
from psycopg import Connection

from padan_eligibility.domain.asking import asks_members_needs
from padan_eligibility.domain.own_events import asks_own_events
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.places import repository as places
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.timing import repository
from padan_eligibility.timing.redeciding import PAGE, Redecided, Redeciding, Why


def _asks(policy: Policy) -> bool:
    return asks_own_events(policy) or asks_members_needs(policy)


class Asked:
    """Decides households anew by the programmes that ask for what happened to them."""

    def __init__(self, redeciding: Redeciding, policies: PolicySet) -> None:
        self._redeciding, self._policies = redeciding, policies

    async def look(self, stop: asyncio.Event) -> int:
        """Do all that is asked; return how many households were decided. Those that somebody writes just now wait for
        the next look.

        Raises `Unavailable` and psycopg's errors: what is done stands, and the rest is asked still.
        """
        taken, after = 0, 0
        while not stop.is_set():
            found, asking = await asyncio.to_thread(self._page, after)
            if not found:
                break
            after = max(found.values())
            keys = await self._redeciding.sealing_keys(list(found)) if asking else {}
            redecided = await asyncio.to_thread(self._take, list(found), keys, asking)
            if redecided is not None:
                await self._redeciding.committed(redecided)
                taken += len(redecided.done)
        return taken

    def _page(self, after: int) -> tuple[dict[UUID, int], frozenset[str]]:
        with self._redeciding.database.transaction() as connection:
            return repository.asked(connection, after, PAGE), self._asking(connection)

    def _asking(self, connection: Connection[Any]) -> frozenset[str]:
        try:
            return self._policies.within(connection).asking(_asks)
        except PolicyError as error:
            raise Unavailable("policies") from error

    def _take(self, household_ids: list[UUID], keys: dict[UUID, bytes], asking: frozenset[str]) -> Redecided | None:
        with self._redeciding.database.transaction() as connection:
            places.hold_redeciding(connection, alone=False)
            causes = repository.take_asked(connection, list(repository.hold(connection, household_ids)))
            if not asking:
                return None  # a policy that is published from now on decides everybody from its date on
            each = {one: Why(cause, chain) for one, (cause, chain) in causes.items()}
            return self._redeciding.page(connection, list(causes), keys, Why(programmes=asking), each)
