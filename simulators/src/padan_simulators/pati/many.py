"""A registration file of any size: a Pati batch over and over, each time with numbers of its own.

Inventing a million families one by one takes minutes and gigabytes; their numbers are all that must differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from padan_simulators.pati import FULL_SIZE, generate
from padan_simulators.pati.files import MEMBER_COLUMNS, RECIPIENT_COLUMNS
from padan_simulators.pati.workbook import Sheet, write_workbook

SHEET_ROWS = 1_048_575
"""Rows a sheet of a workbook holds below its header."""
WITHOUT_REGISTERS = ("nik_length", "nik_lost_digits", "nik_date", "region_unknown", "duplicate_in_file",
                     "family_card_duplicate")  # fmt: skip
"""First reasons that a row has whatever the registers say of the people in it."""


@dataclass(frozen=True, slots=True)
class ManyRows:
    """A pair of CSV files with the same rows as a workbook, but for members that a sheet has no room for."""

    recipients: Path
    members: Path
    workbook: Path
    rows: int


def write_many(
    rows: int, folder: Path, tell: Callable[[str], None] = lambda _: None, *, once: int = FULL_SIZE
) -> ManyRows:
    """Write `rows` recipients and their members into `folder`, or take what an earlier call has written there.

    `once` is the size of the batch that is repeated.
    """
    many = ManyRows(folder / "penerima.csv", folder / "anggota.csv", folder / "many.xlsx", rows)
    done = folder / f"{rows}.done"
    if done.exists():
        return many
    folder.mkdir(parents=True, exist_ok=True)
    tell("inventing families ...")
    once = min(rows, once)
    pair = generate(once, folder=folder / "once", csv=True).registration_csv
    assert pair is not None
    recipients, members = (pl.read_csv(path, infer_schema=False) for path in pair)
    # Numbers of one batch end in small serials: each copy gets serials beyond those of the copy before.
    serials = pl.concat([recipients["NIK"], recipients["NO_KK"], members["NIK"], members["NO_KK"]])
    largest = serials.filter(serials.str.contains(r"^\d{16}$")).str.slice(12).cast(pl.Int32).max()
    assert isinstance(largest, int)
    step = largest + 1
    sheets: dict[str, list[pl.DataFrame]] = {"penerima": [], "anggota": []}
    copies = -(-rows // once)
    for copy in range(copies):
        tell(f"copy {copy + 1} of {copies} ...")
        written = _renumbered(recipients, copy * step).head(rows - copy * once)
        theirs = _renumbered(members, copy * step).join(written.select("NO_KK").unique(), on="NO_KK", how="semi")
        for path, part in ((many.recipients, written), (many.members, theirs)):
            with path.open("wb" if copy == 0 else "ab") as file:
                part.write_csv(file, include_header=copy == 0)
        sheets["penerima"].append(written)
        sheets["anggota"].append(theirs)
    tell("writing the workbook ...")
    columns = {"penerima": RECIPIENT_COLUMNS, "anggota": MEMBER_COLUMNS}
    write_workbook(many.workbook, [_sheet(name, pl.concat(parts), columns[name]) for name, parts in sheets.items()])
    done.touch()
    return many


def _sheet(name: str, cells: pl.DataFrame, columns: list[str]) -> Sheet:
    cells = cells.select(columns).head(SHEET_ROWS).with_columns(pl.all().fill_null(""))
    return Sheet(name, cells, "NIK", pl.repeat(value=False, n=cells.height, dtype=pl.Boolean, eager=True))


def _renumbered(sheet: pl.DataFrame, by: int) -> pl.DataFrame:
    """The rows with `by` added to the serials of all numbers; what stands there instead of a number stays."""
    return sheet.with_columns(_shifted(pl.col(name), by).alias(name) for name in ("NIK", "NO_KK"))


def _shifted(number: pl.Expr, by: int) -> pl.Expr:
    # A card that lost its last digit moves too: else every copy's family would belong to every other's.
    digits = number.str.contains(r"^\d{15,16}$") & ~number.str.ends_with("0000")
    rest = number.str.slice(12)
    serial = (rest.cast(pl.Int64, strict=False) + by).cast(pl.String)
    return (
        pl.when(digits)
        .then(number.str.slice(0, 12) + serial.str.pad_start(4, "0").str.slice(4 - rest.str.len_chars().cast(pl.Int64)))
        .otherwise(number)
    )
