"""A registration file: validated, matched, held against the register, and its valid rows reported to household."""

import asyncio
import io
from datetime import timedelta, timezone
from typing import Any, Final
from uuid import UUID

import msgspec
import polars as pl
from padan_events.personal import Match
from padan_runtime import metrics
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.batches import chunks, repository
from padan_registry_ingest.batches.repository import RowRecord, Upload
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.reasons import BIT
from padan_registry_ingest.matching import repository as answers
from padan_registry_ingest.matching.ask import Matcher
from padan_registry_ingest.persons.compare import Hash, compare
from padan_registry_ingest.reading.tables import Tables
from padan_registry_ingest.reporting.households import Sender, families_of, household_id, matches_by_row, reports
from padan_registry_ingest.validating import against_each_other, check

_EASTERN_TIME: Final = timezone(timedelta(hours=9))
_VERDICT = ("row", "reasons", "warnings", "household")


class _Reporting(msgspec.Struct):
    """What each chunk needs. `matches` holds the civil registry's answers up to those whose first row is `loaded`."""

    upload: Upload
    key: bytes
    sealed: dict[int, chunks.Sealed]
    families: pl.DataFrame
    matches: dict[int, Match] = {}
    loaded: int = 0


class Registration:
    """Works registration files, `rows_at_once` in a transaction. `keyed_hash` finds a NIK in the person index."""

    def __init__(self, stages: Stages, matcher: Matcher, keyed_hash: Hash, rows_at_once: int) -> None:
        self._stages, self._matcher, self._hash, self._at_once = stages, matcher, keyed_hash, rows_at_once

    async def work(self, upload: Upload, key: bytes, read: Tables) -> None:
        """Bring a file from read to reported. Raises `Unavailable`; may be called again after a crash."""
        upload_id = upload.upload_id
        async with self._stages.stage(upload_id, "validating"):
            members, rows, left_out = await asyncio.to_thread(_checked, upload, read)
            await self._stages.note(repository.save_member_warnings, upload_id, left_out)
        known = await asyncio.to_thread(self._verdict, upload_id)
        if known is None:
            rows = await self._judge(upload_id, key, rows, members)
        else:
            rows = rows.drop("reasons", "warnings").join(known, on="row", maintain_order="left")
        async with self._stages.stage(upload_id, "reporting"):
            await self._stages.progress(upload_id)(upload.reported_to, rows.height)
            valid = rows.filter((pl.col("reasons") == 0) & pl.col("household").is_null())
            families = await asyncio.to_thread(families_of, valid, members)
            del members, valid
            sealed = await asyncio.to_thread(chunks.seal_all, key, upload_id, read, upload.reported_to, self._at_once)
            reporting = _Reporting(upload, key, sealed, families)
            for chunk in chunks.slices(rows, upload.reported_to, self._at_once):
                await asyncio.to_thread(self._report, reporting, chunk)

    async def _judge(self, upload_id: UUID, key: bytes, rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
        """Rows with all their reasons, in the order in which one can only be known after the other."""
        progress = self._stages.progress(upload_id)
        async with self._stages.stage(upload_id, "matching"):
            # Only rows without an earlier reason are asked about: no more of a person goes out than is needed.
            answered = await self._matcher.civil(upload_id, key, rows.filter(pl.col("reasons") == 0), progress)
            rows = against_each_other.add_reasons(rows, answered)
        async with self._stages.stage(upload_id, "registering"):
            people = await asyncio.to_thread(against_each_other.people_of, rows, members)
            # Our own register tells nobody anything, so it is asked about every row whose numbers can be read.
            readable = pl.col("nik").is_not_null() & (pl.col("reasons") & BIT["family_card_length"] == 0)
            told = rows.filter(readable).select("row", "nik", "card")
            compared = await asyncio.to_thread(compare, self._stages.database, told, people, self._hash)
            rows = against_each_other.add_reasons(rows, compared.reasons)
            barred = await self._matcher.barred(upload_id, key, rows.filter(pl.col("reasons") == 0), progress)
            rows = against_each_other.add_reasons(rows, barred)
            rows = await asyncio.to_thread(against_each_other.add_duplicates, rows, people)
            matched = {row: household.bytes for row, household in compared.matched.items()}
            rows = rows.with_columns(
                pl.col("row").replace_strict(matched, default=None, return_dtype=pl.Binary).alias("household")
            )
            await self._stages.note(repository.save_verdict, upload_id, _parquet(rows.select(_VERDICT)))
        return rows

    def _verdict(self, upload_id: UUID) -> pl.DataFrame | None:
        with self._stages.database.transaction() as connection:
            kept = repository.verdict(connection, upload_id)
        return None if kept is None else pl.read_parquet(io.BytesIO(kept))

    def _report(self, reporting: _Reporting, rows: pl.DataFrame) -> None:
        upload = reporting.upload
        assert upload.batch_id is not None
        first, last = int(rows["row"][0]), int(rows["row"][-1])
        sealed = reporting.sealed.pop(first)
        valid = rows.filter((pl.col("reasons") == 0) & pl.col("household").is_null())
        self._load_matches(reporting, first, last)
        sender = Sender(upload.batch_id, upload.actor, upload.key_id, reporting.key)
        entries = [] if upload.dry_run else reports(valid, reporting.families, reporting.matches, sender)
        records = [_record(upload, values) for values in rows.select(*_VERDICT, "village").iter_rows()]

        def write(connection: Connection[Any]) -> list[Entry]:
            repository.report(connection, upload.upload_id, first - 1, records)
            chunks.save(connection, upload.upload_id, (first, last), sealed)
            return entries

        self._stages.report(write)
        for record in records:
            metrics.BATCH_ROWS.labels(record.first_reason or "valid").inc()

    def _load_matches(self, reporting: _Reporting, first: int, last: int) -> None:
        """Have the answers about rows `first` to `last` at hand, and let go of those about earlier rows."""
        with self._stages.database.transaction() as connection:
            more = answers.load(
                connection,
                reporting.key,
                reporting.upload.upload_id,
                "civil_registry",
                after=reporting.loaded,
                to=last,
            )
        kept = {row: match for row, match in reporting.matches.items() if row >= first}
        reporting.matches = kept | matches_by_row(more)
        reporting.loaded = last


def _checked(upload: Upload, read: Tables) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, int]]:
    """Members and rows, judged by themselves, and how many members were left out, by warning.

    The day is that of receipt, the same however often it is judged, and the latest anywhere in Indonesia: who is born
    today in the east is not born tomorrow.
    """
    today = upload.received_at.astimezone(_EASTERN_TIME).date()
    # Each sheet is unpacked where it is needed: both at once would be the most memory a batch ever takes.
    members = check.check_members(read.members, today)
    rows = check.check_recipients(read.recipients, members, upload.region, today)
    return members, rows, check.left_out(read.members, rows)


def _record(upload: Upload, values: tuple[int, int, int, bytes | None, str | None]) -> RowRecord:
    row, found, warnings, household, village = values
    assert upload.batch_id is not None
    codes = reasons.codes(found)
    matched = None if household is None or codes else UUID(bytes=household)
    reported = not codes and matched is None and not upload.dry_run
    return RowRecord(
        row=row,
        village=village,
        first_reason=codes[0] if codes else None,
        reasons=codes,
        warnings=reasons.warning_codes(warnings),
        household_id=matched or (household_id(upload.batch_id, row) if reported else None),
        outcome="matched" if matched is not None else "pending" if reported else None,
    )


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
