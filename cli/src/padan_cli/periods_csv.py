"""Sealed lists and differences as CSV files for a spreadsheet."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from padan_cli.csv_files import write_csv

_LINE: Final = (
    "household_id", "regency", "name", "state", "decile", "programmes", "unmet", "determined_on", "decision_id",
    "annual_idr", "amount_idr",
)  # fmt: skip
_SIDE: Final = ("regency", "state", "decile", "programmes", "annual_idr", "amount_idr")
_DIFFERENCE: Final = (
    "household_id", "change", "fields", "why", "event_id", "caused_by", "decisions",
    *(f"{name}_{when}" for name in _SIDE for when in ("before", "after")),
)  # fmt: skip


def write_list(families: Iterable[Mapping[str, Any]], path: Path) -> None:
    """One row a family."""
    write_csv(path, _LINE, families)


def write_difference(families: Iterable[Mapping[str, Any]], path: Path) -> None:
    """One row a family that differs."""
    rows = (
        {
            **{name: one[name] for name in _DIFFERENCE[:7]},
            **{
                f"{name}_{when}": one[when][name]
                for name in _SIDE
                for when in ("before", "after")
                if one[when] is not None
            },
        }
        for one in families
    )
    write_csv(path, _DIFFERENCE, rows)
