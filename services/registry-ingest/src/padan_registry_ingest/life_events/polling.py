"""Reads the civil registry's feed, page by page, from where it was read to."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.problems import Unavailable
from padan_runtime.projector import TRANSIENT
from padan_runtime.relay import hint

from padan_registry_ingest import ACTOR
from padan_registry_ingest.life_events import receiving, repository
from padan_registry_ingest.life_events.receiving import Received, Receiver, Sender
from padan_registry_ingest.life_events.registry_feed import FeedAnswerError, Page, RegistryFeed

FEED: Final = "civil_registry"
_SENDER: Final = Sender("crvs_feed", ACTOR)
_LONGEST_WAIT_S: Final = 60.0
_POLL_S: Final = 1.0


class FeedPoller:
    """Reads the feed every `every_s` seconds while this process is `leading`; 0 reads never.

    A registry that is away, or answers what cannot be used, delays the feed and nothing else.
    """

    def __init__(
        self,
        database: Database,
        feed: RegistryFeed,
        receiver: Receiver,
        *,
        every_s: float,
        leading: Callable[[], bool],
    ) -> None:
        self._database, self._feed, self._receiver = database, feed, receiver
        self._every_s, self._leading = every_s, leading
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop` is set."""
        if not self._every_s:
            await stop.wait()  # a task that ends would end the process
        while not stop.is_set():
            wait_s = await self._turn() if self._leading() else _POLL_S
            if wait_s:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait_s)

    async def _turn(self) -> float:
        """Read a page; how long to wait for the next."""
        try:
            more = await self._read()
        except (Unavailable, FeedAnswerError, *TRANSIENT) as error:
            code = error.code if isinstance(error, FeedAnswerError) else "unavailable"
            return self._failed(code, f"{type(error).__name__} {error}" if isinstance(error, Unavailable) else code)
        except Exception as error:  # what nobody thought of in a stranger's answer must not end the service
            logger().error("the feed of the civil registry broke us", feed=FEED, exc_info=error)
            return self._failed("internal", type(error).__name__)
        if self._failures:
            logger().info("the feed of the civil registry is read again", feed=FEED, failures=self._failures)
            self._failures = 0
        return 0.0 if more else self._every_s

    def _failed(self, code: str, error: str) -> float:
        metrics.FEED_FAILURES.labels(FEED, code).inc()
        wait_s: float = min(self._every_s * 2**self._failures, max(_LONGEST_WAIT_S, self._every_s))
        self._failures = min(self._failures + 1, 10)
        logger().warning("the feed of the civil registry is not read", feed=FEED, error=error, again_in_s=wait_s)
        return wait_s

    async def _read(self) -> bool:
        """Read and keep one page; whether another is there. Raises `Unavailable`, `FeedAnswerError`, `TRANSIENT`."""
        after = await asyncio.to_thread(self._cursor)
        page = await self._feed.page(after)
        if (page.reached and page.reached <= after) or page.head < after:
            # What it says is kept where it is new; the place is not given up, or all would be read again.
            logger().error("the feed of the civil registry went backwards", feed=FEED, read_to=after, head=page.head)
            metrics.FEED_FAILURES.labels(FEED, "backwards").inc()
        received = await self._receiver.ready(_SENDER, page.told)
        reached = max(after, page.reached)
        if not await asyncio.to_thread(self._keep, received, after, reached):
            return True  # another process was first: look where it stands
        self._noted(received, page, reached)
        return reached > after and page.head > reached

    def _cursor(self) -> int:
        with self._database.transaction() as connection:
            return repository.cursor(connection, FEED)

    def _keep(self, received: Received, before: int, after: int) -> bool:
        with self._database.transaction() as connection:
            if not repository.move_cursor(connection, FEED, before, after):
                return False
            appended = receiving.keep(connection, received) if received.rows else False
        if appended:
            hint(self._database)
        return True

    @staticmethod
    def _noted(received: Received, page: Page, reached: int) -> None:
        receiving.count(received)
        metrics.FEED_BEHIND.labels(FEED).set(max(0, page.head - reached))
        metrics.FEED_READ_LAST.labels(FEED).set(time.time())
        for row in received.rows:
            if row.reason is not None:
                logger().error("an entry of the feed cannot be used", feed=FEED, cursor=row.cursor, reason=row.reason)
