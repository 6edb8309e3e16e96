"""Takes a file piece by piece: begins it, goes on with it where it was, gives it to a batch, lets it expire."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from padan_runtime.database import Database
from padan_runtime.keys import IntakeKeyGoneError, KeyClient
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT

from padan_registry_ingest.batches.sealed_file import SealedWriter
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.uploading import partial_file, repository
from padan_registry_ingest.uploading.partial_file import PartialWriter
from padan_registry_ingest.uploading.repository import Partial

LIFETIME: Final = timedelta(hours=24)
MOST_OPEN: Final = 20
"""Files one sender may have under way."""
_DURABLE_EVERY: Final = 4 << 20
_SWEEP_S: Final = 600.0
_ABANDONED_AFTER_S: Final = 3_600.0
Result = TypeVar("Result")


class Uploads:
    """Files on their way. `most_bytes` is the largest taken. Raises `FileFault` and `Unavailable`."""

    def __init__(self, database: Database, keys: KeyClient, folder: Path, *, most_bytes: int) -> None:
        self._database, self._keys, self._folder, self.most_bytes = database, keys, folder, most_bytes
        self._turns: dict[UUID, object] = {}
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def begin(self, length: int, *, actor: str, region: str) -> Partial:
        """A new file of `length` bytes, of which none has come."""
        if length < 1:
            raise FileFault("file_empty")
        if length > self.most_bytes:
            raise FileFault("file_too_large", limit_bytes=self.most_bytes)
        now = datetime.now(UTC)
        partial = Partial(
            partial_id=uuid4(), actor=actor, region=region, key_id=now.date().isoformat(), length=length,
            received=0, pieces=0, stored=0, expires_at=now + LIFETIME,
        )  # fmt: skip
        if not await self._in_thread(lambda: self._insert(partial)):
            raise FileFault("too_many_uploads", most=MOST_OPEN)
        return partial

    async def find(self, partial_id: UUID, *, actor: str, region: str) -> Partial:
        """A file of this sender. Anybody else's is as if there were none."""
        partial = await self._in_thread(lambda: self._find(partial_id))
        if partial is None or (partial.actor, partial.region) != (actor, region):
            raise FileFault("upload_not_found")
        if partial.expires_at < datetime.now(UTC):
            raise FileFault("upload_expired")
        return partial

    async def receive(self, partial: Partial, offset: int, data: AsyncIterator[bytes]) -> int:
        """Take what comes from byte `offset` on; answers how many bytes of the file are durable now.

        A line that breaks leaves what had come. A second sender of one file takes it over from the first: that is
        somebody who tries again while their broken line still hangs here.
        """
        partial_id, turn = partial.partial_id, object()
        self._turns[partial_id] = turn
        lock = self._locks.setdefault(partial_id, asyncio.Lock())
        key = await self._key(partial)
        async with lock:
            try:
                receiving = await self._in_thread(lambda: self._open(partial_id, offset, key))
            except BaseException:
                self._turns.pop(partial_id, None)
                raise
        try:
            async for piece in data:
                async with lock:
                    if self._turns.get(partial_id) is not turn:
                        raise FileFault("upload_taken_over")
                    await _to_its_end(receiving.take, piece)
        finally:
            # Also where the line broke: what has come need not come again.
            async with lock:
                try:
                    if self._turns.get(partial_id) is turn:
                        del self._turns[partial_id]
                        await _to_its_end(receiving.end)
                finally:
                    receiving.writer.close()
        return receiving.received

    async def give(self, partial: Partial, writer: SealedWriter) -> None:
        """Write a whole file where a batch takes it from. It stays until it is removed or expires.

        Raises `FileFault` file_lost where less or more of it is on disk than was acknowledged.
        """
        if not partial.whole:
            raise FileFault("upload_incomplete", offset=partial.received, length=partial.length)
        key = await self._key(partial)

        def copy() -> None:
            size = 0
            for piece in partial_file.read(self._folder, partial.partial_id, key, pieces=partial.pieces):
                writer.write(piece)
                size += len(piece)
            if size != partial.length:
                raise FileFault("file_lost")

        await asyncio.to_thread(copy)

    async def remove(self, partial: Partial) -> None:
        """Give a file up."""
        self._turns.pop(partial.partial_id, None)

        def forget() -> None:
            with self._database.transaction() as connection:
                repository.remove(connection, partial.partial_id)
            partial_file.remove(self._folder, partial.partial_id)

        async with self._locks.setdefault(partial.partial_id, asyncio.Lock()):
            await asyncio.to_thread(forget)

    async def run(self, stop: asyncio.Event) -> None:
        """Let files expire until `stop` is set."""
        while not stop.is_set():
            with contextlib.suppress(*TRANSIENT):
                await asyncio.to_thread(self._sweep)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _SWEEP_S)

    async def _key(self, partial: Partial) -> bytes:
        try:
            return await self._keys.intake_key(partial.key_id)
        except IntakeKeyGoneError as error:
            raise FileFault("upload_expired") from error

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.to_thread(work)

    def _insert(self, partial: Partial) -> bool:
        with self._database.transaction() as connection:
            return repository.insert(connection, partial, most=MOST_OPEN)

    def _find(self, partial_id: UUID) -> Partial | None:
        with self._database.transaction() as connection:
            return repository.find(connection, partial_id)

    def _open(self, partial_id: UUID, offset: int, key: bytes) -> "_Receiving":
        partial = self._find(partial_id)
        if partial is None:
            raise FileFault("upload_not_found")
        if partial.received != offset:
            raise FileFault("upload_offset_wrong", offset=partial.received)
        return _Receiving(self._database, self._folder, partial, key)

    def _sweep(self) -> None:
        with self._database.transaction() as connection:
            expired = repository.take_expired(connection)
            kept = repository.known(connection)
        for partial_id in expired:
            partial_file.remove(self._folder, partial_id)
        # What a crash left; not what has only just begun, and so is not among those known.
        before = time.time() - _ABANDONED_AFTER_S
        for path in (self._folder / "partial").glob("*"):
            with contextlib.suppress(ValueError, FileNotFoundError):
                if UUID(path.name) not in kept and path.stat().st_mtime < before:
                    path.unlink()
        if expired:
            logger().info("uploads expired", count=len(expired))


