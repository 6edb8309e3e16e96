"""What the comparison makes of rows that are about to be reported."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from padan_registry_ingest.batches.repository import RowRecord, Upload
from padan_registry_ingest.correcting import repository
from padan_registry_ingest.correcting.pairing import CHANGED_ACCEPTED, UNCHANGED, WAS_INVALID, Compared
from padan_registry_ingest.domain.reasons import ALREADY_REGISTERED

_REPEATS: Final = frozenset({"duplicate_in_file", "family_card_duplicate"})


def settle(connection: Connection[Any], upload: Upload, records: Sequence[RowRecord]) -> list[RowRecord]:
    """The rows as they are to be written: who is in the register is not reported again, whatever the row says now."""
    if not records:
        return []
    said = repository.said(connection, upload.upload_id, records[0].row, records[-1].row)
    return [_settled(record, said[record.row]) if record.row in said else record for record in records]


def _settled(record: RowRecord, said: Compared) -> RowRecord:
    correction = said.correction
    if correction in (UNCHANGED, CHANGED_ACCEPTED) and _REPEATS.intersection(record.reasons):
        # A second row of one family in the corrected file: the first of them is the one that is in the register.
        return msgspec.structs.replace(record, correction=WAS_INVALID)
    if correction == UNCHANGED:
        return msgspec.structs.replace(
            record,
            first_reason=None,
            reasons=[],
            household_id=said.household_id,
            outcome="matched",
            correction=correction,
        )
    if correction == CHANGED_ACCEPTED:
        return msgspec.structs.replace(
            record,
            first_reason=ALREADY_REGISTERED,
            reasons=[ALREADY_REGISTERED],
            household_id=None,
            outcome=None,
            correction=correction,
        )
    return msgspec.structs.replace(record, correction=correction)
