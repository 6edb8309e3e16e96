"""Writes a workbook row by row: flat memory, every cell text, and nowhere a file that has a name.

xlsxwriter, asked for flat memory, keeps each sheet in a temporary file in clear; a kill would leave it there.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Final
from xml.sax.saxutils import escape, quoteattr

from padan_registry_ingest.domain.columns import letter
from padan_registry_ingest.domain.faults import FileFault

MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, the header's included: the format's own limit."""

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TEXT_STYLE: Final = (
    '<fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0"/><xf xfId="0" numFmtId="49" applyNumberFormat="1"/></cellXfs>'
)
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BUFFER: Final = 1 << 18

Write = Callable[[Sequence[str]], None]


class Workbook:
    """A workbook on its way into `file`; whole when its context ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._package = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._names: list[str] = []

    def __enter__(self) -> "Workbook":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self._finish()
        self._package.close()

    @contextmanager
    def sheet(self, name: str, columns: Sequence[str], added: Sequence[str] = ()) -> Iterator[Write]:
        """A sheet with these headers, whose first `columns` stay text when somebody types there.

        Gives what writes a row; that raises `FileFault` report_too_large where the sheet is full.
        """
        self._names.append(name)
        entry = zipfile.ZipInfo(f"xl/worksheets/sheet{len(self._names)}.xml")
        entry.compress_type = zipfile.ZIP_DEFLATED
        with self._package.open(entry, "w", force_zip64=True) as part:
            head = (
                f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
                'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>'
                f'<col min="1" max="{len(columns)}" width="20" style="1" customWidth="1"/></cols><sheetData>'
            )
            waiting, size, row = [head], len(head), 0

            def write(cells: Sequence[str]) -> None:
                nonlocal size, row
                row += 1
                if row > MOST_ROWS:
                    raise FileFault("report_too_large", most_rows=MOST_ROWS - 1)
                waiting.append(_row(row, cells))
                size += len(waiting[-1])
                if size > _BUFFER:
                    part.write("".join(waiting).encode())
                    waiting.clear()
                    size = 0

            write([*columns, *added])
            yield write
            part.write("".join([*waiting, "</sheetData></worksheet>"]).encode())

    def _finish(self) -> None:
        numbers = range(1, len(self._names) + 1)
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(numbers, self._names, strict=True)
        )
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>' for n in numbers
        )
        targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        for name, text in (
            ("xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'),
            ("xl/_rels/workbook.xml.rels", _relationships([*targets, ("styles", "styles.xml")])),
            ("xl/styles.xml", f'<styleSheet xmlns="{_MAIN}">{_TEXT_STYLE}</styleSheet>'),
            ("_rels/.rels", _relationships([("officeDocument", "xl/workbook.xml")])),
            (
                "[Content_Types].xml",
                f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
                f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>{overrides}</Types>',
            ),
        ):
            self._package.writestr(name, _HEAD + text)


def _relationships(targets: Iterable[tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _row(row: int, cells: Sequence[str]) -> str:
    # Always as a text, never as a guess: "=..." stays text, and a NIK keeps its digits.
    written = [
        f'<c r="{letter(place)}{row}" s="1" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(_NOT_IN_XML.sub('', cell))}</t></is></c>"
        for place, cell in enumerate(cells)
        if cell
    ]
    return f'<row r="{row}">{"".join(written)}</row>'
