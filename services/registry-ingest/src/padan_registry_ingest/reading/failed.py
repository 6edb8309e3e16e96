"""Cells whose formula failed or was never calculated, cell by cell: for sheets that are not written as most are.

Slower than `peculiar`, and as sure as the XML itself: attributes in any order and quotes, cells without an address,
any prefix. No part may declare a document type (`package`).
"""

from collections.abc import Callable
from typing import Any, Final

from padan_registry_ingest.domain.cells import NO_RESULT
from padan_registry_ingest.domain.columns import letter
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.package import CELL, Attributes, Package, place_of

KNOWN: Final = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"))
"""Results of failed formulas that the reader knows."""
_LONGEST: Final = 50


def failed_cells(
    package: Package, part: str, names: dict[int, str], header_ends: int, **where: Any
) -> dict[tuple[int, int], str]:
    """What such cells show, by place (from 0) and row (from 1), of a sheet with `names` of columns at their places,
    below row `header_ends` (from 0).

    Raises `FileFault` formula_failed, file_damaged, file_unsafe.
    """
    found: dict[tuple[int, int], str] = {}

    def note(place: int, row: int, shown: str) -> None:
        if shown not in KNOWN and shown != NO_RESULT:
            raise unknown_result(place, row, names, where)
        if place in names and row > header_ends + 1:
            found[place, row] = shown

    cells = _Cells(note)
    package.walk(part, cells.start, cells.end, cells.text)
    return found


def unknown_result(place: int, row: int, names: dict[int, str], where: dict[str, Any]) -> FileFault:
    """The fault of a result that no reader knows, such as #SPILL!."""
    return FileFault("formula_failed", row=row, column=letter(place), column_name=names.get(place), **where)


class _Cells:
    def __init__(self, note: Callable[[int, int, str], None]) -> None:
        self._note = note
        self._row, self._place = 0, -1
        self._inside = self._formula = self._valued = self._listening = False
        self._kind = self._shown = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdecimal() else self._row + 1
            self._place = -1
        elif name == "c":
            found = CELL.fullmatch(attributes.get("r", ""))
            self._place = place_of(found[1]) if found else self._place + 1
            self._kind, self._shown = attributes.get("t", "n"), ""
            self._inside, self._formula, self._valued = True, False, False
        elif self._inside and name == "f":
            self._formula = True
        elif self._inside and name in ("v", "t"):
            self._valued = self._listening = True

    def text(self, data: str) -> None:
        if self._listening and len(self._shown) < _LONGEST:
            self._shown += data[:_LONGEST]

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._listening = False
        elif name == "c":
            self._inside = False
            if self._kind == "e" and self._shown:
                self._note(self._place, self._row, self._shown)
            elif self._formula and not self._shown and not (self._valued and self._kind == "str"):
                # An empty text is a result; none at all is a workbook that was never calculated.
                self._note(self._place, self._row, NO_RESULT)
