"""Delimited text (CSV) as Excel, LibreOffice and old programs save it: any usual encoding, delimiter and quoting."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import polars as pl

from padan_registry_ingest.domain.columns import MOST_COLUMNS
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.headers import HEAD_ROWS, Header, find_header
from padan_registry_ingest.reading.cells import FIRST, LINE
from padan_registry_ingest.reading.sheet import EXTRA, SURPLUS, Read, checked, finished, sheet_for

_SEPARATORS: Final = ",;\t|"
_HEAD_BYTES: Final = 1 << 18
_LONGEST_CELL: Final = 64 << 20
_MOST_LINES: Final = 50
"""Lines one quoted cell may run over; beyond, its quotation mark was not closed. Ours."""
_ROWS_AT_ONCE: Final = 50_000
_BYTES_AT_ONCE: Final = 16 << 20
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\x0b\x0c\x1a")


class _Layout(msgspec.Struct, frozen=True):
    """How a text is a table. `skipped` lines stand before it."""

    separator: str
    header: Header
    places: dict[str, int]
    skipped: int

    @property
    def width(self) -> int:
        """Cells that a row has at most."""
        return len(self.header.texts)

    @property
    def names(self) -> list[str]:
        """Of all cells as polars calls them."""
        return [_cell(place) for place in range(self.width)]

    def beyond(self, row: Sequence[str]) -> tuple[int, bool]:
        """How many cells a row has beside the table, and whether one of them is filled."""
        over = row[self.width :]
        return len(over), any(cell.strip() for cell in over)


def read_delimited(content: bytes, role: str) -> Read:
    """The rows of a file of delimited text. Raises `FileFault`."""
    text = in_utf_8(content)
    if not text.strip():
        raise FileFault("file_empty")
    begins, announced = _announced(text)
    body = text[begins:]
    skipped = 1 if begins else 0
    separator, header = _found(body[:_HEAD_BYTES].decode(errors="ignore"), announced, skipped)
    places = checked(role, header, None)
    assert header is not None
    try:
        frames = _rows(body, _Layout(separator, header, places, skipped))
        return finished((frame.with_columns(pl.col(LINE) + skipped) for frame in frames), {})
    except FileFault as fault:
        fault.extra.setdefault("sheet", sheet_for(role, header).name)
        raise


def in_utf_8(content: bytes) -> bytes:
    """The text in UTF-8: it may be that or UTF-16 (either order of bytes), with or without byte order mark, else it is
    Windows-1252. Line ends become LF.

    Raises `FileFault` not_a_spreadsheet.
    """
    text = _in_utf_8(content).removeprefix(b"\xef\xbb\xbf")
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    head = text[:_HEAD_BYTES]
    strange = len(head) - len(head.translate(None, _CONTROLS))
    if strange * 50 > len(head):
        raise FileFault("not_a_spreadsheet")  # so many control characters: bytes of another kind of file
    return text.rstrip(b"\x1a")


def _in_utf_8(content: bytes) -> bytes:
    utf_16 = _utf_16(content)
    try:
        if utf_16 is not None:
            return content.decode(utf_16).encode()
        content.decode()
    except UnicodeError as error:
        if utf_16 is not None:
            raise FileFault("not_a_spreadsheet") from error
    else:
        return content
    # A file in UTF-8 with one broken byte stays UTF-8: read as Windows-1252 every accent in it would be two letters.
    patched = content.decode(errors="replace")
    bad = patched.count("\ufffd")
    if sum(letter > "\x7f" for letter in patched) > 2 * bad:
        return patched.encode()
    try:
        return content.decode("cp1252").encode()
    except UnicodeDecodeError as error:
        raise FileFault("not_a_spreadsheet") from error


def _utf_16(content: bytes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark: headers and digits are ASCII, so every second byte is zero.
    head = content[: 4_096 & ~1]
    if len(head) >= 4 and head.count(0) > len(head) // 3:
        low, high = head[0::2].count(0), head[1::2].count(0)
        if high > 8 * low:
            return "utf-16-le"
        if low > 8 * high:
            return "utf-16-be"
    return None


def _announced(text: bytes) -> tuple[int, str | None]:
    """Excel's own first line `sep=;`: where the table begins behind it, and the delimiter."""
    line = text[:16].split(b"\n", 1)[0].strip().strip(b'"')
    if line[:4].lower() == b"sep=" and len(line) == 5 and line[4:].isascii() and b"\n" in text:
        return text.index(b"\n") + 1, line[4:].decode()
    return 0, None


def _found(head: str, announced: str | None, skipped: int) -> tuple[str, Header | None]:
    """The delimiter and the header under it: of all delimiters the one whose header names most columns."""
    best: tuple[str, Header | None] = (announced or ",", None)
    for separator in announced or _SEPARATORS:
        rows: list[list[str]] = []
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
        try:
            # By physical lines, so that a row of the header is the row that a person sees.
            while len(rows) < HEAD_ROWS + 2:
                row = next(reader)
                rows += [[]] * (reader.line_num - 1 - len(rows)) + [row]
        except (StopIteration, csv.Error):
            pass
        widest = max((sum(bool(cell) for cell in row) for row in rows), default=0)
        header = find_header(rows)
        if widest > MOST_COLUMNS and header is not None:
            raise FileFault("too_many_columns", count=widest, row=header.ends + 1 + skipped)
        if header is not None and (best[1] is None or len(header.places) > len(best[1].places)):
            best = (separator, header)
    return best


