"""Finding the header among the first rows of a sheet. A pure function of their texts."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from padan_registry_ingest.domain.columns import CONTRACT, Sheet, column_of, kind_of, known_header, letter, near
from padan_registry_ingest.domain.faults import FileFault

HEAD_ROWS: Final = 20
"""Among so many rows of a sheet its header is looked for."""

_NUMBERED: Final = re.compile(r"\(?([0-9]{1,3})[).]?")

Row = Sequence[str]


class Header(msgspec.Struct, frozen=True):
    """Where a header is. Rows and places of columns count from 0; `ends` is its last row.

    `places` holds for each of the contract's columns where it stands; more than one is a fault.
    """

    begins: int
    ends: int
    places: dict[str, tuple[int, ...]]
    texts: tuple[str, ...]

    def has(self, sheet: Sheet) -> bool:
        """Whether every column of a sheet is there."""
        return self.places.keys() >= set(sheet.columns)

    def check(self, sheet: Sheet, **where: Any) -> dict[str, int]:
        """Where each column of the sheet stands. Raises `FileFault` column_missing, column_twice."""
        missing = [column for column in sheet.columns if column not in self.places]
        if missing:
            raise FileFault("column_missing", **missing_from(self, sheet, missing), **where)
        for column in sheet.columns:
            if len(self.places[column]) > 1:
                at = [letter(place) for place in self.places[column]]
                raise FileFault(
                    "column_twice", sheet=sheet.name, column_name=column, columns=at, row=self.ends + 1, **where
                )
        return {column: self.places[column][0] for column in sheet.columns}


def missing_from(header: Header | None, sheet: Sheet, missing: Sequence[str]) -> dict[str, Any]:
    """What a person needs to mend the columns: names that are known words, and places; never what a cell holds.

    A file without a header has people in its first rows, so a text that is no known word is named by its place alone.
    """
    said: dict[str, Any] = {"sheet": sheet.name, "missing": list(missing), "expected": list(sheet.columns)}
    if header is None:
        return {**said, "row": None, "found": [], "other_columns": 0, "near": []}
    filled = [(place, text) for place, text in enumerate(header.texts) if text]
    unknown = [(place, text) for place, text in filled if known_header(text) is None]
    guesses = [(place, near(text, missing)) for place, text in unknown[:50]]
    return {
        **said,
        "row": header.ends + 1,
        "found": [word for _, text in filled if (word := known_header(text)) is not None],
        "other_columns": len(unknown),
        "near": [{"column": letter(place), "meant": meant} for place, meant in guesses if meant],
    }


def find_header(rows: Sequence[Row]) -> Header | None:
    """The row, or the two rows one below the other, that name most of the contract's columns; None below two.

    Of two rows the lower completes the upper: merged cells leave their text in the upper one only. Where one row names
    as many as two, it is that row.
    """
    best: Header | None = None
    for at in range(min(len(rows), HEAD_ROWS)):
        one = _named(rows, at, at)
        two = _named(rows, at, at + 1) if at + 1 < len(rows) and not _holds_data(rows[at + 1]) else one
        for candidate in (one, two):
            if len(candidate.places) > (1 if best is None else len(best.places)) or (
                best is None and _is_list(candidate)
            ):
                best = candidate
    if best is not None and best.ends + 1 < len(rows) and _is_numbering(rows[best.ends + 1]):
        return msgspec.structs.replace(best, ends=best.ends + 1)
    return best


def kind_of_header(header: Header | None) -> str:
    """What kind of file the sheet under this header is, see `kind_of`."""
    return kind_of(() if header is None else header.places)


def _named(rows: Sequence[Row], upper: int, lower: int) -> Header:
    width = max(len(rows[upper]), len(rows[lower]))
    texts = [_text(rows[lower], n) for n in range(width)]
    if upper != lower:
        above = [_text(rows[upper], n) for n in range(width)]
        texts = [low if column_of(low) or not column_of(high) else high for low, high in zip(texts, above, strict=True)]
    places: dict[str, tuple[int, ...]] = {}
    for place, text in enumerate(texts):
        if (column := column_of(text)) is not None:
            places[column] = (*places.get(column, ()), place)
    return Header(upper, lower, {name: places[name] for name in CONTRACT if name in places}, tuple(texts))


def _is_list(header: Header) -> bool:
    """Whether a row heads nothing but NIKs: a list to check needs no more."""
    return set(header.places) == {"NIK"} and sum(bool(text.strip()) for text in header.texts) == 1


def _text(row: Row, place: int) -> str:
    return row[place] if place < len(row) else ""


def _holds_data(row: Row) -> bool:
    """Whether a row holds a long number or a date: then it is somebody's and no second row of a header."""
    return any(sum(letter.isdigit() for letter in text) >= 4 for text in row)


def _is_numbering(row: Row) -> bool:
    """Whether a row only numbers the columns, 1, 2, 3 ..., as printed forms do below their header."""
    numbers = [_NUMBERED.fullmatch(text.strip()) for text in row if text.strip()]
    found = [int(number[1]) for number in numbers if number]
    return len(found) >= 4 and len(found) == len(numbers) and found == list(range(found[0], found[0] + len(found)))
