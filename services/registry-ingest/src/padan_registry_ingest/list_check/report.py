"""The check of a list as a document, and every row as it was sent with what came of it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import xlsxwriter
from padan_runtime.database import Database

from padan_registry_ingest.domain import reasons
from padan_registry_ingest.list_check import repository, results
from padan_registry_ingest.list_check.repository import Check, Found, Listed
from padan_registry_ingest.validity_report.rows import harmless

_HEAD: Final = (
    "BARIS", "NIK", "NAMA", "TGL_LAHIR", "HASIL_KODE", "HASIL", "RESULT", "TINDAKAN", "WHAT_TO_DO", "BERBEDA",
    "DIFFERS", "DESIL",
)  # fmt: skip


def document(check: Check) -> dict[str, Any]:
    """Where a check is, and how its rows came out. Holds nothing of a person."""
    named = [one.code for one in (*results.RESULTS, *results.DIFFERENCES) if one.code in check.results]
    return {
        "check_id": check.check_id,
        "state": check.state,
        "problem": check.problem,
        "received_at": check.received_at,
        "finished_at": check.finished_at,
        "rows": check.rows,
        "progress": {"stage": check.state, "done": check.checked_to, "total": check.rows or 0},
        "results": {code: check.results[code] for code in named},
        "decile_groups": dict(sorted(check.deciles.items())),
        "words": {code: results.words(code) for code in named},
    }


class ListReport:
    """The rows of a check that is done; `key` opens what they held."""

    def __init__(self, database: Database, check: Check, key: bytes) -> None:
        self._database, self._check, self._key = database, check, key

    def csv(self) -> Iterator[bytes]:
        """All rows, in UTF-8 with byte order mark (Excel needs it)."""
        yield b"\xef\xbb\xbf" + _line(_HEAD)
        for rows in self._chunks():
            yield b"".join(_line([harmless(cell) for cell in _cells(*row)]) for row in rows)

    def workbook(self, path: Path) -> None:
        """All rows as a workbook, every cell as text."""
        with xlsxwriter.Workbook(path, {"constant_memory": True, "in_memory": False}) as book:
            text = book.add_format({"num_format": "@"})
            sheet = book.add_worksheet("daftar")
            sheet.set_column(0, len(_HEAD) - 1, 20, text)
            sheet.freeze_panes(1, 0)
            line = 0
            _write(sheet, line, list(_HEAD), text)
            for rows in self._chunks():
                for row in rows:
                    line += 1
                    _write(sheet, line, _cells(*row), text)

    def _chunks(self) -> Iterator[list[tuple[Listed, Found]]]:
        """Raises `SealError` where the key is not the one they were sealed with."""
        check_id: UUID = self._check.check_id
        after = 0
        while True:
            with self._database.transaction() as connection:
                sent = repository.chunk(connection, self._key, check_id, after)
                if not sent:
                    return
                found = repository.found(connection, self._key, check_id, sent[0].row)
            after = sent[-1].row
            yield list(zip(sent, found, strict=True))


def _cells(sent: Listed, found: Found) -> list[str]:
    said = results.words(found.result)
    wrong = [reasons.words(code) for code in sent.reasons]
    differs = [results.words(code) for code in found.differs]
    return [
        str(sent.row),
        sent.nik,
        sent.name,
        sent.birth_date,
        found.result,
        " ".join([said["id"], *(words["id"] for words in wrong)]),
        " ".join([said["en"], *(words["en"] for words in wrong)]),
        " ".join(words["next_id"] for words in wrong) or said["next_id"],
        " ".join(words["next_en"] for words in wrong) or said["next_en"],
        " ".join(words["id"] for words in differs),
        " ".join(words["en"] for words in differs),
        found.decile_group or "",
    ]


def _line(cells: list[str] | tuple[str, ...]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().encode()


def _write(sheet: Any, line: int, cells: list[str], text: Any) -> None:
    for column, cell in enumerate(cells):
        if cell:
            sheet.write_string(line, column, cell, text)
