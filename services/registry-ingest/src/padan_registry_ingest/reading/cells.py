"""Cells as text from any file brought to one form, so that the same rows are the same batch however they were saved."""

from typing import Final

import polars as pl

from padan_registry_ingest.domain.cells import DAMAGED, longest_of
from padan_registry_ingest.domain.columns import CONTRACT, DATES

LINE: Final = "line"
"""The column that holds the row of each row as a person sees it in the spreadsheet, from 1, headers included."""
FIRST: Final = "_first"
"""The text of the sheet's first column, where that is none of ours: totals are labelled there."""

# Soft hyphen, zero-width characters, marks of direction, byte order mark: come along when text is copied, show nowhere.
_INVISIBLE: Final = r"[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]+"
_BREAKS: Final = r"[\t\n\x0B\x0C\r\u0085\u2028\u2029]+"
_SPACES: Final = r"[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]"
_CONTROLS: Final = r"[\x00-\x08\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF]"
_UNUSUAL: Final = r"[^\x20-\x7E]"

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("JANUARI JAN JANUARY", "FEBRUARI PEBRUARI FEB PEB FEBRUARY", "MARET MAR MARCH", "APRIL APR", "MEI MAY",
         "JUNI JUN JUNE", "JULI JUL JULY", "AGUSTUS AGU AGT AGS AGUST AUG AUGUST", "SEPTEMBER SEP SEPT",
         "OKTOBER OKT OCT OCTOBER", "NOVEMBER NOPEMBER NOV NOP", "DESEMBER DES DEC DECEMBER"), 1,
    )
    for name in names.split()
}  # fmt: skip
_TIME: Final = r"(?:[T ]0?0[:.]00(?:[:.]00(?:\.0+)?)?)?"
_YEAR_FIRST: Final = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME + "$"
_DAY_FIRST: Final = r"^(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4})" + _TIME + "$"
_IN_WORDS: Final = r"^(\d{1,2})[-/. ]*([A-Za-z]{3,9})\.?[-/., ]*(\d{4})$"
_SERIAL: Final = r"^([1-9]\d{4})(?:\.0+)?$"

_OF: Final = "PENERIMA|KELUARGA|KK|KPM|ANGGOTA|ORANG|JIWA|SELURUHNYA|KESELURUHAN|SEMUA|TOTAL|JUMLAH|DATA|WARGA"
_TOTAL: Final = rf"(?i)^(?:SUB|GRAND)?[- ]*(?:TOTAL|JUMLAH|JML)(?:[ :.=,-]|{_OF}|\d)*$"


def normalized(frame: pl.DataFrame, *, date_1904: bool = False) -> pl.DataFrame:
    """Text cells cleaned, dates as DD-MM-YYYY, a text marker of a spreadsheet (`="..."`, `'...`) off, no empty rows.

    A cell longer than its column may be is cut one character beyond that, so that it stays too long.
    """
    text = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    frame = frame.with_columns(_clean(frame, name) for name in text)
    for name in DATES:
        if name in text:
            frame = frame.with_columns(_dates(frame[name], date_1904=date_1904))
    ours = [name for name in text if name in CONTRACT]  # a remark beside an empty row does not fill it
    return frame.filter(pl.any_horizontal(pl.col(ours) != "")) if ours else frame


def without_totals(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The frame without rows of totals, and how many those were.

    Such a row says JUMLAH or TOTAL in some cell, and has no digits where the NIK and the family card number stand.
    """
    numbers = [name for name in ("NIK", "NO_KK") if name in frame.columns]
    nobody = frame.filter(pl.all_horizontal(~pl.col(numbers).str.contains(r"\d{5}")))
    text = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    totals = nobody.filter(pl.any_horizontal(pl.col(text).str.contains(_TOTAL)))[LINE]
    kept = frame.filter(~pl.col(LINE).is_in(totals.implode())) if len(totals) else frame
    return kept.drop(FIRST, strict=False), len(totals)


def _clean(frame: pl.DataFrame, name: str) -> pl.Expr:
    sent = frame[name]
    cell = pl.col(name).fill_null("")
    # Most columns are plain ASCII without marks: looking once is cheaper than replacing seven times.
    if sent.str.contains(_UNUSUAL).any():
        cell = cell.str.replace_all(_INVISIBLE, "").str.replace_all(_BREAKS, " ").str.replace_all(_SPACES, " ")
        cell = cell.str.replace_all(_CONTROLS, DAMAGED)
    cell = cell.str.strip_chars()
    if sent.str.contains('="', literal=True).any():
        cell = cell.str.replace(r'^="([^"]*)"$', "$1")
    if sent.str.contains("'", literal=True).any():
        cell = cell.str.replace(r"^'", "")
    longest = longest_of(name)
    if (sent.str.len_bytes() > longest).any():
        cell = cell.str.slice(0, longest + 1)
    return cell.alias(name)


def _dates(sent: pl.Series, *, date_1904: bool) -> pl.Series:
    """Dates in the usual ways. Each way of writing one is turned once, however many rows it stands in."""
    odd = sent.filter(~sent.str.contains(r"^\d{2}-\d{2}-\d{4}$")).unique()
    turned = pl.DataFrame({"sent": odd}).with_columns(_date(pl.col("sent"), date_1904=date_1904).alias("turned"))
    turned = turned.filter(pl.col("sent") != pl.col("turned"))
    return sent.replace(turned["sent"], turned["turned"]) if turned.height else sent


def _date(text: pl.Expr, *, date_1904: bool) -> pl.Expr:
    """The usual ways to write a date, day before month, as DD-MM-YYYY; anything else as it is.

    Serial numbers have five digits: with four it may as well be a year. Two digits of a year are not completed.
    """
    zero = pl.date(1904, 1, 1) if date_1904 else pl.date(1899, 12, 30)
    serial = zero + pl.duration(days=text.str.extract(_SERIAL).cast(pl.Int64, strict=False))
    month = (
        text.str.extract(_IN_WORDS, 2).str.to_uppercase().replace_strict(_MONTHS, default=None, return_dtype=pl.Int8)
    )
    return (
        pl.when(text.str.contains(_YEAR_FIRST)).then(_joined(*(text.str.extract(_YEAR_FIRST, n) for n in (3, 2, 1))))
        .when(text.str.contains(_DAY_FIRST)).then(_joined(*(text.str.extract(_DAY_FIRST, n) for n in (1, 2, 3))))
        .when(month.is_not_null())
        .then(_joined(text.str.extract(_IN_WORDS, 1), month.cast(pl.String), text.str.extract(_IN_WORDS, 3)))
        .when(text.str.contains(_SERIAL)).then(serial.dt.strftime("%d-%m-%Y"))
        .otherwise(text)
    )  # fmt: skip


def _joined(day: pl.Expr, month: pl.Expr, year: pl.Expr) -> pl.Expr:
    return pl.concat_str([day.str.zfill(2), month.str.zfill(2), year], separator="-")
