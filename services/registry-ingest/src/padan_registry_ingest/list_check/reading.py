"""Reads lists that were sent: rows with what is wrong with their NIK, kept sealed for the gateway to ask about."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

import polars as pl
from padan_runtime.database import Database
from padan_runtime.keys import IntakeKeyGoneError, KeyClient
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT

from padan_registry_ingest.batches import sealed_file
from padan_registry_ingest.batches.splitting import MOST_ATTEMPTS
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.list_check import repository
from padan_registry_ingest.list_check.repository import Listed
from padan_registry_ingest.problems import problem_of
from padan_registry_ingest.reading import tables
from padan_registry_ingest.reading.tables import Limits
from padan_registry_ingest.validating import rules

MOST_ROWS: Final = 200_000
"""Rows a list may have. Ours: what one agency delivers to; the whole of it is in memory while it is read."""
CHUNK_ROWS: Final = 2_000
_POLL_S: Final = 2.0


class ListReader:
    """Reads one list at a time while this process is `leading`. `wake` it when there is a new one."""

    def __init__(
        self, database: Database, keys: KeyClient, folder: Path, *, limits: Limits, leading: Callable[[], bool]
    ) -> None:
        self._database, self._keys, self._folder, self._limits = database, keys, folder, limits
        self._leading = leading
        self.wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop` is set; a list under way then is read again by the next process."""
        stopped = asyncio.create_task(stop.wait())
        while not stop.is_set():
            if self._leading():
                with contextlib.suppress(*TRANSIENT):
                    for check_id in await asyncio.to_thread(self._to_read):
                        await self._read(check_id)
            waking = asyncio.create_task(self.wake.wait())
            await asyncio.wait({waking, stopped}, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
            self.wake.clear()
        stopped.cancel()

    async def _read(self, check_id: UUID) -> None:
        begun: repository.Check | None = None
        try:
            check = begun = await asyncio.to_thread(self._begin, check_id)
            key = await self._keys.intake_key(check.key_id)
            await asyncio.to_thread(self._keep, check_id, key)
        except FileFault as fault:
            await asyncio.to_thread(self._fail, check_id, fault)
        except IntakeKeyGoneError:
            await asyncio.to_thread(self._fail, check_id, FileFault("file_expired"))
        except TRANSIENT:
            raise
        except Exception as error:  # one list that breaks us must not hold up the others
            logger().error("a list failed", check_id=str(check_id), exc_info=error)
            await asyncio.to_thread(self._fail, check_id, FileFault("list_failed"))
        finally:
            # An answer, a fault, a stop: whatever comes to this line, the process lives.
            if begun is not None:
                with contextlib.suppress(*TRANSIENT):
                    await asyncio.to_thread(self._take_back_attempt, begun)
        sealed_file.remove(self._folder, check_id)

    def _to_read(self) -> list[UUID]:
        with self._database.transaction() as connection:
            return repository.to_read(connection)

    def _begin(self, check_id: UUID) -> repository.Check:
        """As a file of a batch, a list of which `MOST_ATTEMPTS` processes have died is given up."""
        with self._database.transaction() as connection:
            check = repository.find(connection, check_id)
            assert check is not None
            if check.reading_attempts >= MOST_ATTEMPTS:
                raise FileFault("reading_given_up", attempts=check.reading_attempts)
            repository.begin_reading(connection, check_id)
        return check

    def _take_back_attempt(self, check: repository.Check) -> None:
        with self._database.transaction() as connection:
            repository.take_back_attempt(connection, check)

    def _keep(self, check_id: UUID, key: bytes) -> None:
        rows = tables.read_list(lambda: sealed_file.pieces(self._folder, check_id, "file", key), limits=self._limits)
        if rows.height > MOST_ROWS:
            raise FileFault("list_too_long", most=MOST_ROWS)
        listed = judged(rows)
        with self._database.transaction() as connection:
            repository.keep(
                connection, key, check_id, [listed[n : n + CHUNK_ROWS] for n in range(0, len(listed), CHUNK_ROWS)]
            )
        logger().info("a list was read", check_id=str(check_id), rows=rows.height)

    def _fail(self, check_id: UUID, fault: FileFault) -> None:
        logger().info("a list was refused", check_id=str(check_id), code=fault.code)
        with self._database.transaction() as connection:
            repository.fail(connection, check_id, problem_of(fault).document())


def judged(rows: pl.DataFrame) -> list[Listed]:
    """The rows with what is wrong with their NIK. Of rows with one NIK the first is the one that is asked about."""
    bad = rules.nik_reasons(pl.col("NIK"), pl.col("NIK_IS_NUMBER"))
    found = rows.with_columns(bad.alias("bad")).with_columns(
        again=(pl.col("bad") == 0) & ~pl.struct("NIK", pl.col("bad") == 0).is_first_distinct()
    )
    return [
        Listed(
            row=row,
            nik=nik,
            name=name,
            birth_date=born,
            reasons=reasons.codes(wrong),
            result="nik_invalid" if wrong else "duplicate_in_list" if again else None,
        )
        for row, nik, name, born, wrong, again in found.select(
            "row", "NIK", "NAMA", "TGL_LAHIR", "bad", "again"
        ).iter_rows()
    ]
