"""The sentences of a fault: its words with what was found and where, as a person looks for it in the spreadsheet."""

from collections.abc import Mapping
from typing import Any

Words = tuple[str, str, str, str]


def filled(words: Words, extra: Mapping[str, Any]) -> Words:
    """What is wrong in Indonesian and English, and what to do in both, with the fault's `extra` in their places."""
    values = {
        "sheet": extra.get("sheet", ""),
        "count": extra.get("count", ""),
        "column_name": extra.get("column_name", ""),
        "columns": ", ".join(extra.get("columns", ())),
        "sheets": ", ".join(map(str, extra.get("sheets", ()))),
        "missing": ", ".join(extra.get("missing", ())),
        "found_id": _found(extra, "Judul yang terbaca", "Tidak ada baris judul pada 20 baris pertama."),
        "found_en": _found(extra, "Headers that were read", "There is no row of headers among the first 20 rows."),
        "near_id": _near(extra, "Kolom {column} mungkin maksudnya {meant}."),
        "near_en": _near(extra, "Column {column} may be meant for {meant}."),
    }
    detail_id, detail_en, next_id, next_en = words
    return (
        _sentence(detail_id, values, _where(extra, "lembar '{sheet}'", "lembar ke-{number}", "baris", "kolom")),
        _sentence(detail_en, values, _where(extra, "sheet '{sheet}'", "sheet {number}", "row", "column")),
        next_id.format_map(values),
        next_en.format_map(values),
    )


def _sentence(text: str, values: Mapping[str, str], where: str) -> str:
    said = text.format_map(values)
    return f"{said} ({where[0].upper()}{where[1:]}.)" if where else said


def _where(extra: Mapping[str, Any], named: str, numbered: str, row: str, column: str) -> str:
    """Sheet, row and column, those that are known; empty where only the kind of the sheet is."""
    places = []
    if (number := extra.get("sheet_number")) is not None:
        places.append(numbered.format(number=number))
    if extra.get("row") is not None:
        places.append(f"{row} {extra['row']}")
    if extra.get("column") is not None:
        name = f" ({extra['column_name']})" if extra.get("column_name") else ""
        places.append(f"{column} {extra['column']}{name}")
    if extra.get("sheet") and (places or "sheet" in extra):
        places.insert(0, named.format(sheet=extra["sheet"]))
    return ", ".join(places)


def _found(extra: Mapping[str, Any], said: str, nothing: str) -> str:
    if "found" not in extra:
        return ""
    found = extra["found"]
    return f" {said}: {', '.join(found)}." if found else f" {nothing}"


def _near(extra: Mapping[str, Any], said: str) -> str:
    return "".join(" " + said.format_map(guess) for guess in extra.get("near", ()))
