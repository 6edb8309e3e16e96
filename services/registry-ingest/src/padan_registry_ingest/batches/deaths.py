"""A file of deaths: reported for those the register holds, waiting for the others; see `life_events.reporting`."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from padan_runtime import metrics
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.batches import chunks, repository
from padan_registry_ingest.batches.repository import RowRecord, Upload
from padan_registry_ingest.batches.settling import settle
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.life_events import repository as life_events
from padan_registry_ingest.life_events.reporting import report_deaths
from padan_registry_ingest.life_events.repository import Death
from padan_registry_ingest.reporting.households import report_id


class Deaths:
    """Works files of deaths, a chunk in a transaction. `keyed_hash` finds a NIK in the person index."""

    def __init__(self, stages: Stages, keyed_hash: Callable[[str], bytes]) -> None:
        self._stages, self._hash = stages, keyed_hash

    async def work(self, upload: Upload, key: bytes) -> None:
        """Bring a file from split to reported; may be called again after a crash."""
        async with self._stages.stage(upload.upload_id, "reporting"):
            await self._stages.progress(upload.upload_id)(upload.reported_to, upload.rows or 0)
            for first in await self._stages.ask(chunks.first_rows, upload.upload_id, upload.reported_to):
                await asyncio.to_thread(self._report, upload, key, first)

    def _report(self, upload: Upload, key: bytes, first: int) -> None:
        batch_id = upload.batch_id
        assert batch_id is not None
        with self._stages.database.transaction() as connection:
            rows = chunks.load_work(connection, key, upload.upload_id, first).rows
        judged = list(rows.select("row", "nik", "died_on", "reasons").iter_rows())
        deaths = [
            Death(
                report_id=report_id(batch_id, row),
                nik_hash=self._hash(nik),
                source="file",
                occurred_on=died_on,
                reversed=False,
                batch_id=batch_id,
                row=row,
                region=upload.region,
                actor=upload.actor,
                upload_id=upload.upload_id,
            )
            for row, nik, died_on, found in judged
            if not found
        ]

        def write(connection: Connection[Any]) -> list[Entry]:
            # A dry run takes nobody out who waits: of it nothing is to come.
            found = report_deaths(connection, deaths, take=not upload.dry_run)
            records = [
                _record(upload, row, wrong, found.households.get(report_id(batch_id, row))) for row, *_, wrong in judged
            ]
            settled, going = settle(connection, upload, records, found.entries)
            repository.report(connection, upload.upload_id, first - 1, settled)
            if upload.dry_run:
                return []
            waits = {record.row for record in settled if record.outcome == "waiting"}
            if waiting := [death for death in found.waiting if death.row in waits]:
                life_events.wait(connection, waiting)
            return [*found.earlier, *going]

        self._stages.report(write)
        for reason, count in Counter((reasons.codes(found) or ["valid"])[0] for *_, found in judged).items():
            metrics.BATCH_ROWS.labels(reason).inc(count)


def _record(upload: Upload, row: int, found: int, household: UUID | None) -> RowRecord:
    codes = reasons.codes(found)
    outcome = None
    if not codes:
        outcome = "waiting" if household is None else None if upload.dry_run else "pending"
    return RowRecord(row, None, codes[0] if codes else None, codes, [], household, outcome)
