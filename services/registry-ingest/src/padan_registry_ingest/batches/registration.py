"""A registration file: matched, held against the register, and its valid rows reported to household."""

import asyncio
from collections import Counter
from typing import Any, Final
from uuid import UUID

import polars as pl
from padan_runtime import metrics
from padan_runtime.log import Entry
from padan_runtime.memory import give_back_memory
from psycopg import Connection

from padan_registry_ingest.batches import chunks, repository
from padan_registry_ingest.batches.chunks import Work
from padan_registry_ingest.batches.repository import RowRecord, Upload
from padan_registry_ingest.batches.settling import settle
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.correcting import repository as corrections
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.reasons import BIT
from padan_registry_ingest.matching import repository as answers
from padan_registry_ingest.matching.ask import Matcher
from padan_registry_ingest.persons.compare import Compared, Hash, compare
from padan_registry_ingest.reading.tables import Limits
from padan_registry_ingest.register_matches.rows import matched_rows, report_rows
from padan_registry_ingest.reporting.households import Sender, families_of, household_id, matches_by_row, reports
from padan_registry_ingest.validating import against_each_other, rules
from padan_registry_ingest.validating.resolving import resolved

_VERDICT: Final = ("row", "reasons", "warnings", "household")
_FORETOLD: Final = pl.lit(BIT["recorded_dead"], rules.REASONS)
"""What household alone decides of a file. Which of two rows that repeat each other stays valid does not hang on it."""
_AT_ONCE: Final = 3
"""Chunks under way: while one waits for a register's answer, another is held against ours."""


