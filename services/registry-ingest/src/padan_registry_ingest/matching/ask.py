"""Asking the registers about a chunk of a batch, each answer kept as it comes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid5

import polars as pl
from padan_runtime.database import Database

from padan_registry_ingest.domain.matching import civil_reasons
from padan_registry_ingest.domain.reasons import BIT
from padan_registry_ingest.matching import repository
from padan_registry_ingest.matching.registers import MOST_QUESTIONS, BarredRegister, CivilQuestion, CivilRegistry
from padan_registry_ingest.matching.repository import Answers

Bounds = tuple[int, int]
"""First and last row of a chunk."""
Ask = Callable[[str, pl.DataFrame], Awaitable[Answers]]


class Matcher:
    """Both registers, and where their answers are kept."""

    def __init__(self, database: Database, civil: CivilRegistry, barred: BarredRegister) -> None:
        self._database, self._civil, self._barred = database, civil, barred

    async def civil(self, upload_id: UUID, key: bytes, rows: pl.DataFrame, chunk: Bounds) -> dict[int, int]:
        """Match `rows` (row, nik, name, birth_date, sex, card). Raises `Unavailable`, `RegisterError`."""

        async def ask(request_id: str, part: pl.DataFrame) -> Answers:
            columns = part.select("nik", "name", "birth_date", "sex", "card")
            answers = await self._civil.match(request_id, [CivilQuestion(*row) for row in columns.iter_rows()])
            return Answers(
                request_id,
                datetime.now(UTC).isoformat(timespec="seconds"),
                part["row"].to_list(),
                [civil_reasons(answer) for answer in answers],
                [answer.status for answer in answers],
                [answer.agreement for answer in answers],
            )

        return await self._ask_all("civil_registry", upload_id, key, rows, chunk, ask=ask)

    async def barred(self, upload_id: UUID, key: bytes, rows: pl.DataFrame, chunk: Bounds) -> dict[int, int]:
        """Check `rows` (row, nik). Raises `Unavailable`, `RegisterError`."""

        async def ask(request_id: str, part: pl.DataFrame) -> Answers:
            barred = await self._barred.check(request_id, part["nik"].to_list())
            return Answers(
                request_id,
                datetime.now(UTC).isoformat(timespec="seconds"),
                part["row"].to_list(),
                [BIT["barred_occupation"] if found else 0 for found in barred],
                occupations=barred,
            )

        return await self._ask_all("barred_register", upload_id, key, rows, chunk, ask=ask)

    async def _ask_all(
        self, register: str, upload_id: UUID, key: bytes, rows: pl.DataFrame, chunk: Bounds, *, ask: Ask
    ) -> dict[int, int]:
        """The reasons that the answers give, by row. The answers themselves stay in the database."""
        kept = await asyncio.to_thread(self._load, key, upload_id, register, chunk)
        asked = [row for answers in kept for row in answers.rows]
        found: dict[int, int] = {}
        for answers in kept:
            found |= _reasons(answers)
        for part in (rows.filter(~pl.col("row").is_in(asked)) if asked else rows).iter_slices(MOST_QUESTIONS):
            answers = await ask(str(uuid5(upload_id, f"{register}:{part['row'][0]}")), part)
            await asyncio.to_thread(self._save, key, upload_id, register, answers)
            found.update(_reasons(answers))
        return found

    def _load(self, key: bytes, upload_id: UUID, register: str, chunk: Bounds) -> list[Answers]:
        with self._database.transaction() as connection:
            return repository.load(connection, key, upload_id, register, chunk)

    def _save(self, key: bytes, upload_id: UUID, register: str, answers: Answers) -> None:
        with self._database.transaction() as connection:
            repository.save(connection, key, upload_id, register, answers)


def _reasons(answers: Answers) -> dict[int, int]:
    return {row: reasons for row, reasons in zip(answers.rows, answers.reasons, strict=True) if reasons}
