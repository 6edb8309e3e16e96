"""A registration workbook taken apart and put together again, as whoever corrects it does."""

from pathlib import Path

import fastexcel
import polars as pl
import xlsxwriter


def sheets(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Its recipients and its members, as texts."""
    book = fastexcel.read_excel(path)
    first, second = (book.load_sheet(name, dtypes="string").to_polars() for name in ("penerima", "anggota"))
    return first.fill_null(""), second.fill_null("")


def write(path: Path, recipients: pl.DataFrame, members: pl.DataFrame) -> Path:
    """A workbook of them; answers its path."""
    with xlsxwriter.Workbook(path) as book:
        for name, frame in (("penerima", recipients), ("anggota", members)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, frame.columns)
            for line, cells in enumerate(frame.iter_rows(), 1):
                for column, cell in enumerate(cells):
                    sheet.write_string(line, column, cell)
    return path
