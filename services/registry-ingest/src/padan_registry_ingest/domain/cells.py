"""Cells that cannot be used whatever their column, one at a time. The vectorized rules are held against these."""

from collections.abc import Mapping
from typing import Final

from padan_registry_ingest.domain.columns import LONGEST, LONGEST_OTHER

NO_RESULT: Final = "#RUMUS!"
"""Stands for a formula without a result, as `#REF!` does for one that failed."""
FAILED: Final = (
    "#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!",
    "#FIELD!", NO_RESULT,
)  # fmt: skip
"""What a spreadsheet shows, and saves as CSV, where a formula failed."""

DAMAGED: Final = "\ufffd"
"""Stands for a character that no text holds, or that was lost when the file was saved."""


def longest_of(column: str) -> int:
    """How many characters a cell of a column may hold."""
    return LONGEST.get(column, LONGEST_OTHER)


def cell_fault(column: str, text: str) -> str | None:
    """The reason for which a cell cannot be used, or None."""
    if text in FAILED:
        return "cell_error"
    if DAMAGED in text:
        return "cell_damaged"
    return "cell_too_long" if len(text) > longest_of(column) else None


def faulty_columns(cells: Mapping[str, str]) -> dict[str, list[str]]:
    """The columns whose cell cannot be used, by reason."""
    found: dict[str, list[str]] = {}
    for column, text in cells.items():
        if (fault := cell_fault(column, text)) is not None:
            found.setdefault(fault, []).append(column)
    return found
