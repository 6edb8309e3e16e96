"""CSV files for a spreadsheet, which only their owner may read: they may hold names."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write a header and one line a row; what a row lacks is left empty. Answers how many rows there were. The file is
    there with all of it, or stays as it was: half a list must not be taken for one. Raises what `rows` raises."""
    if path.exists() and not path.is_file():  # such as /dev/stdout
        return _write(path, columns, rows)
    part = path.with_name(f".{path.name}.part")
    try:
        count = _write(part, columns, rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    descriptor, count = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 0
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        if path.is_file():
            os.fchmod(file.fileno(), 0o600)  # one that was left there keeps its mode else
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})
            count += 1
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return " ".join(f"{code}={decision}" for code, decision in sorted(value.items()))
    if isinstance(value, list):
        return " ".join(map(str, value))
    # What a spreadsheet would run as a formula is marked as text.
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value
