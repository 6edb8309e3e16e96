"""What earlier uploads have to say about rows that are about to be reported: nobody is reported twice."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.batches.repository import RowRecord, Upload
from padan_registry_ingest.correcting import settling as correcting
from padan_registry_ingest.reporting.households import report_id


def settle(
    connection: Connection[Any], upload: Upload, records: Sequence[RowRecord], entries: Sequence[Entry]
) -> tuple[list[RowRecord], list[Entry]]:
    """Records and events of one chunk as they are to be written.

    Of a batch that was cancelled and sent again, rows that were reported then keep what came of them. Of a corrected
    file, rows that are in the register are not reported again. In the transaction that reports.
    """
    settled = list(records)
    if upload.corrects is not None:
        settled = correcting.settle(connection, upload, settled)
    before = _reported_before(connection, upload, settled)
    settled = [before.get(record.row, record) for record in settled]
    assert upload.batch_id is not None
    going = {report_id(upload.batch_id, record.row) for record in settled if record.outcome == "pending"}
    return settled, [entry for entry in entries if entry.event_id in going]


def _reported_before(connection: Connection[Any], upload: Upload, records: Sequence[RowRecord]) -> dict[int, RowRecord]:
    if upload.dry_run or not records:
        return {}
    rows = connection.execute(
        "SELECT b.row, b.reasons, b.household_id, b.outcome FROM upload c JOIN batch_row b USING (upload_id) "
        "WHERE c.batch_id = %(batch)s AND c.state = 'cancelled' AND NOT c.dry_run "
        "AND b.row BETWEEN %(first)s AND %(last)s AND b.outcome IN ('accepted', 'refused')",
        {"batch": upload.batch_id, "first": records[0].row, "last": records[-1].row},
    ).fetchall()
    by_row = {record.row: record for record in records}
    return {row: _as_before(by_row[row], reasons, household, outcome) for row, reasons, household, outcome in rows}


def _as_before(record: RowRecord, reasons: list[str], household: UUID | None, outcome: str) -> RowRecord:
    if outcome == "accepted":
        return msgspec.structs.replace(record, first_reason=None, reasons=[], household_id=household, outcome="matched")
    return msgspec.structs.replace(record, first_reason=reasons[0], reasons=reasons, household_id=None, outcome=None)
