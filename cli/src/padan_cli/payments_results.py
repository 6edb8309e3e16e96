"""A bank's results as a CSV file: read, sent a thousand at a time, and what became of each row.

A row that cannot be read spoils no other. The same file again, as long as it is not
written anew, is the same calls again: they are answered as they were, and nothing is taken.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from padan_cli.csv_files import write_csv
from padan_cli.ingest import Gateway
from padan_cli.patience import patiently
from padan_cli.platform import PlatformError

COLUMNS: Final = ("line", "status", "on", "amount_idr", "reason", "reference", "card")
NEEDED: Final = COLUMNS[:3]
ANSWERED: Final = ("code", "why_id", "why_en", "next_step_id", "next_step_en")
"""Columns of the file of refused rows, which may be sent again as it is: they are not read."""
STATUSES: Final = (
    "account_checked", "account_failed", "paid", "withdrawn", "not_withdrawn", "returned", "excluded",
)  # fmt: skip
AT_ONCE: Final = 1_000
_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "line": re.compile("[1-9][0-9]{0,8}", re.ASCII),
    "amount_idr": re.compile("[0-9]{1,15}", re.ASCII),
    "reason": re.compile("[a-z][a-z0-9_]{0,39}", re.ASCII),
    "reference": re.compile("[A-Za-z0-9/._-]{1,64}", re.ASCII),
    "card": re.compile("distributed|not_distributed"),
    "status": re.compile("|".join(STATUSES)),
}


class Row(msgspec.Struct):
    """A row of the file: its cells as they stand there, what is sent of it (None: it cannot be read), and what became
    of it: as the gateway answers, and with the `column` where one of its cells cannot be read."""

    cells: dict[str, str]
    result: dict[str, Any] | None = None
    answer: dict[str, Any] = {}


def read_rows(file: Path) -> list[Row]:
    """The rows of a file with a header; comma or semicolon between the cells. Raises `PlatformError` results_unreadable
    for what is no such file, and results_empty for one without rows. A row with a cell that cannot be read is answered
    at once (`result_cell_wrong`)."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable("bukan teks UTF-8", "it is not UTF-8 text") from error
    head = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in head else ",")
    names = [name.strip().lower() for name in next(reader, [])]
    if missing := [name for name in NEEDED if name not in names]:
        raise _unreadable(
            f"kolom {', '.join(missing)} tidak ada",
            f"it lacks the {'column' if len(missing) == 1 else 'columns'} {', '.join(missing)}",
        )
    if strange := sorted(set(names) - {*COLUMNS, *ANSWERED}):
        raise _unreadable(
            f"kolom {', '.join(strange)} tidak dikenal",
            f"the {'column' if len(strange) == 1 else 'columns'} {', '.join(strange)} "
            f"{'is' if len(strange) == 1 else 'are'} not known",
        )
    if len(set(names)) < len(names):
        raise _unreadable("ada kolom yang muncul dua kali", "a column stands there twice")
    rows = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            known = dict(zip(names, cells, strict=False))
            rows.append(_read({name: known.get(name, "").strip() for name in COLUMNS}))
    if not rows:
        raise PlatformError(
            "results_empty",
            "Berkas hasil tidak memuat satu baris pun di bawah judul kolom. Contohnya: `padan payments template`.",
            "The file of results has no row below its header. Examples: `padan payments template`.",
        )
    return rows


def send(gateway: Gateway, list_id: str, rows: Sequence[Row], told: Callable[[int], None], *, written: int) -> None:
    """Send what can be read and note the answers; `told` hears how many rows are answered, `written` is when the file
    was (a number of the system's). A gateway or a service that is being restarted is waited for. Raises `PlatformError`
    where all of it is refused, or nobody answers."""
    readable = [row for row in rows if row.result is not None]
    told(len(rows) - len(readable))
    for start in range(0, len(readable), AT_ONCE):
        chunk = readable[start : start + AT_ONCE]
        body = msgspec.json.encode({"results": [row.result for row in chunk]})
        headers = {"Idempotency-Key": key_of(list_id, body, written), "Content-Type": "application/json"}
        give = partial(gateway.post, f"/v1/payment-lists/{list_id}/results", content=body, headers=headers)
        found = patiently(give)
        for row, answer in zip(chunk, found["results"], strict=True):
            row.answer = answer
        told(len(chunk))


