"""A ranking file: deciles of people, reported for those the register holds, waiting for the others."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from padan_runtime import metrics
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.batches import chunks, repository
from padan_registry_ingest.batches.repository import RowRecord, Upload
from padan_registry_ingest.batches.settling import settle
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.persons import repository as persons
from padan_registry_ingest.reporting.rankings import ranking

_WESTERN_TIME: Final = timedelta(hours=7)


class WelfareRanking:
    """Works ranking files, a chunk in a transaction. `keyed_hash` finds a NIK in the person index."""

    def __init__(self, stages: Stages, keyed_hash: Callable[[str], bytes]) -> None:
        self._stages, self._hash = stages, keyed_hash

    async def work(self, upload: Upload, key: bytes) -> None:
        """Bring a file from split to reported; may be called again after a crash."""
        async with self._stages.stage(upload.upload_id, "reporting"):
            await self._stages.progress(upload.upload_id)(upload.reported_to, upload.rows or 0)
            for first in await self._stages.ask(chunks.first_rows, upload.upload_id, upload.reported_to):
                await asyncio.to_thread(self._report, upload, key, first)

    def _report(self, upload: Upload, key: bytes, first: int) -> None:
        upload_id, batch_id = upload.upload_id, upload.batch_id
        assert batch_id is not None
        on = (upload.received_at + _WESTERN_TIME).date()
        with self._stages.database.transaction() as connection:
            rows = chunks.load_work(connection, key, upload_id, first).rows
        judged = list(rows.select("row", "nik", "decile", "reasons").iter_rows())
        hashes = {row: self._hash(nik) for row, nik, _, found in judged if not found}

        def write(connection: Connection[Any]) -> list[Entry]:
            persons.lock_waiting(connection)
            holders = persons.standing(connection, list(hashes.values())).holders
            households = {row: holders[h].household_id for row, h in hashes.items() if h in holders}
            records = [_record(upload, row, found, households.get(row)) for row, _, _, found in judged]
            deciles = {row: decile for row, _, decile, _ in judged}
            entries = [
                ranking(batch_id, row, household, decile=deciles[row], occurred_on=on, actor=upload.actor, cause=None)
                for row, household in households.items()
            ]
            settled, going = settle(connection, upload, records, entries)
            repository.report(connection, upload_id, first - 1, settled)
            if upload.dry_run:
                return []
            waits = {record.row for record in settled if record.outcome == "waiting"}
            waiting = [(h, row, deciles[row]) for row, h in hashes.items() if row in waits]
            if waiting:
                persons.wait(connection, upload_id, waiting, on)
            return going

        self._stages.report(write)
        for reason, count in Counter((reasons.codes(found) or ["valid"])[0] for *_, found in judged).items():
            metrics.BATCH_ROWS.labels(reason).inc(count)


def _record(upload: Upload, row: int, found: int, household: UUID | None) -> RowRecord:
    codes = reasons.codes(found)
    outcome = None
    if not codes:
        outcome = "waiting" if household is None else None if upload.dry_run else "pending"
    return RowRecord(row, None, codes[0] if codes else None, codes, [], household, outcome)
