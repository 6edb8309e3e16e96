"""The child process that opens one sheet of a file. Reads the file from stdin, writes Parquet to stdout.

A spreadsheet is a zip archive of XML from a stranger: a small file can ask for any amount of memory. So it is opened
here, under limits that end this process and not the service. Arguments: which sheet (0 or 1), its name, the most
memory in MB, the most CPU in seconds. Exit status 65 (EX_DATAERR) with a code on stderr where the file is at fault.
"""

import io
import resource
import sys
from typing import NoReturn

import fastexcel
import polars as pl

from padan_registry_ingest.domain.columns import MEMBERS, NUMBERS, RANKING, RECIPIENTS, normal_header

DATA_ERROR = 65
CONTRACT = frozenset((*RECIPIENTS.columns, *MEMBERS.columns, *RANKING.columns))
_SEPARATORS = ",;\t"


class NotReadableError(ValueError):
    """The bytes are no table; the message is the code of the problem."""


def refuse(code: str) -> NoReturn:
    """End with the status of a fault in the data."""
    print(code, file=sys.stderr)
    raise SystemExit(DATA_ERROR)


def read_workbook(content: bytes, index: int, name: str) -> pl.DataFrame | None:
    """The sheet called `name`, else the one at `index`; None where there is no such second sheet.

    Every cell becomes text. Which cells of NIK and NO_KK were numbers is found by reading those columns once more as
    booleans: a number becomes one, a text does not (read as text, both show the same digits).
    """
    try:
        book = fastexcel.read_excel(content)
        names = [sheet.strip().lower() for sheet in book.sheet_names]
        at = names.index(name) if name in names else index
        if at >= len(names):
            return None
        text = book.load_sheet(at, dtypes="string").to_polars()
        present = [column for column in text.columns if normal_header(column) in NUMBERS]
        frame = _named(text)
        if present:
            chosen: dict[str | int, fastexcel.DType] = dict.fromkeys(present, "boolean")
            flags = book.load_sheet(at, dtypes=chosen, use_columns=present).to_polars()
            frame = frame.with_columns(
                flags[column].is_not_null().alias(f"{normal_header(column)}_IS_NUMBER") for column in present
            )
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as error:
        raise NotReadableError("not_a_spreadsheet") from error
    return frame


def read_delimited(content: bytes) -> pl.DataFrame:
    """A CSV file in UTF-8, with or without byte order mark, delimited by comma, semicolon or tab."""
    if b"\0" in content:
        raise NotReadableError("not_a_spreadsheet")
    try:
        header = content.split(b"\n", 1)[0].decode("utf-8-sig")
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotReadableError("not_a_spreadsheet") from error
    if not header.strip():
        raise NotReadableError("file_empty" if not content.strip() else "not_a_spreadsheet")
    separator = max(_SEPARATORS, key=header.count)
    try:
        frame = pl.read_csv(
            io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")),
            separator=separator,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.PolarsError as error:
        raise NotReadableError("not_a_spreadsheet") from error
    return _named(frame)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Headers as the contract writes them; of two with one name the first counts."""
    names: dict[str, str] = {}
    for column in frame.columns:
        names.setdefault(normal_header(column), column)
    return frame.select(pl.col(column).alias(name) for name, column in names.items() if name)


def normalized(frame: pl.DataFrame) -> pl.DataFrame:
    """Text cells trimmed, a text marker of a spreadsheet (`="..."`, `'...`) taken off, empty rows left out."""
    text = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    cell = pl.col(text).fill_null("").str.strip_chars()
    cell = cell.str.replace(r'^="([^"]*)"$', "$1").str.replace(r"^'", "")
    frame = frame.with_columns(cell)
    if "TGL_LAHIR" in text:
        # A date cell of a workbook shows as ISO 8601: the same date must give the same text.
        date = pl.col("TGL_LAHIR").str.replace(r"^(\d{4})-(\d{2})-(\d{2})(?: 00:00:00)?$", "$3-$2-$1")
        frame = frame.with_columns(date)
    ours = [name for name in text if name in CONTRACT]  # a remark beside an empty row does not fill it
    return frame.filter(pl.any_horizontal(pl.col(ours) != "")) if ours else frame


def main() -> None:
    """Read one sheet under the limits given as arguments."""
    index, name, memory_mb, cpu_s = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold personal data in clear
    try:
        content = sys.stdin.buffer.read()
        workbook = content.startswith(b"PK\x03\x04")
        frame = read_workbook(content, index, name) if workbook else read_delimited(content)
        if frame is None:
            refuse("members_missing")
        # Uncompressed, a repetitive sheet of a zip bomb would grow in the pipe: Parquet keeps it small.
        normalized(frame).write_parquet(sys.stdout.buffer, compression="lz4")
    except NotReadableError as error:
        refuse(str(error))
    except MemoryError:
        refuse("file_too_large")


if __name__ == "__main__":
    main()
