"""Tables of numbers that fit a terminal of 80 columns: words fold into several lines, numbers are never cut."""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.table import Table

WIDTH: Final = 80


def number_table(words: Sequence[str], numbers: Sequence[str]) -> Table:
    """A table whose first columns are words and the others numbers; by their titles, in which a new line may stand."""
    table = Table(box=box.SIMPLE_HEAD, width=WIDTH, collapse_padding=True)
    for title in words:
        table.add_column(title, overflow="fold")
    for title in numbers:
        table.add_column(title, justify="right", no_wrap=True)
    return table