class Registration:
    """Works registration files chunk by chunk. `keyed_hash` finds a NIK in the person index."""

    def __init__(self, stages: Stages, matcher: Matcher, keyed_hash: Hash, limits: Limits) -> None:
        self._stages, self._matcher, self._hash, self._limits = stages, matcher, keyed_hash, limits

    async def work(self, upload: Upload, key: bytes) -> None:
        """Bring a file from split to reported. Raises `Unavailable`; may be called again after a crash."""
        upload_id = upload.upload_id
        async with self._stages.stage(upload_id, "matching"):
            await self._match(upload, key)
        async with self._stages.stage(upload_id, "registering"):
            repeats = await asyncio.to_thread(self._repeats, upload_id, key)
        async with self._stages.stage(upload_id, "reporting"):
            await self._stages.progress(upload_id)(upload.reported_to, upload.rows or 0)
            for first in await self._stages.ask(chunks.first_rows, upload_id, upload.reported_to):
                await asyncio.to_thread(self._report, upload, key, first, repeats)
                give_back_memory()

    async def _match(self, upload: Upload, key: bytes) -> None:
        """The verdict of every chunk: what registers outside and our own say of its rows."""
        upload_id, total = upload.upload_id, upload.rows or 0
        progress = self._stages.progress(upload_id)
        unknown = await self._stages.ask(chunks.without_verdict, upload_id)
        waiting, done = iter(unknown), total - sum(last - first + 1 for first, last in unknown)
        await progress(done, total)

        async def work() -> None:
            nonlocal done
            for first, last in waiting:  # one iterator: whoever is free takes the next
                await self._judge(upload, key, (first, last))
                done += last - first + 1
                await progress(done, total)
                give_back_memory()

        for result in await asyncio.gather(*(work() for _ in range(_AT_ONCE)), return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _judge(self, upload: Upload, key: bytes, chunk: tuple[int, int]) -> None:
        """The reasons that the registers give a chunk's rows, in the order in which one is known after the other."""
        upload_id = upload.upload_id
        rows, people = await asyncio.to_thread(self._rows, upload_id, key, chunk[0])
        # Only rows without an earlier reason are asked about: no more of a person goes out than is needed.
        # Nor about those of a corrected file who are in the register already: nothing of them is taken.
        settled = await self._stages.ask(corrections.registered, upload_id, *chunk)
        to_ask = (pl.col("reasons") == 0) & ~pl.col("row").is_in(settled)
        answered = await self._matcher.civil(upload_id, key, rows.filter(to_ask), chunk)
        rows = against_each_other.add_reasons(rows, against_each_other.as_frame(answered))
        compared = await asyncio.to_thread(self._compare, rows, people, foretell=upload.dry_run)
        rows = against_each_other.add_reasons(rows, against_each_other.as_frame(compared.reasons))
        barred = await self._matcher.barred(upload_id, key, rows.filter(to_ask), chunk)
        rows = against_each_other.add_reasons(rows, against_each_other.as_frame(barred))
        matched = {row: household.bytes for row, household in compared.matched.items()}
        household = pl.col("row").replace_strict(matched, default=None, return_dtype=pl.Binary)
        verdict = rows.select("row", "reasons", "warnings", household.alias("household"))
        await self._stages.note(chunks.save_verdict, upload_id, chunk[0], verdict)

    def _rows(self, upload_id: UUID, key: bytes, first: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        with self._stages.database.transaction() as connection:
            work = chunks.load_work(connection, key, upload_id, first)
        assert work.people is not None
        return work.rows, against_each_other.people_of(work.rows, work.people)

    def _compare(self, rows: pl.DataFrame, people: pl.DataFrame, *, foretell: bool) -> Compared:
        # Our own register tells nobody anything, so it is asked about every row whose numbers can be read.
        readable = pl.col("nik").is_not_null() & (pl.col("reasons") & BIT["family_card_length"] == 0)
        told = rows.filter(readable).select("row", "nik", "card")
        return compare(self._stages.database, told, people, self._hash, foretell=foretell)

    def _repeats(self, upload_id: UUID, key: bytes) -> pl.DataFrame:
        """`row, reasons`: which rows repeat others. Every other reason is known by now."""
        with self._stages.database.transaction() as connection:
            known = chunks.duplicates(connection, upload_id)
            if known is not None:
                return known
            claims = chunks.claims(connection, key, upload_id)
            found = pl.concat(
                verdict.select("row", pl.col("reasons") - (pl.col("reasons") & _FORETOLD))
                for verdict in chunks.verdicts(connection, upload_id)
            )
        added = resolved(claims, found, self._limits)
        with self._stages.database.transaction() as connection:
            chunks.save_duplicates(connection, upload_id, added)
        return added

    def _report(self, upload: Upload, key: bytes, first: int, repeats: pl.DataFrame) -> None:
        upload_id = upload.upload_id
        assert upload.batch_id is not None
        with self._stages.database.transaction() as connection:
            work = chunks.load_work(connection, key, upload_id, first)
            chunk = (first, first + work.rows.height - 1)
            kept = [] if upload.dry_run else answers.load(connection, key, upload_id, "civil_registry", chunk)
            occupations = [] if upload.dry_run else answers.load(connection, key, upload_id, "barred_register", chunk)
        rows = _final(work, repeats)
        valid = rows.filter((pl.col("reasons") == 0) & pl.col("household").is_null())
        entries, found = [], {}
        if not upload.dry_run:
            assert work.people is not None
            sender = Sender(upload.batch_id, upload.actor, upload.key_id, key)
            found = matched_rows(rows, occupations)
            entries = reports(valid, families_of(valid, work.people), matches_by_row(kept), sender)
        records = [_record(upload, values) for values in rows.select(*_VERDICT, "village").iter_rows()]

        def write(connection: Connection[Any]) -> list[Entry]:
            settled, going = settle(connection, upload, records, entries)
            repository.report(connection, upload_id, first - 1, settled)
            return [*going, *report_rows(connection, found, self._hash, upload, key)]

        self._stages.report(write)
        for reason, count in Counter(record.first_reason or "valid" for record in records).items():
            metrics.BATCH_ROWS.labels(reason).inc(count)


def _final(work: Work, repeats: pl.DataFrame) -> pl.DataFrame:
    """The rows of a chunk with all that was found of them."""
    assert work.verdict is not None
    rows = work.rows.drop("reasons", "warnings").join(work.verdict, on="row", maintain_order="left")
    return against_each_other.add_reasons(rows, repeats)


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
