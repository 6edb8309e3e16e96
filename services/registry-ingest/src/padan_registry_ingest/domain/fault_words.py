"""The sentences of a fault: its words with what was found and where, as a person looks for it in the spreadsheet."""

from collections.abc import Mapping
from typing import Any, Final

Words = tuple[str, str, str, str]

_WHERE_ID: Final = ("Letaknya", "lembar ke-", "tabel", "baris", "kolom")
_WHERE_EN: Final = ("Where", "sheet ", "table", "row", "column")


def filled(words: Words, extra: Mapping[str, Any]) -> Words:
    """What is wrong in Indonesian and English, and what to do in both, with the fault's `extra` in their places."""
    values = {
        "sheet": extra.get("sheet", ""),
        "count": extra.get("count", ""),
        "column_name": extra.get("column_name", ""),
        "columns": ", ".join(extra.get("columns", ())),
        "sheets": ", ".join(map(str, extra.get("sheets", ()))),
        "sheets_id": ", ".join(f"ke-{number}" for number in extra.get("sheets", ())),
        "missing": ", ".join(extra.get("missing", ())),
        "found_id": _found(extra, "Judul kolom yang terbaca", "Judul kolom tidak ditemukan pada 20 baris pertama."),
        "found_en": _found(extra, "Column headings found", "No column headings were found in the first 20 rows."),
        "near_id": _near(extra, "Kolom {column} mungkin maksudnya {meant}."),
        "near_en": _near(extra, "Column {column} may be meant for {meant}."),
    }
    detail_id, detail_en, next_id, next_en = words
    return (
        detail_id.format_map(values) + _where(extra, _WHERE_ID),
        detail_en.format_map(values) + _where(extra, _WHERE_EN),
        next_id.format_map(values),
        next_en.format_map(values),
    )


def _where(extra: Mapping[str, Any], words: tuple[str, ...]) -> str:
    """Sheet, row and column, those that are known. Delimited text has no sheets, but the tables of their names."""
    said, sheet, table, row, column = words
    places = []
    name = extra.get("sheet")
    if (number := extra.get("sheet_number")) is not None:
        places.append(f"{sheet}{number}" + (f" ({name})" if name else ""))
    elif name and "sheets" not in extra:
        places.append(f"{table} {name}")
    if extra.get("row") is not None:
        places.append(f"{row} {extra['row']}")
    if extra.get("column") is not None:
        places.append(
            f"{column} {extra['column']}" + (f" ({extra['column_name']})" if extra.get("column_name") else "")
        )
    return f" {said}: {', '.join(places)}." if places else ""


def _found(extra: Mapping[str, Any], said: str, nothing: str) -> str:
    if "found" not in extra:
        return ""
    found = extra["found"]
    return f" {said}: {', '.join(found)}." if found else f" {nothing}"


def _near(extra: Mapping[str, Any], said: str) -> str:
    return "".join(" " + said.format_map(guess) for guess in extra.get("near", ()))