def key_of(list_id: str, body: bytes, written: int) -> str:
    """The Idempotency-Key of a chunk: of the same file always the same. A file that was written later says it anew, and
    may take back with the same rows what was said in between."""
    return str(uuid5(UUID(list_id), f"{written}:{sha256(body).hexdigest()}"))


def refused(rows: Sequence[Row]) -> list[Row]:
    """Those that were refused."""
    return [row for row in rows if row.answer["answer"] == "refused"]


def write_refused(rows: Sequence[Row], path: Path) -> None:
    """The rows that were refused, as they stood in the file, and why; to be put right and sent again."""

    def told() -> Iterator[dict[str, Any]]:
        for row in rows:
            words = ("code", "id", "en", "next_id", "next_en")
            yield {**row.cells, **dict(zip(ANSWERED, (row.answer.get(name) for name in words), strict=True))}

    write_csv(path, (*COLUMNS, *ANSWERED), told())


def _read(cells: dict[str, str]) -> Row:
    row, found = Row(cells), dict[str, Any]()
    for name, told in cells.items():
        cell = told.removeprefix("'")  # as a file of refused rows marks what a spreadsheet would run
        if not cell and name not in NEEDED:
            continue
        if name == "on":
            value: Any = _day(cell)
        else:
            value = cell if _PATTERNS[name].fullmatch(cell) else None
        if value is None:
            row.answer = {"answer": "refused", **_CELL_WRONG[name]}
            return row
        found[name] = int(value) if name in {"line", "amount_idr"} else value
    row.result = found
    return row


def _day(cell: str) -> str | None:
    for form in ("%Y-%m-%d", "%d-%m-%Y"):
        try:
            return datetime.strptime(cell, form).date().isoformat()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    return None


def _cell_wrong(name: str, form_id: str, form_en: str) -> dict[str, str]:
    return {
        "code": "result_cell_wrong",
        "column": name,
        "id": f"Isi kolom {name} keliru.",
        "en": f"What stands in the column {name} is wrong.",
        "next_id": f"Tulis {form_id}.",
        "next_en": f"Write {form_en}.",
    }


_CELL_WRONG: Final = {
    "line": _cell_wrong("line", "nomor baris daftar, mulai dari 1", "the number of the list's line, from 1"),
    "status": _cell_wrong("status", f"salah satu dari: {', '.join(STATUSES)}", f"one of: {', '.join(STATUSES)}"),
    "on": _cell_wrong("on", "tanggal seperti 2026-03-31 atau 31-03-2026", "a date such as 2026-03-31 or 31-03-2026"),
    "amount_idr": _cell_wrong("amount_idr", "rupiah dengan angka saja: 600000", "rupiah in digits alone: 600000"),
    "reason": _cell_wrong("reason", "kode seperti account_blocked", "a code such as account_blocked"),
    "reference": _cell_wrong(
        "reference", "paling banyak 64 huruf, angka, / . _ -", "at most 64 letters, digits, / . _ -"
    ),
    "card": _cell_wrong("card", "distributed atau not_distributed", "distributed or not_distributed"),
}


def _unreadable(indonesian: str, english: str) -> PlatformError:
    columns = ", ".join(COLUMNS)
    return PlatformError(
        "results_unreadable",
        f"Berkas hasil tidak terbaca: {indonesian}. Kolomnya: {columns}; {', '.join(NEEDED)} wajib.",
        f"The file of results cannot be read: {english}. Its columns: {columns}; {', '.join(NEEDED)} are needed.",
    )
