"""The next page of a recomputation, fetched while the one before is decided: household unwraps its keys meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

Page = tuple[list[UUID], dict[UUID, bytes]]
"""Households by id, and their own sensitive keys: one whose key was destroyed has none."""
_NOWHERE: Final = (-1, UUID(int=0))


class Ahead:
    """One page ahead at most. `fetch` fetches the page of a zone behind a household."""

    def __init__(self, fetch: Callable[[int, UUID], Awaitable[Page]]) -> None:
        self._fetch = fetch
        self._of = _NOWHERE
        self._task: asyncio.Future[Page] | None = None

    def begin(self, zone: int, after: UUID) -> None:
        """Begin to fetch the page of a zone behind a household; nothing is done where that is under way."""
        if self._of != (zone, after):
            self._of, self._task = (zone, after), asyncio.ensure_future(self._fetch(zone, after))

    async def page(self, zone: int, after: UUID) -> Page:
        """The page of a zone behind a household. Raises what `fetch` raises."""
        if self._of != (zone, after):
            await self.drop()
            self.begin(zone, after)
        task, self._of, self._task = self._task, _NOWHERE, None
        assert task is not None
        return await task

    async def drop(self) -> None:
        """Give up what is under way, and wait until it is over."""
        task, self._of, self._task = self._task, _NOWHERE, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
