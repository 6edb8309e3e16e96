"""What changes as time passes: a decision whose next date has come is taken again, as of the local date."""

import asyncio
from uuid import UUID

from padan_events.local_date import PROVINCES, local_date

from padan_eligibility.timing import repository
from padan_eligibility.timing.redeciding import PAGE, Redecided, Redeciding, Why, pause


class Due:
    """Takes decisions again on the date each of them names, at most `per_s` households a second: many are born on the
    first of January. The schedule is the decisions themselves: what came due
    while no worker ran is found by the next."""

    def __init__(self, redeciding: Redeciding, *, per_s: float) -> None:
        self._redeciding, self._per_s = redeciding, per_s

    async def look(self, stop: asyncio.Event) -> int:
        """Take again whatever is due; return how many households were.

        Raises `Unavailable` and psycopg's errors: then what was taken stands, and the rest is due still.
        """
        taken = 0
        while not stop.is_set() and (household_ids := await asyncio.to_thread(self._due)):
            began = asyncio.get_running_loop().time()
            keys = await self._redeciding.sealing_keys(household_ids)
            redecided = await asyncio.to_thread(self._take, household_ids, keys)
            await self._redeciding.committed(redecided)
            taken += len(redecided.done)
            if not redecided.done and not redecided.erased:
                return (
                    taken  # somebody writes them all just now: what is due then still is looked at with the next tick
                )
            await pause(stop, len(household_ids) / self._per_s - (asyncio.get_running_loop().time() - began))
        return taken

    def _due(self) -> list[UUID]:
        with self._redeciding.database.statement() as connection:
            now = self._redeciding.clock(connection)
            today = {province: local_date(now, province) for province in PROVINCES}
            return repository.due(connection, today, PAGE)

    def _take(self, household_ids: list[UUID], keys: dict[UUID, bytes]) -> Redecided:
        with self._redeciding.database.transaction() as connection:
            return self._redeciding.page(connection, household_ids, keys, Why())
