"""What is looked for in a file, and what was read of it."""

from collections.abc import Iterable
from typing import Final

import msgspec
import polars as pl

from padan_registry_ingest.domain.columns import ALONE, KINDS, LIST, LIST_ALSO, MEMBERS, NUMBERS, RECIPIENTS, Sheet
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.headers import Header, kind_of_header, missing_from
from padan_registry_ingest.reading.cells import LINE, normalized, without_totals

ROLES: Final = ("auto", *KINDS, "members", "members_file", "list")
"""What to look for: a first sheet of any or one kind, or members: the second sheet of a workbook, or their file; or
a list to check."""

EXTRA: Final = "EXTRA_CELLS"
"""The column that says whether a row has more cells than the header has columns."""
SURPLUS: Final = "_surplus"
"""How many more, where the file says; `EXTRA` then says at first whether one of them is filled."""


class Read(msgspec.Struct):
    """The rows of one sheet: `line`, the contract's columns as text, `<name>_IS_NUMBER`, `EXTRA_CELLS`.

    `notes` counts what was left out, by the code of a warning.
    """

    frame: pl.DataFrame
    notes: dict[str, int]


def sheet_for(role: str, header: Header | None) -> Sheet:
    """The columns that a sheet must have, by what is looked for and, for `auto`, by its header."""
    if role in ("members", "members_file"):
        return MEMBERS
    if role == "list":
        there = () if header is None else tuple(name for name in LIST_ALSO if name in header.places)
        return Sheet(LIST.name, (*LIST.columns, *there))
    kind = kind_of_header(header) if role == "auto" else role
    return ALONE.get(kind, RECIPIENTS)


def checked(role: str, header: Header | None, sheet_number: int | None) -> dict[str, int]:
    """Where each column of the sheet stands. Raises `FileFault` column_missing, column_twice."""
    sheet = sheet_for(role, header)
    where = {} if sheet_number is None else {"sheet_number": sheet_number}
    if header is None:
        raise FileFault("column_missing", **missing_from(None, sheet, sheet.columns), **where)
    return header.check(sheet, **where)


def finished(frames: Iterable[pl.DataFrame], notes: dict[str, int], *, date_1904: bool = False) -> Read:
    """The rows in the form of `Read`, from cells as they were read and `line`. Raises `FileFault` file_empty.

    `frames` are taken one by one, so that only the last is held in both forms.
    """
    parts, totals = [], 0
    for sent in frames:
        there = sent.columns
        flags = (EXTRA, *(f"{name}_IS_NUMBER" for name in NUMBERS if name in there))
        frame = sent.with_columns(pl.lit(value=False).alias(name) for name in flags if name not in there)
        rows, left_out = without_totals(normalized(frame, date_1904=date_1904))
        parts.append(rows.with_columns(pl.col(LINE).cast(pl.UInt32)))
        totals += left_out
    if totals:
        notes = notes | {"total_row_left_out": totals}
    if not any(rows.height for rows in parts):
        raise FileFault("file_empty")
    return Read(_shifted(pl.concat(parts)), notes)


def _shifted(rows: pl.DataFrame) -> pl.DataFrame:
    """With `EXTRA` as it is meant: empty cells are passed over only where every row ends with as many of them.

    Those were written by a program. Of a single row that cannot be said.
    """
    if SURPLUS not in rows.columns:
        return rows
    all_have = rows[SURPLUS].min() if rows.height > 1 else 0
    return rows.with_columns(pl.col(EXTRA) | (pl.col(SURPLUS) > all_have)).drop(SURPLUS)
