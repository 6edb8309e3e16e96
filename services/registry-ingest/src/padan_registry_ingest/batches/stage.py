"""What all stages of a batch need: the database, the folder, and to note where a batch is and how long it took."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.log import Entry, append
from padan_runtime.memory import give_back_memory
from padan_runtime.relay import hint
from psycopg import Connection

from padan_registry_ingest.batches import chunks, repository
from padan_registry_ingest.correcting import repository as corrections
from padan_registry_ingest.matching import repository as answers

Result = TypeVar("Result")
_STATE: Final = {"registering": "matching"}


class Stages:
    """The database and folder of the batches."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder

    @asynccontextmanager
    async def stage(self, upload_id: UUID, name: str) -> AsyncIterator[None]:
        """Enter a stage; at its end note the seconds it took and give memory back."""
        begun = time.perf_counter()
        await self.note(repository.enter_stage, upload_id, _STATE.get(name, name), name)
        yield
        seconds = time.perf_counter() - begun
        metrics.BATCH_STAGE_SECONDS.labels(name).observe(seconds)
        await self.note(repository.add_stage, upload_id, name, seconds)
        give_back_memory()

    async def note(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run one piece of SQL in a transaction of its own."""
        await self.ask(work, *arguments)

    async def ask(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """What a piece of SQL in a transaction of its own answers."""

        def inside() -> Result:
            with self.database.transaction() as connection:
                return work(connection, *arguments)

        return await asyncio.to_thread(inside)

    def progress(self, upload_id: UUID) -> Callable[[int, int], Any]:
        """A function that notes how far the stage has come."""

        async def note(done: int, total: int) -> None:
            await self.note(repository.progress, upload_id, done, total)

        return note

    def report(self, write: Callable[[Connection[Any]], list[Entry]]) -> None:
        """In one transaction: what `write` writes, and the events it returns appended. The relay is told."""
        with self.database.transaction() as connection:
            entries = write(connection)
            if entries:
                append(connection, entries)
        if entries:
            hint(self.database)

    def forget_work(self, upload_id: UUID) -> None:
        """Remove what a batch no longer needs once every row is reported: judged rows, and the registers' answers."""
        with self.database.transaction() as connection:
            chunks.forget_work(connection, upload_id)
            answers.forget(connection, upload_id)
            corrections.forget(connection, upload_id)
