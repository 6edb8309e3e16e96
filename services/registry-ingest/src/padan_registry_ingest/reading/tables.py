"""A file as frames: opened in child processes, its columns checked, its rows numbered, its batch known."""

import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

import msgspec
import polars as pl

from padan_registry_ingest.domain import columns, digest
from padan_registry_ingest.domain.faults import FAULTS, FileFault
from padan_registry_ingest.reading.child import DATA_ERROR

_DIGEST_ROWS: Final = 10_000


class Limits(msgspec.Struct, frozen=True):
    """What one child may use: memory in MB of address space, and seconds."""

    memory_mb: int
    time_s: int


class Tables(msgspec.Struct, frozen=True):
    """What a file holds, kept packed: as frames it takes ten times the memory, so they are made where they are needed.

    Frames have `row` (from 1, empty rows not counted), the contract's columns as text, and `NIK_IS_NUMBER`,
    `NO_KK_IS_NUMBER`. A ranking has no members.
    """

    kind: str
    batch_id: UUID
    rows: int
    first: bytes
    second: bytes | None

    @property
    def recipients(self) -> pl.DataFrame:
        """The rows of the first sheet."""
        return _frame(self.first, columns.RANKING if self.kind == "ranking" else columns.RECIPIENTS)

    @property
    def members(self) -> pl.DataFrame:
        """The rows of the second sheet."""
        assert self.second is not None
        return _frame(self.second, columns.MEMBERS)


def read(file: bytes, members: bytes | None, *, kind: str, region: str, limits: Limits) -> Tables:
    """Open a file, or a pair of files. Raises `FileFault`.

    `kind` is auto, registration or ranking; `region` is the sender's code, empty for the nation.
    """
    if not file:
        raise FileFault("file_empty")
    workbook = file.startswith(b"PK\x03\x04")
    other_file = file if members is None and workbook else members
    with ThreadPoolExecutor(1) as other:
        # Both sheets at once: the second is opened on the other core while the first tells what kind of file it is.
        opening = None if other_file is None or kind == "ranking" else other.submit(
            _open, other_file, 1 if other_file is file else 0, columns.MEMBERS.name, limits
        )  # fmt: skip
        first = _open(file, 0, columns.RECIPIENTS.name, limits)
        actual = columns.kind_of(list(pl.read_parquet_schema(io.BytesIO(first)))) if kind == "auto" else kind
        if actual == "ranking":
            if opening is not None:
                with contextlib.suppress(FileFault):
                    opening.result()
            ranking = _frame(first, columns.RANKING)
            batch_id = digest.batch_id_of(region, [("first", _canonical(ranking))])
            return Tables(actual, batch_id, ranking.height, first, None)
        recipients = _frame(first, columns.RECIPIENTS)
        if opening is None:
            raise FileFault("members_missing")
        second = opening.result()
    people = _frame(second, columns.MEMBERS)
    batch_id = digest.batch_id_of(region, [("first", _canonical(recipients)), ("second", _canonical(people))])
    return Tables(actual, batch_id, recipients.height, first, second)


def _open(content: bytes, index: int, name: str, limits: Limits) -> bytes:
    command = [sys.executable, "-m", "padan_registry_ingest.reading.child"]
    try:
        child = subprocess.run(
            [*command, str(index), name, str(limits.memory_mb), str(limits.time_s)],
            input=content,
            capture_output=True,
            timeout=limits.time_s * 2,
            env={"POLARS_MAX_THREADS": "1", "MALLOC_ARENA_MAX": "1", "PYTHONUTF8": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileFault("file_too_large") from error
    if child.returncode == 0:
        return child.stdout
    said = child.stderr.decode(errors="replace").strip()
    if child.returncode == DATA_ERROR and said in FAULTS:
        raise FileFault(said)
    # Ended by a signal it ran into a limit: the allocator gives up, or the kernel ends it. Else the fault is ours.
    raise FileFault("file_too_large" if child.returncode < 0 else "file_failed")


def _frame(packed: bytes, sheet: columns.Sheet) -> pl.DataFrame:
    frame = pl.read_parquet(io.BytesIO(packed))
    found = [name for name in frame.columns if not name.endswith("_IS_NUMBER")]
    missing = [name for name in sheet.columns if name not in found]
    if missing:
        # Headers only, and bounded: a file without headers has people's data in its first row.
        known = [name for name in found if name in {*columns.RECIPIENTS.columns, *columns.MEMBERS.columns, "DESIL"}]
        raise FileFault(
            "column_missing",
            sheet=sheet.name,
            missing=missing,
            expected=list(sheet.columns),
            found=known,
            other_columns=len(found) - len(known),
        )
    if frame.height == 0:
        raise FileFault("file_empty", sheet=sheet.name)
    flags = [
        (pl.col(f"{name}_IS_NUMBER") if f"{name}_IS_NUMBER" in frame.columns else pl.lit(value=False)).alias(
            f"{name}_IS_NUMBER"
        )
        for name in columns.NUMBERS
        if name in sheet.columns
    ]
    return frame.select(*sheet.columns, *flags).with_row_index("row", 1)


def _canonical(frame: pl.DataFrame) -> Iterator[str]:
    cells = [pl.col(name) for name, dtype in frame.schema.items() if dtype == pl.String]
    row = pl.concat_str(cells, separator=digest.CELL_END) + (digest.CELL_END + digest.ROW_END)
    for part in frame.iter_slices(_DIGEST_ROWS):
        yield "".join(part.select(row.alias("row"))["row"].to_list())