async def _to_its_end(work: Callable[..., None], *arguments: Any) -> None:
    """Run it in a thread, and wait for it even where this task is cancelled: a write cannot be stopped half-way, and
    nothing else may touch its file meanwhile."""
    working = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from working.exception()
    working.result()


class _Receiving:
    """One transfer under way."""

    def __init__(self, database: Database, folder: Path, partial: Partial, key: bytes) -> None:
        self._database, self._id, self._length = database, partial.partial_id, partial.length
        self.writer = PartialWriter(folder, self._id, key, pieces=partial.pieces, stored=partial.stored)
        self.received, self._taken = partial.received, partial.received
        self._torn = False

    def take(self, piece: bytes) -> None:
        if self._taken + len(piece) > self._length:
            raise FileFault("upload_too_long", length=self._length)
        self._torn = True
        self.writer.write(piece)
        self._taken += len(piece)
        if self._taken - self.received >= _DURABLE_EVERY:
            self._make_durable()
        self._torn = False

    def end(self) -> None:
        """Make durable what has come, and note it: only then may it be acknowledged.

        Nothing where a write failed, on a full disk: what stands behind it is of no use, and whoever goes on cuts it
        off and sends again what was not acknowledged.
        """
        if self._taken > self.received and not self._torn:
            self._make_durable()

    def _make_durable(self) -> None:
        self.writer.make_durable()
        after = (self._taken, self.writer.pieces, self.writer.stored)
        with self._database.transaction() as connection:
            if not repository.advance(connection, self._id, self.received, after):
                raise FileFault("upload_taken_over")
        self.received = self._taken
