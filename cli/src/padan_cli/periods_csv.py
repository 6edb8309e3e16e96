"""Sealed lists and differences as CSV files for a spreadsheet."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_LINE: Final = (
    "household_id", "regency", "name", "state", "decile", "programmes", "unmet", "determined_on", "decision_id",
    "annual_idr", "amount_idr",
)  # fmt: skip
_SIDE: Final = ("regency", "state", "decile", "programmes", "annual_idr", "amount_idr")
_DIFFERENCE: Final = (
    "household_id", "change", "fields", "why", "event_id", "caused_by", "decisions",
    *(f"{name}_{when}" for name in _SIDE for when in ("before", "after")),
)  # fmt: skip
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_list(families: Iterable[Mapping[str, Any]], path: Path) -> None:
    """One row a family."""
    _write(path, _LINE, families)


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
    _write(path, _DIFFERENCE, rows)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Only its owner may read it: it may hold names."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        os.fchmod(file.fileno(), 0o600)  # one that was there keeps its mode else
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return " ".join(f"{code}={decision}" for code, decision in sorted(value.items()))
    if isinstance(value, list):
        return " ".join(map(str, value))
    # What a spreadsheet would run as a formula is marked as text.
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value
