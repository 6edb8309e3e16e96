"""What the reader of workbooks does not tell of a sheet: which cells are no texts, which formulas failed.

The reader gives every cell as text: a number like a text of the same digits, a failed formula like an empty cell. So
the XML itself is gone through once more, by patterns, in half the time that reading it again as another type takes.
The patterns know how Excel, LibreOffice and the usual libraries write a cell: `r` first, no prefix. Where a sheet is
written otherwise they find fewer cells than the reader; `covers` tells, and numbers are then found by the reader.
Failed formulas are then looked for cell by cell (`failed`): where `unlike` tells, or `covers` and `formulas`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from padan_registry_ingest.domain.cells import NO_RESULT
from padan_registry_ingest.domain.columns import letter
from padan_registry_ingest.reading.failed import KNOWN, unknown_result
from padan_registry_ingest.reading.package import place_of

_FORMULA: Final = rb"(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)"
_FAILED: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]* t="e"[^>]*>\s*' + _FORMULA + rb"?\s*<v>([^<]{1,20})</v>"
)
_NO_VALUE: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"([^>]*)>\s*' + _FORMULA + rb"\s*(<v\s*/>|<v></v>)?\s*</c>"
)
_CELL_TAG: Final = re.compile(rb"<(?:[\w.-]+:)?c(?=[\s/>])")
_CELL_KNOWN: Final = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"')
_FORMULA_TAG: Final = re.compile(rb"<(?:[\w.-]+:)?f(?=[\s/>])")
_FORMULA_KNOWN: Final = re.compile(
    rb'<c r="[A-Z]{1,3}[0-9]{1,7}"[^>]*>\s*' + _FORMULA + rb"\s*(?:<v\s*/>|<v>[^<]*</v>)?\s*</c>"
)
_ERROR_KIND: Final = re.compile(rb"\st\s*=\s*[\"']e[\"']")
_MOST_KINDS: Final = 20
_LONGEST_CELL: Final = 1 << 20
_TEXT: Final = (b't="s"', b't="inlineStr"', b't="str"')


class Peculiar(msgspec.Struct):
    """Cells by the column's place (from 0) and the row as a person sees it (from 1)."""

    seen: dict[int, int]
    numbers: dict[int, list[int]]
    failed: dict[tuple[int, int], str] = {}
    formulas: bool = False
    unlike: bool = False
    """Whether some cells near a formula are written as the patterns do not know."""

    def covers(self, place: int, filled: int) -> bool:
        """Whether as many cells of a column were seen here as the reader found filled."""
        return self.seen[place] >= filled


def peculiar_cells(
    pieces: Iterable[bytes], places: Mapping[str, int], number_columns: Iterable[str], header_ends: int, **where: Any
) -> Peculiar:
    """Go through a sheet whose columns stand at `places`, below row `header_ends` (from 0).

    Raises `FileFault` formula_failed for a result that no reader knows, such as #SPILL!.
    """
    scan = _Scan(places, [places[name] for name in number_columns if name in places], header_ends + 1, where)
    rest = b""
    for piece in pieces:
        whole = rest + piece
        cut = whole.rfind(b"</c>") + 4  # a cell that is cut belongs to the next piece
        if cut < 4:
            cut = whole.rfind(b":c>") + 3 if len(whole) > _LONGEST_CELL else 0
        if cut < 4:
            rest = whole
            continue
        scan.take(whole[:cut])
        rest = whole[cut:]
    scan.take(rest)
    return scan.found


def _is_text(attributes: bytes) -> bool:
    """Whether a cell is a text, or empty."""
    return attributes.endswith(b"/") or any(kind in attributes for kind in _TEXT)


def _may_fail(part: bytes) -> bool:
    """Whether a formula or a failure may be there, however written."""
    # Looking for one byte is ten times as quick as for two.
    return b'"e"' in part or b"<f" in part or (b"'" in part and b"'e'" in part) or (b":" in part and b":f" in part)


def _unlike(part: bytes) -> bool:
    """Whether cells, formulas or failures are there that the patterns do not see."""
    part = part.partition(b"</sheetData>")[0]  # below stand other formulas: of dropdowns and of colours
    return (
        len(_CELL_TAG.findall(part)) != len(_CELL_KNOWN.findall(part))
        or len(_FORMULA_TAG.findall(part)) != len(_FORMULA_KNOWN.findall(part))
        or len(_ERROR_KIND.findall(part)) != len(_FAILED.findall(part))
    )


class _Scan:
    def __init__(self, places: Mapping[str, int], wanted: list[int], after: int, where: dict[str, Any]) -> None:
        self.found = Peculiar(dict.fromkeys(wanted, 0), {place: [] for place in wanted})
        self._names = {place: name for name, place in places.items()}
        self._after, self._where = after, where
        self._places = {letter(place).encode(): place for place in wanted}
        self._letters = b"|".join(self._places)
        self._kinds = re.compile(rb'<c r="(%s)[0-9]{1,7}"([^>]*)>' % self._letters)
        self._below = False

    def take(self, part: bytes) -> None:
        """Go through some whole cells."""
        if self._places:
            # A column has few kinds of cells. They are counted by kind; only numbers are gone through one by one.
            kinds = Counter(self._kinds.findall(part))
            if self._below:
                for (letters, attributes), count in kinds.items():
                    self.found.seen[self._places[letters]] += 0 if attributes.endswith(b"/") else count
            odd = {attributes for _, attributes in kinds if not _is_text(attributes)}
            if odd or not self._below:
                self._one_by_one(part, odd if self._below and len(odd) < _MOST_KINDS else None)
        if _may_fail(part):
            self.found.formulas = True
            self.found.unlike = self.found.unlike or _unlike(part)
            self._failed(part)
            self._without_value(part)

    def _one_by_one(self, part: bytes, odd: set[bytes] | None) -> None:
        """Note numbers: cells with the attributes `odd`. Before the first row is reached (None), count all cells."""
        kinds = b"[^>]*" if odd is None else b"|".join(re.escape(attributes) for attributes in sorted(odd))
        cells = re.findall(rb'<c r="(%s)([0-9]{1,7})"(%s)>' % (self._letters, kinds), part)
        counting = not self._below
        for letters, row, attributes in cells:
            if int(row) > self._after:
                self._below = True
                self.found.seen[self._places[letters]] += counting and not attributes.endswith(b"/")
                if not _is_text(attributes):
                    self.found.numbers[self._places[letters]].append(int(row))

    def _failed(self, part: bytes) -> None:
        for letters, row, value in _FAILED.findall(part):
            place = place_of(letters.decode())
            if (shown := value.decode(errors="replace")) not in KNOWN:
                raise unknown_result(place, int(row), self._names, self._where)
            self._note(place, int(row), shown)

    def _without_value(self, part: bytes) -> None:
        for letters, row, attributes, value in _NO_VALUE.findall(part):
            # An empty text is a result; none at all is a workbook that was never calculated.
            if not (value and b't="str"' in attributes):
                self._note(place_of(letters.decode()), int(row), NO_RESULT)

    def _note(self, place: int, row: int, text: str) -> None:
        if place in self._names and row > self._after:
            self.found.failed[place, row] = text
