"""The rules of `domain.numbers` as polars expressions (tests hold one against the other)."""

from datetime import date
from typing import Final

import polars as pl

from padan_registry_ingest.domain import words
from padan_registry_ingest.domain.cells import DAMAGED, FAILED, longest_of
from padan_registry_ingest.domain.reasons import BIT, WARNING_BIT

REASONS: Final = pl.UInt64
_SIXTEEN: Final = r"^[0-9]{16}$"
_MONTH_DAYS: Final = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def flag(bit: int, condition: pl.Expr) -> pl.Expr:
    """`bit` where the condition holds, else 0."""
    return pl.when(condition).then(pl.lit(bit, REASONS)).otherwise(pl.lit(0, REASONS))


def cell_failed(cells: pl.Expr) -> pl.Expr:
    """Whether a cell shows that a formula failed."""
    return cells.is_in(FAILED)


def cell_damaged(cells: pl.Expr) -> pl.Expr:
    """Whether a cell holds a damaged character."""
    return cells.str.contains(DAMAGED, literal=True)


def cell_too_long(column: str) -> pl.Expr:
    """Whether the cell of a column is longer than it may be."""
    return pl.col(column).str.len_chars() > longest_of(column)


def faulty(column: str) -> pl.Expr:
    """Whether the cell of a column cannot be used."""
    return cell_failed(pl.col(column)) | cell_damaged(pl.col(column)) | cell_too_long(column)


def cell_reasons(columns: tuple[str, ...]) -> pl.Expr:
    """The set of cell_* reasons, and `cells_shifted`, of rows with these columns as text."""
    return (
        flag(BIT["cells_shifted"], pl.col("EXTRA_CELLS"))
        + flag(BIT["cell_error"], pl.any_horizontal(cell_failed(pl.col(columns))))
        + flag(BIT["cell_damaged"], pl.any_horizontal(cell_damaged(pl.col(columns))))
        + flag(BIT["cell_too_long"], pl.any_horizontal(cell_too_long(column) for column in columns))
    )


def nik_reasons(nik: pl.Expr, was_number: pl.Expr) -> pl.Expr:
    """The set of nik_* reasons."""
    digits = nik.str.contains(r"^[0-9]+$") & ~was_number
    sixteen = digits & (nik.str.len_bytes() == 16)
    written, month, year = _part(nik, 6), _part(nik, 8), _part(nik, 10)
    day = written.mod(40)
    in_day = written.is_between(1, 31) | written.is_between(41, 71)
    in_month = day <= month.replace_strict(_MONTH_DAYS, default=0)
    no_leap = (month == 2) & (day == 29) & (year.mod(4) != 0)
    return (
        flag(BIT["nik_lost_digits"], ~digits)
        + flag(BIT["nik_length"], digits & ~sixteen)
        + flag(BIT["nik_date"], sixteen & (~(in_day & in_month) | no_leap))
        + flag(BIT["nik_serial"], sixteen & nik.str.ends_with("0000"))
    )


def _part(nik: pl.Expr, start: int) -> pl.Expr:
    return nik.str.slice(start, 2).cast(pl.Int32, strict=False).fill_null(0)


def family_card_reasons(card: pl.Expr, was_number: pl.Expr) -> pl.Expr:
    """`family_card_length`; an empty cell is right."""
    return flag(BIT["family_card_length"], (card != "") & (~card.str.contains(_SIXTEEN) | was_number))


def birth_date(text: pl.Expr, today: date) -> pl.Expr:
    """The date of DD-MM-YYYY, null where it is impossible, before 1900 or after `today`."""
    whole = pl.when(text.str.contains(r"^[0-9]{2}[-/][0-9]{2}[-/][0-9]{4}$")).then(text)
    written = whole.str.replace_all("/", "-", literal=True).str.to_date("%d-%m-%Y", strict=False)
    return pl.when(written.is_between(date(1900, 1, 1), today)).then(written)


def coded(text: pl.Expr, table: dict[str, str]) -> pl.Expr:
    """A word of a file as our code, null where it is none of them. As an Enum a cell takes one byte, not sixteen."""
    codes = pl.Enum(sorted(set(table.values())))
    return text.str.to_uppercase().replace_strict(table, default=None, return_dtype=codes)


def sex(text: pl.Expr) -> pl.Expr:
    """`m`, `f` or null."""
    return coded(text, words.SEX)


def yes(text: pl.Expr) -> pl.Expr:
    """Whether a cell says yes."""
    return text.str.to_uppercase().is_in(list(words.YES))


def nik_warnings(nik: pl.Expr, born: pl.Expr, sex_code: pl.Expr, village: pl.Expr) -> pl.Expr:
    """Where a well-formed NIK (else null) disagrees with the row: it may, so it is a warning only."""
    woman = _part(nik, 6) > 40
    in_nik = _part(nik, 6).mod(40) * 10_000 + _part(nik, 8) * 100 + _part(nik, 10)
    in_row = born.dt.day().cast(pl.Int32) * 10_000 + born.dt.month().cast(pl.Int32) * 100 + born.dt.year().mod(100)
    known = nik.is_not_null()
    return (
        flag(WARNING_BIT["nik_birth_date_mismatch"], known & born.is_not_null() & (in_nik != in_row))
        + flag(WARNING_BIT["nik_sex_mismatch"], known & sex_code.is_not_null() & (woman != (sex_code == "f")))
        + flag(
            WARNING_BIT["nik_region_mismatch"],
            known & village.is_not_null() & (nik.str.slice(0, 4) != village.str.slice(0, 4)),
        )
    )
