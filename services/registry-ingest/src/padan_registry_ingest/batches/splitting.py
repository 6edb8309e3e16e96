"""The first work on an upload: the file opened and split into chunks by child processes, each chunk kept sealed."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Final

import msgspec
from padan_runtime.projector import TRANSIENT

from padan_registry_ingest.batches import chunks, repository, sealed_file
from padan_registry_ingest.batches.repository import Upload
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading import tables
from padan_registry_ingest.reading.split import Header, Part, Task
from padan_registry_ingest.reading.splitting import splitting
from padan_registry_ingest.reading.tables import Limits, Pieces, Tables

MOST_ATTEMPTS: Final = 3
_EASTERN_TIME: Final = timezone(timedelta(hours=9))
_NOTED_EVERY: Final = 16
_HEADER: Final = msgspec.json.Decoder(Header)
_PART: Final = msgspec.msgpack.Decoder(Part)


class StoppedError(RuntimeError):
    """The service is being stopped: what was read is read again by the next process."""


class Splitter:
    """Opens uploads and keeps their chunks of `rows_at_once` rows."""

    def __init__(self, stages: Stages, limits: Limits, rows_at_once: int) -> None:
        self._stages, self._limits, self._at_once = stages, limits, rows_at_once

    async def split(self, upload: Upload, key: bytes) -> bool:
        """Keep every chunk of a file; False where the same rows were sent before. Raises `FileFault`.

        A file of which `MOST_ATTEMPTS` processes have died is given up: the next would die of it too, and no other file
        would ever have its turn.
        """
        if upload.reading_attempts >= MOST_ATTEMPTS:
            raise FileFault("reading_given_up", attempts=upload.reading_attempts)
        try:
            async with self._stages.stage(upload.upload_id, "reading"):
                opened = await self._open(upload, key)
            with opened:
                async with self._stages.stage(upload.upload_id, "validating"):
                    return await self._keep(upload, key, opened)
        finally:
            # An answer, a fault, a stop: whatever comes to this line, the process lives.
            with contextlib.suppress(*TRANSIENT):
                await self._stages.note(repository.take_back_attempt, upload)

    async def _open(self, upload: Upload, key: bytes) -> Tables:
        sending = _Sending(self._stages, upload, key)
        members = sending.pieces("members") if upload.has_members else None
        opening = asyncio.ensure_future(
            asyncio.to_thread(tables.read, sending.pieces("file"), members, kind=upload.kind, limits=self._limits)
        )
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            sending.stopped = True
            (await asyncio.gather(opening, return_exceptions=True))[0]
            raise

    async def _keep(self, upload: Upload, key: bytes, opened: Tables) -> bool:
        upload_id, stages = upload.upload_id, self._stages
        # The day is that of receipt, the same however often it is judged, and the latest anywhere in Indonesia: who is
        # born today in the east is not born tomorrow.
        task = Task(
            kind=opened.kind,
            first=opened.first,
            second=opened.second,
            region=upload.region,
            today=upload.received_at.astimezone(_EASTERN_TIME).date(),
            rows_at_once=self._at_once,
            memory_mb=self._limits.memory_mb,
            time_s=self._limits.time_s,
        )
        with splitting(task) as messages:
            header = _HEADER.decode(await asyncio.to_thread(_next, messages))
            if await stages.ask(repository.identify, upload, opened.kind, header.batch_id, header.rows) is not None:
                return False
            await stages.note(chunks.forget, upload_id)  # what an interrupted try has kept
            await stages.note(repository.save_member_warnings, upload_id, header.left_out)
            kept = 0
            while kept < header.rows:
                part = _PART.decode(await asyncio.to_thread(_next, messages))
                await stages.note(chunks.keep, key, upload_id, part)
                kept = part.last
                await stages.progress(upload_id)(kept, header.rows)
            claims = await asyncio.to_thread(_next, messages)
            await asyncio.to_thread(list, messages)  # its end: whether it ended well
            await stages.note(chunks.complete, key, upload_id, claims)
        return True


def _next(messages: Iterator[bytes]) -> bytes:
    found = next(messages, None)
    if found is None:
        raise EOFError("the file was split into fewer chunks than were said")
    return found


class _Sending:
    """Gives the parts of an upload to those who read them, and notes how much of it has gone out, in bytes."""

    def __init__(self, stages: Stages, upload: Upload, key: bytes) -> None:
        self._stages, self._id, self._key = stages, upload.upload_id, key
        parts = sealed_file.PARTS if upload.has_members else sealed_file.PARTS[:1]
        self._total = sum(sealed_file.size_of(stages.folder, self._id, part) for part in parts)
        self._sent: dict[str, int] = {}
        self.stopped = False

    def pieces(self, part: str) -> Pieces:
        """A part, from its start at every call. Raises `StoppedError` where `stopped` was set."""

        def sent() -> Iterator[bytes]:
            size = 0
            for number, piece in enumerate(sealed_file.pieces(self._stages.folder, self._id, part, self._key)):
                if self.stopped:
                    raise StoppedError
                yield piece
                size += len(piece)
                # A workbook goes out twice, once for each sheet: what counts is who has come further.
                self._sent[part] = max(self._sent.get(part, 0), size)
                if number % _NOTED_EVERY == 0:
                    self._note()

        return sent

    def _note(self) -> None:
        with self._stages.database.transaction() as connection:
            repository.progress(connection, self._id, min(sum(self._sent.values()), self._total), self._total)
