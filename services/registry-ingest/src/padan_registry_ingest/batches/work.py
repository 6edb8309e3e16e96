"""The worker: takes uploads one at a time through their stages. After a crash each goes on where it was.

Every stage either leaves a mark in the same transaction as its effects, or has none but what it computes anew from the
sealed file: so nothing is reported twice and nothing is left out.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from padan_runtime.database import Database
from padan_runtime.keys import IntakeKeyGoneError, KeyClient
from padan_runtime.logs import logger
from padan_runtime.problems import Unavailable
from padan_runtime.projector import TRANSIENT
from psycopg import Connection

from padan_registry_ingest.batches import cancelling, chunks, repository, sealed_file
from padan_registry_ingest.batches.repository import GivenUpError, TakenOverError, Upload
from padan_registry_ingest.batches.splitting import Splitter
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.correcting.comparing import Corrections
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.list_check import repository as lists
from padan_registry_ingest.problems import problem_of

_POLL_S: Final = 1.0
_LONGEST_WAIT_S: Final = 15.0
_ABANDONED_AFTER_S: Final = 3_600.0
_SWEEP_EVERY_S: Final = 3_600.0
_WITHOUT_ROWS: Final = ("failed", "repeated")
Result = TypeVar("Result")


class KindOfFile(Protocol):
    """Works off files of one kind, from split to reported."""

    async def work(self, upload: Upload, key: bytes) -> None:
        """Bring a file from split to reported. Raises `Unavailable`; may be called again after a crash."""


def _with_files(connection: Connection[Any]) -> set[UUID]:
    """Whose files are still wanted: uploads, and the lists to check that lie beside them."""
    return {*repository.to_work_on(connection), *lists.to_read(connection)}


class Worker:
    """Works uploads off while this process is `leading`: two at one upload would keep its rows right, but one could
    take the file away from the other. `wake` it when there is a new one."""

    def __init__(
        self,
        stages: Stages,
        keys: KeyClient,
        splitter: Splitter,
        kinds: Mapping[str, KindOfFile],
        *,
        corrections: Corrections,
        leading: Callable[[], bool],
    ) -> None:
        self._stages, self._keys, self._splitter, self._leading = stages, keys, splitter, leading
        self._corrections = corrections
        self._kinds = kinds
        self._database: Database = stages.database
        self.wake = asyncio.Event()
        self._sweep_at = 0.0
        self._not_before: dict[UUID, tuple[float, int]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is under way then is taken up again by the next process."""
        stopped = asyncio.create_task(stop.wait())
        while not stop.is_set():
            working = asyncio.create_task(self._work_all())
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
            waking = asyncio.create_task(self.wake.wait())
            await asyncio.wait({waking, stopped}, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
            self.wake.clear()
        stopped.cancel()

    async def _work_all(self) -> None:
        if not self._leading():
            return
        try:
            if time.monotonic() >= self._sweep_at:
                await self._sweep()
            waiting = await self._in_thread(repository.to_work_on)
            # Behind the list: whoever cancelled and sent again finds the earlier one ended before the later is read.
            for ended in await self._in_thread(cancelling.finish_requested):
                await asyncio.to_thread(self._clean_up, ended)
        except TRANSIENT as error:
            logger().warning("the database is away", error=type(error).__name__)
            return
        for upload_id in waiting:
            not_before, attempts = self._not_before.get(upload_id, (0.0, 0))
            if time.monotonic() < not_before:
                continue
            await self._attempt(upload_id, attempts)

    async def _sweep(self) -> None:
        keep = await self._in_thread(_with_files)
        sealed_file.sweep(self._stages.folder, keep, before=time.time() - _ABANDONED_AFTER_S)
        self._sweep_at = time.monotonic() + _SWEEP_EVERY_S

    async def _attempt(self, upload_id: UUID, attempts: int) -> None:
        """Work on one upload as far as it goes now; `attempts` before this one came to nothing."""
        try:
            await self._work_on(upload_id)
        except Unavailable as error:
            logger().warning("a batch waits", upload_id=str(upload_id), name=str(error))
            self._later(upload_id, attempts)
            with contextlib.suppress(*TRANSIENT):
                await self._in_thread(repository.wait_for, upload_id, str(error))
        except TRANSIENT as error:
            logger().warning("a batch waits", upload_id=str(upload_id), error=type(error).__name__)
            self._later(upload_id, attempts)
        except GivenUpError:
            with contextlib.suppress(*TRANSIENT):  # else the next round ends it
                # Others that were given up meanwhile end with it: no later round is told of them.
                for ended in {upload_id, *await self._in_thread(cancelling.finish_requested)}:
                    await asyncio.to_thread(self._clean_up, ended)
                    logger().info("a batch was cancelled", upload_id=str(ended))
        except TakenOverError:
            logger().warning("another worker has this batch", upload_id=str(upload_id))
            self._later(upload_id, attempts)
        except IntakeKeyGoneError:
            await self._fail(upload_id, FileFault("file_expired"))
        except FileFault as fault:
            await self._fail(upload_id, fault)
        except Exception as error:  # one file that breaks us must not hold up the others
            logger().error("a batch failed", upload_id=str(upload_id), exc_info=error)
            await self._fail(upload_id, FileFault("file_failed"))
        else:
            self._not_before.pop(upload_id, None)

    def _later(self, upload_id: UUID, attempts: int) -> None:
        wait_s = min(0.5 * 2**attempts, _LONGEST_WAIT_S)
        self._not_before[upload_id] = (time.monotonic() + wait_s, attempts + 1)

    async def _fail(self, upload_id: UUID, fault: FileFault) -> None:
        logger().info("a file was refused", upload_id=str(upload_id), code=fault.code)
        try:
            await self._finish(upload_id, "failed", problem_of(fault).document())
        except TRANSIENT:
            self._later(upload_id, 0)

    async def _work_on(self, upload_id: UUID) -> None:
        upload = await self._in_thread(repository.find, upload_id)
        assert upload is not None
        if upload.finished_at is not None:
            return
        if upload.state == "deciding":
            await self._finish(upload_id, "done")
            return
        key = await self._keys.intake_key(upload.key_id)
        if not await self._stages.ask(chunks.is_complete, upload_id):
            if not await self._splitter.split(upload, key):
                await self._finish(upload_id, "repeated")
                return
            upload = await self._in_thread(repository.find, upload_id)
            assert upload is not None
        if await self._stages.ask(cancelling.undecided, upload_id):
            raise Unavailable("earlier_batch")
        await self._corrections.compare(upload, key)
        await self._kinds[upload.kind].work(upload, key)
        if upload.dry_run:
            await self._finish(upload_id, "dry_run_done")
        else:
            await self._in_thread(repository.begin_deciding, upload_id)
            await asyncio.to_thread(self._clean_up, upload_id)

    async def _finish(self, upload_id: UUID, state: str, problem: dict[str, Any] | None = None) -> None:
        await self._in_thread(repository.finish, upload_id, state, problem)
        if state in _WITHOUT_ROWS:
            await self._in_thread(chunks.forget, upload_id)
        await asyncio.to_thread(self._clean_up, upload_id)
        logger().info("a batch is finished", upload_id=str(upload_id), state=state)

    def _clean_up(self, upload_id: UUID) -> None:
        sealed_file.remove(self._stages.folder, upload_id)
        self._stages.forget_work(upload_id)

    async def _in_thread(self, work: Callable[..., Result], *arguments: Any) -> Result:
        def inside() -> Result:
            with self._database.transaction() as connection:
                return work(connection, *arguments)

        return await asyncio.to_thread(inside)
