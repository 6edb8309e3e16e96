"""What a workbook says of itself: its sheets, which are hidden, its date system, and the first rows of each sheet.

An XLSX is an archive of XML from a stranger. No part may declare a document type: entities are how a small text grows
to gigabytes or reads foreign files, and no spreadsheet writes one.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn
from xml.parsers import expat

import msgspec

from padan_registry_ingest.domain.columns import MOST_COLUMNS
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.headers import HEAD_ROWS

_PIECE: Final = 1 << 18
_HEAD_BYTES: Final = 32 << 20
_LONGEST_TEXT: Final = 1_000
CELL: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")

Attributes = dict[str, str]


class SheetPart(msgspec.Struct, frozen=True):
    """One sheet of a workbook. `number` counts from 1 in the order of the tabs, hidden ones included."""

    number: int
    name: str
    part: str
    hidden: bool


class _EnoughError(Exception):
    """Everything wanted was read."""


class Package:
    """A workbook whose archive was judged safe (`container`). Raises `FileFault` from everything."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self.date_1904 = False
        self.sheets = self._sheets()

    def pieces(self, part: str) -> Iterator[bytes]:
        """The bytes of a part, unpacked a piece at a time, no more than its directory declares."""
        try:
            with self._archive.open(part) as stream:
                while piece := stream.read(_PIECE):
                    yield piece
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise FileFault("file_damaged") from error

    def head(self, sheet: SheetPart) -> list[list[str]]:
        """The first `HEAD_ROWS` rows and the two below as text; a text beyond what a header could be is cut."""
        reader = _HeadReader(sheet)
        self.walk(sheet.part, reader.start, reader.end, reader.text, most_bytes=_HEAD_BYTES)
        shared = self._shared({index for row in reader.shared for index in row.values()})
        rows: list[list[str]] = []
        for texts, indices in zip(reader.rows, reader.shared, strict=True):
            cells = texts | {place: shared.get(index, "") for place, index in indices.items()}
            if len(cells) > MOST_COLUMNS:
                raise FileFault("too_many_columns", count=len(cells), row=len(rows) + 1, sheet_number=sheet.number)
            rows.append([cells.get(place, "") for place in range(max(cells, default=-1) + 1)])
        return rows

    def _sheets(self) -> list[SheetPart]:
        targets: dict[str, str] = {}
        named: list[tuple[str, str, bool]] = []

        def relation(name: str, attributes: Attributes) -> None:
            if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
                target = attributes.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
                targets[attributes.get("Id", "")] = path

        def sheet(name: str, attributes: Attributes) -> None:
            if name == "sheet":
                hidden = attributes.get("state", "visible") != "visible"
                named.append((attributes.get("name", ""), attributes.get("id", ""), hidden))
            elif name == "workbookPr":
                self.date_1904 = attributes.get("date1904", "0") in ("1", "true", "on")

        self.walk("xl/_rels/workbook.xml.rels", relation)
        self.walk("xl/workbook.xml", sheet)
        # A sheet of another kind (a chart) has no rows, but its tab counts.
        return [
            SheetPart(number, name, targets[identity], hidden)
            for number, (name, identity, hidden) in enumerate(named, 1)
            if identity in targets
        ]

    def _shared(self, wanted: set[int]) -> dict[int, str]:
        """The shared texts with these numbers. Reads no further than the last of them."""
        if not wanted:
            return {}
        found: dict[int, str] = {}
        at, inside, last = -1, False, max(wanted)

        def start(name: str, _: Attributes) -> None:
            nonlocal at, inside
            if name == "si":
                at += 1
                if at > last:
                    raise _EnoughError
                if at in wanted:
                    found[at] = ""
            inside = name == "t" and at in wanted

        def end(name: str) -> None:
            nonlocal inside
            inside = inside and name != "t"

        def text(data: str) -> None:
            if inside and len(found[at]) < _LONGEST_TEXT:
                found[at] += data[:_LONGEST_TEXT]

        self.walk("xl/sharedStrings.xml", start, end, text)
        return found

    def walk(
        self,
        part: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
        most_bytes: int | None = None,
    ) -> None:
        """Go through a part as XML. Names come without their namespace.

        Ends where a handler raises `_EnoughError`, or after `most_bytes`.
        """
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _no_document_type
        parser.StartElementHandler = lambda name, found: start(_local(name), {_local(k): v for k, v in found.items()})
        if end is not None:
            parser.EndElementHandler = lambda name: end(_local(name))
        if text is not None:
            parser.CharacterDataHandler = text
        done = 0
        try:
            for piece in self.pieces(part):
                parser.Parse(piece, False)
                done += len(piece)
                if most_bytes is not None and done > most_bytes:
                    return
            parser.Parse(b"", True)
        except _EnoughError:
            return
        except (expat.ExpatError, ValueError) as error:
            raise FileFault("file_damaged") from error


class _HeadReader:
    """Gathers the cells of the first rows: texts by place, and numbers of shared texts by place."""

    def __init__(self, sheet: SheetPart) -> None:
        self.rows: list[dict[int, str]] = []
        self.shared: list[dict[int, int]] = []
        self._sheet, self._row, self._place, self._kind = sheet, -1, -1, ""
        self._value: str | None = None
        self._said = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._place = -1
            if self._row >= HEAD_ROWS + 2:
                raise _EnoughError
            while len(self.rows) <= self._row:
                self.rows.append({})
                self.shared.append({})
        elif name == "c":
            found = CELL.fullmatch(attributes.get("r", ""))
            self._place = place_of(found[1]) if found else self._place + 1
            self._kind, self._said = attributes.get("t", "n"), ""
        elif name in ("v", "t"):
            self._value = ""

    def text(self, data: str) -> None:
        if self._value is not None and len(self._value) < _LONGEST_TEXT:
            self._value += data[:_LONGEST_TEXT]

    def end(self, name: str) -> None:
        if name in ("v", "t") and self._value is not None:
            self._said += self._value
            self._value = None
        elif name == "c" and self._said and self._row >= 0:
            if self._kind != "s":
                self.rows[self._row][self._place] = self._said
            elif self._said.isdecimal():
                self.shared[self._row][self._place] = int(self._said)
        elif name == "sheetData":
            raise _EnoughError


def place_of(letters: str) -> int:
    """The place of a column, counted from 0, by its letters."""
    place = 0
    for each in letters.upper():
        place = place * 26 + ord(each) - 64
    return place - 1


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _no_document_type(*_: Any) -> NoReturn:
    raise FileFault("file_unsafe")
