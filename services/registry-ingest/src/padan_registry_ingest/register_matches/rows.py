"""Rows of a registration file whose person the register holds and the register of barred occupations names: the row is
held, the family is unchanged, and a review opens."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
from padan_events.reviews import RegisterMatch
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.batches.repository import Upload
from padan_registry_ingest.domain.reasons import BIT
from padan_registry_ingest.domain.register_matches import BARRED_REGISTER, OCCUPATIONS, report_id
from padan_registry_ingest.matching.repository import Answers
from padan_registry_ingest.register_matches import repository
from padan_registry_ingest.register_matches.reporting import Found, Teller, report


def matched_rows(rows: pl.DataFrame, answers: Iterable[Answers]) -> dict[str, str]:
    """By NIK the barred occupation, of rows (row, nik, reasons, household) whose family the register holds."""
    occupations = {
        row: occupation
        for each in answers
        for row, occupation in zip(each.rows, each.occupations, strict=False)
        if occupation is not None
    }
    held = rows.filter((pl.col("reasons") & BIT["barred_occupation"] != 0) & pl.col("household").is_not_null()).select(
        "row", "nik"
    )
    return {nik: occupations[row] for row, nik in held.iter_rows() if occupations.get(row) in OCCUPATIONS}


def report_rows(
    connection: Connection[Any],
    found: Mapping[str, str],
    keyed_hash: Callable[[str], bytes],
    upload: Upload,
    key: bytes,
) -> list[Entry]:
    """Their events, to be appended in the surrounding transaction. The file was sent for its region: whom it holds
    elsewhere by now, household says."""
    if not found:
        return []
    hashes = {keyed_hash(nik): occupation for nik, occupation in found.items()}
    persons = repository.living(connection, list(hashes))
    teller = Teller(upload.actor, upload.region, "batch", upload.key_id, key)
    today = datetime.now(UTC).date()
    return report(
        connection,
        [
            Found(
                report_id(keyed_hash, nik_hash, OCCUPATIONS[hashes[nik_hash]], BARRED_REGISTER),
                person,
                RegisterMatch(
                    register=OCCUPATIONS[hashes[nik_hash]], reference=BARRED_REGISTER, detail=hashes[nik_hash]
                ),
                today,
            )
            for nik_hash, person in persons.items()
        ],
        teller,
    )
