"""Rows in words: every row as CSV, the rejected ones as a workbook ready to correct and send again."""

import csv
import io
from collections.abc import Iterator
from typing import IO, Any, Final
from uuid import UUID

import msgspec
import polars as pl
from padan_runtime.database import Database

from padan_registry_ingest.batches import chunks
from padan_registry_ingest.batches.chunks import Chunk
from padan_registry_ingest.batches.repository import Upload
from padan_registry_ingest.domain import columns, reasons
from padan_registry_ingest.validity_report import places
from padan_registry_ingest.validity_report.workbook import Workbook, Write

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_ADDED: Final = (
    "BARIS", "STATUS", "ALASAN_PERTAMA", "ALASAN_KODE", "ALASAN", "REASONS", "TINDAKAN", "WHAT_TO_DO", "PERINGATAN",
    "WARNINGS",
)  # fmt: skip


_CORRECTIONS: Final = {
    "unchanged": ("sudah tercatat, tidak berubah", "in the register, unchanged"),
    "changed_accepted": ("sudah tercatat; perubahannya tidak dicatat", "in the register; its changes are not taken"),
    "new": ("baru", "new"),
}

AGAIN: Final = "KETIK ULANG"
"""Stands where a number must be typed again as text."""


class JudgedRow(msgspec.Struct, frozen=True):
    """How one row came out."""

    row: int
    reasons: list[str]
    warnings: list[str]
    outcome: str | None
    correction: str | None


class RowReports:
    """The reports of one batch that name its rows; `key` opens what they held."""

    def __init__(self, database: Database, upload: Upload, key: bytes) -> None:
        self._database, self._upload, self._key = database, upload, key
        self._sheet = columns.ALONE.get(upload.kind, columns.RECIPIENTS)
        corrections = () if upload.corrects is None else ("KOREKSI", "CORRECTION")
        self._added = (*_ADDED, *corrections, *places.COLUMNS)

    def csv(self) -> Iterator[bytes]:
        """All rows, one chunk after the other, in UTF-8 with byte order mark (Excel needs it)."""
        yield b"\xef\xbb\xbf" + _line([*self._sheet.columns, *self._added])
        for chunk, judged in self._chunks():
            lines = [
                _line([harmless(cell) for cell in cells] + self._words(judged[row]) + self._placed(line, cells))
                for row, line, *cells in chunk.recipients.select("row", "line", *self._sheet.columns).iter_rows()
            ]
            yield b"".join(lines)

    def rejected(self, file: IO[bytes]) -> None:
        """Write the rejected rows with their members: the columns of the contract first, then the reasons.

        Raises `FileFault` report_too_large where they are more than a sheet holds.
        """
        with Workbook(file) as book:
            with book.sheet(self._sheet.name, self._sheet.columns, self._added) as write:
                for chunk, judged in self._chunks():
                    sent = _to_be_typed_anew(chunk.recipients, empty_is_right=("NO_KK",))
                    for row, line, *cells in sent.select("row", "line", *self._sheet.columns).iter_rows():
                        if judged[row].reasons:
                            write([*cells, *self._words(judged[row]), *self._placed(line, cells)])
            if self._sheet is columns.RECIPIENTS:
                with book.sheet(columns.MEMBERS.name, columns.MEMBERS.columns) as write:
                    self._rejected_members(write)

    def _rejected_members(self, write: Write) -> None:
        written = set[str]()
        for chunk, judged in self._chunks():
            assert chunk.members is not None
            rejected = [row for row, judgement in judged.items() if judgement.reasons]
            cards = chunk.recipients.filter(pl.col("row").is_in(rejected))["NO_KK"].unique().to_list()
            wanted = [card for card in cards if card not in written]
            written.update(wanted)
            theirs = chunk.members.filter(pl.col("NO_KK").is_in(wanted))
            theirs = _to_be_typed_anew(theirs, empty_is_right=("NIK", "NO_KK"))
            for cells in theirs.select(columns.MEMBERS.columns).iter_rows():
                write(cells)

    def _chunks(self) -> Iterator[tuple[Chunk, dict[int, JudgedRow]]]:
        """Raises `SealError` where the key is not the one they were sealed with."""
        upload_id = self._upload.upload_id
        with self._database.transaction() as connection:
            firsts = chunks.first_rows(connection, upload_id)
        for first in firsts:
            with self._database.transaction() as connection:
                chunk = chunks.load(connection, self._key, upload_id, first)
                judged = self._judged(connection, upload_id, chunk)
            if not judged:
                return  # it was cancelled before these rows
            yield chunk, judged

    def _words(self, judged: JudgedRow) -> list[str]:
        return _words(judged) + ([] if self._upload.corrects is None else list(_correction(judged)))

    def _placed(self, line: int, cells: list[str]) -> list[str]:
        return places.placed(line, dict(zip(self._sheet.columns, cells, strict=True)))

    @staticmethod
    def _judged(connection: Any, upload_id: UUID, chunk: Chunk) -> dict[int, JudgedRow]:
        rows = connection.execute(
            "SELECT row, reasons, warnings, outcome, correction FROM batch_row "
            "WHERE upload_id = %s AND row BETWEEN %s AND %s",
            [upload_id, int(chunk.recipients["row"][0]), int(chunk.recipients["row"][-1])],
        ).fetchall()
        return {row[0]: JudgedRow(*row) for row in rows}


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, marked as text; a plain one as it is."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def _to_be_typed_anew(sent: pl.DataFrame, *, empty_is_right: tuple[str, ...]) -> pl.DataFrame:
    """The rows without the numbers that a spreadsheet kept as numbers: as text they would pass for what was typed.

    Such a cell comes back empty; where an empty cell is right in itself (a family without a card), it says `AGAIN`,
    which is no number, so that the row stays invalid until somebody has typed it.
    """
    return sent.with_columns(
        pl.when(pl.col(f"{name}_IS_NUMBER"))
        .then(pl.lit(AGAIN if name in empty_is_right else ""))
        .otherwise(pl.col(name))
        .alias(name)
        for name in columns.NUMBERS
        if name in sent.columns
    )


def _words(judged: JudgedRow) -> list[str]:
    said = [reasons.words(code) for code in judged.reasons]
    warned = [reasons.words(code) for code in judged.warnings]
    return [
        str(judged.row),
        "tidak valid"
        if judged.reasons
        else {"matched": "padan", "waiting": "menunggu"}.get(judged.outcome or "", "valid"),
        judged.reasons[0] if judged.reasons else "",
        " ".join(judged.reasons),
        " ".join(words["id"] for words in said),
        " ".join(words["en"] for words in said),
        " ".join(words["next_id"] for words in said),
        " ".join(words["next_en"] for words in said),
        " ".join(words["id"] for words in warned),
        " ".join(words["en"] for words in warned),
    ]


def _correction(judged: JudgedRow) -> tuple[str, str]:
    """What a corrected row is to the file before, in Indonesian and English."""
    if judged.correction == "was_invalid":
        return ("masih tidak valid", "still invalid") if judged.reasons else ("sekarang valid", "valid now")
    return _CORRECTIONS.get(judged.correction or "", ("", ""))


def _line(cells: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().encode()


def template(file: IO[bytes]) -> None:
    """Write an empty registration file: both sheets, every column formatted as text."""
    with Workbook(file) as book:
        for sheet in (columns.RECIPIENTS, columns.MEMBERS):
            with book.sheet(sheet.name, sheet.columns):
                pass