def _rows(body: bytes, layout: _Layout) -> Iterator[pl.DataFrame]:
    """The rows below the header, some megabytes of text at a time."""
    csv.field_size_limit(_LONGEST_CELL)
    quoted, places = b'"' in body, layout.places
    if quoted and not _each_line_by_itself(body, layout.separator):
        yield from _by_record(body, layout)
        return
    line = 1
    for block in _blocks(body):
        if not block.strip(b"\n"):
            line += len(block)
            continue
        # Empty rows before the first one of a text would not be counted.
        text = block.lstrip(b"\n")
        line += len(block) - len(text)
        frame = pl.read_csv(
            text,
            separator=layout.separator,
            has_header=False,
            infer_schema=False,
            schema=dict.fromkeys(layout.names, pl.String),
            columns=[_cell(place) for place in sorted({0, *places.values()})],
            truncate_ragged_lines=True,
            extra_columns="ignore",
            missing_columns="insert",
            quote_char='"' if quoted else None,
        ).with_row_index(LINE, line)
        frame = frame.join(_overflowing(text, layout, line), on=LINE, how="left", maintain_order="left")
        yield _selected(frame.filter(pl.col(LINE) > layout.header.ends + 1), layout)
        line += text.count(b"\n")


def _overflowing(text: bytes, layout: _Layout, line: int) -> pl.DataFrame:
    """`line`, `SURPLUS` and `EXTRA` of those lines that are wider than the table. Each line is a row, the first `line`.

    The reader cuts such a row off without a word, and a missing cell is to it as an empty one.
    """
    lines = pl.read_lines(text).to_series()
    many = (lines.str.count_matches(layout.separator, literal=True) >= layout.width).arg_true()
    rows = csv.reader(lines.gather(many), delimiter=layout.separator)
    found = [(line + at, *layout.beyond(row)) for at, row in zip(many, rows, strict=True)]
    return pl.DataFrame(found, schema={LINE: pl.UInt32, SURPLUS: pl.UInt32, EXTRA: pl.Boolean}, orient="row")


def _blocks(body: bytes) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time."""
    begins = 0
    while begins < len(body):
        ends = body.find(b"\n", begins + _BYTES_AT_ONCE) + 1 or len(body)
        yield body[begins:ends]
        begins = ends


def _cell(place: int) -> str:
    return f"column_{place + 1}"


def _selected(frame: pl.DataFrame, layout: _Layout) -> pl.DataFrame:
    cells = {name: pl.col(_cell(place)) for name, place in layout.places.items()}
    if 0 not in layout.places.values():
        cells[FIRST] = pl.col(_cell(0))
    return frame.select(LINE, pl.col(SURPLUS).fill_null(0), pl.col(EXTRA).fill_null(value=False), **cells)


def _each_line_by_itself(body: bytes, separator: str) -> bool:
    """Whether each line with a quotation mark is quoted by the book: then lines are rows, and quick to read."""
    mark = re.escape(separator)
    cell = f'(?:"(?:[^"]|"")*"|[^"{mark}]*)'
    return all(_quoted_by(f"^{cell}(?:{mark}{cell})*$", block) for block in _blocks(body) if b'"' in block)


def _quoted_by(pattern: str, block: bytes) -> bool:
    lines = pl.Series([block], dtype=pl.Binary).cast(pl.String).str.split("\n").explode()
    return bool(lines.filter(lines.str.contains('"', literal=True)).str.contains(pattern).all())


def _by_record(body: bytes, layout: _Layout) -> Iterator[pl.DataFrame]:
    """Record by record: cells that run over several lines, and quotation marks out of place, told by their line."""
    width = layout.width
    schema = {LINE: pl.UInt32} | dict.fromkeys(layout.names, pl.String) | {SURPLUS: pl.UInt32, EXTRA: pl.Boolean}
    rows: list[tuple[int | str, ...]] = []
    for line, row in _records(body, layout):
        if line > layout.header.ends + 1:
            rows.append((line, *(row + [""] * (width - len(row)))[:width], *layout.beyond(row)))
        if len(rows) == _ROWS_AT_ONCE:
            yield _selected(pl.DataFrame(rows, schema=schema, orient="row"), layout)
            rows = []
    yield _selected(pl.DataFrame(rows, schema=schema, orient="row"), layout)


def _records(body: bytes, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    held: list[str] = []
    reader = csv.reader(_noted(body, held), delimiter=layout.separator, strict=True)
    while True:
        line = reader.line_num + 1
        held.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileFault("quote_not_closed", row=line + layout.skipped) from error
        if line > layout.header.ends + 1 and _swallows(held, layout):
            raise FileFault("quote_not_closed", row=line + layout.skipped)
        yield line, row


def _noted(body: bytes, held: list[str]) -> Iterator[str]:
    for line in io.TextIOWrapper(io.BytesIO(body), newline="\n"):
        if len(held) == _MOST_LINES:
            raise csv.Error("a cell has too many lines")
        held.append(line)
        yield line


def _swallows(lines: list[str], layout: _Layout) -> bool:
    """Whether one of a record's lines is a row by itself: two stray quotation marks took what is between for one cell.

    The first line of a right record is one where its last cell runs on, the last line where its first cell did; never
    both, and none between.
    """
    if len(lines) == 1:
        return False
    last = max(place for place, text in enumerate(layout.header.texts) if text)
    whole = [line.count(layout.separator) >= max(last, 1) for line in lines]
    return any(whole[1:-1]) or (whole[0] and whole[-1])
