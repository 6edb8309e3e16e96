"""A ranking file: deciles of people, reported for those the register holds, waiting for the others."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import polars as pl
from padan_runtime import metrics
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.batches import chunks, repository
from padan_registry_ingest.batches.repository import RowRecord, Upload
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.persons import repository as persons
from padan_registry_ingest.reading.tables import Tables
from padan_registry_ingest.reporting.rankings import ranking
from padan_registry_ingest.validating import check

_WESTERN_TIME: Final = timedelta(hours=7)


class WelfareRanking:
    """Works ranking files, `rows_at_once` in a transaction. `keyed_hash` finds a NIK in the person index."""

    def __init__(self, stages: Stages, keyed_hash: Callable[[str], bytes], rows_at_once: int) -> None:
        self._stages, self._hash, self._at_once = stages, keyed_hash, rows_at_once

    async def work(self, upload: Upload, key: bytes, read: Tables) -> None:
        """Bring a file from read to reported; may be called again after a crash."""
        async with self._stages.stage(upload.upload_id, "validating"):
            recipients = read.recipients
            rows = await asyncio.to_thread(check.check_ranking, recipients)
        async with self._stages.stage(upload.upload_id, "reporting"):
            await self._stages.progress(upload.upload_id)(upload.reported_to, rows.height)
            for chunk in chunks.slices(rows, upload.reported_to, self._at_once):
                await asyncio.to_thread(self._report, upload, key, recipients, chunk)

    def _report(self, upload: Upload, key: bytes, recipients: pl.DataFrame, rows: pl.DataFrame) -> None:
        upload_id, batch_id = upload.upload_id, upload.batch_id
        assert batch_id is not None
        on = (upload.received_at + _WESTERN_TIME).date()
        first, last = int(rows["row"][0]), int(rows["row"][-1])
        sent = recipients.filter(pl.col("row").is_between(first, last))
        sealed = chunks.seal(key, upload_id, first, chunks.Chunk(sent, None))
        judged = list(rows.select("row", "nik", "decile", "reasons").iter_rows())
        hashes = {row: self._hash(nik) for row, nik, _, found in judged if not found}

        def write(connection: Connection[Any]) -> list[Entry]:
            persons.lock_waiting(connection)
            holders = persons.holders(connection, list(hashes.values()))
            households = {row: holders[h].household_id for row, h in hashes.items() if h in holders}
            records = [_record(upload, row, found, households.get(row)) for row, _, _, found in judged]
            repository.report(connection, upload_id, first - 1, records)
            chunks.save(connection, upload_id, (first, last), sealed)
            if upload.dry_run:
                return []
            deciles = {row: decile for row, _, decile, _ in judged}
            waiting = [(h, row, deciles[row]) for row, h in hashes.items() if row not in households]
            if waiting:
                persons.wait(connection, upload_id, waiting, on)
            return [
                ranking(batch_id, row, household, decile=deciles[row], occurred_on=on, actor=upload.actor, cause=None)
                for row, household in households.items()
            ]

        self._stages.report(write)
        for _, _, _, found in judged:
            metrics.BATCH_ROWS.labels((reasons.codes(found) or ["valid"])[0]).inc()


def _record(upload: Upload, row: int, found: int, household: UUID | None) -> RowRecord:
    codes = reasons.codes(found)
    outcome = None
    if not codes:
        outcome = "waiting" if household is None else None if upload.dry_run else "pending"
    return RowRecord(row, None, codes[0] if codes else None, codes, [], household, outcome)
