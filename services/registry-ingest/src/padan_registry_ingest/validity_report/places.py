"""Where in the sender's file a row stands, and which of its cells cannot be used."""

from collections.abc import Mapping
from typing import Final

from padan_registry_ingest.domain.cells import faulty_columns

COLUMNS: Final = ("BARIS_DI_BERKAS", "KOLOM_RUSAK")
"""The row as the spreadsheet counts it (headers and empty rows included), and the columns to look at."""


def placed(line: int, cells: Mapping[str, str]) -> list[str]:
    """The values of `COLUMNS` for one row."""
    at_fault = sorted({column for columns in faulty_columns(cells).values() for column in columns})
    return [str(line), " ".join(column for column in cells if column in at_fault)]
