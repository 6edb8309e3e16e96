"""Deciles that wait for people who are there: a rebuild of the index sends none, and no event comes of them again."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT
from padan_runtime.relay import hint

from padan_registry_ingest.persons import repository
from padan_registry_ingest.persons.waiting import report_waiting

_EVERY_S: Final = 600.0
_POLL_S: Final = 1.0
_HOUSEHOLDS_AT_ONCE: Final = 1_000


class OverdueDeciles:
    """Reports them while this process is `leading`, at first and then every ten minutes."""

    def __init__(self, database: Database, *, leading: Callable[[], bool]) -> None:
        self._database, self._leading = database, leading

    async def run(self, stop: asyncio.Event) -> None:
        """Look for them until `stop` is set; a database that is away delays it to the next time."""
        while not stop.is_set():
            leading = self._leading()
            with contextlib.suppress(*TRANSIENT):
                while leading and not stop.is_set() and await asyncio.to_thread(self.report) > 0:
                    leading = self._leading()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_S if leading else _POLL_S)

    def report(self) -> int:
        """Report the deciles of some thousand households; how many those were. Raises database errors."""
        with self._database.transaction() as connection:
            # Behind no lock: nearly always nobody is found, and the index goes on while they are looked for.
            people = repository.overdue(connection, _HOUSEHOLDS_AT_ONCE)
        if not people:
            return 0
        with self._database.transaction() as connection:
            repository.lock_waiting(connection)
            count = report_waiting(connection, people, {})
        if not count:  # their event came just now
            return 0
        hint(self._database)
        logger().info("deciles had waited for people who were there", count=count)
        return count
