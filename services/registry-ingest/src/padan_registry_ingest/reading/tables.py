"""A file as tables: opened in child processes, its columns checked, and split there into chunks of rows."""

import contextlib
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final

import msgspec
import polars as pl

from padan_registry_ingest.child_processes import CODE
from padan_registry_ingest.domain import columns
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.cells import LINE
from padan_registry_ingest.reading.child import DATA_ERROR, NOTES, Refusal
from padan_registry_ingest.reading.sheet import EXTRA

Pieces = Callable[[], Iterator[bytes]]
"""The bytes of a file piece by piece, from the start at every call: each sheet's process is sent the file once."""

_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Sheets open at any moment, those of a list to check too: the memory of the container is that of two."""
_WALL_TIMES: Final = 10
"""So much longer than its CPU time a child may take, on a machine that is busy; beyond, it waits for something."""
ENVIRONMENT: Final = {
    **CODE,
    "POLARS_MAX_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "PYTHONUTF8": "1",
    # To jemalloc, by which polars allocates: what it keeps for later would count against the address space.
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0,retain:false",
}


class Limits(msgspec.Struct, frozen=True):
    """What one child may use: memory in MB of address space, and seconds."""

    memory_mb: int
    time_s: int


class Tables:
    """What a file holds, as Parquet in anonymous memory: neither on a disk nor in this process. To be closed.

    Sheets have the contract's columns as text, and `NIK_IS_NUMBER`, `NO_KK_IS_NUMBER` where a cell can be a number. A
    file of one sheet has no members: `second` is None.
    """

    def __init__(self, kind: str, first: int, second: int | None) -> None:
        self.kind, self.first, self.second = kind, first, second

    @property
    def recipients(self) -> pl.DataFrame:
        """The rows of the first sheet, with `row` from 1: empty rows are not counted."""
        return frame(path_of(self.first), columns.ALONE.get(self.kind, columns.RECIPIENTS))

    @property
    def members(self) -> pl.DataFrame:
        """The rows of the second sheet, with `row`."""
        assert self.second is not None
        return frame(path_of(self.second), columns.MEMBERS)

    def __enter__(self) -> "Tables":
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        os.close(self.first)
        if self.second is not None:
            os.close(self.second)


def path_of(descriptor: int) -> str:
    """Where a process that holds it opens anonymous memory once more."""
    return f"/proc/self/fd/{descriptor}"


def read(file: bytes | Pieces, members: bytes | Pieces | None, *, kind: str, limits: Limits) -> Tables:
    """Open a file, or a pair of files. Raises `FileFault`.

    `kind` is auto or one of `columns.KINDS`.
    """
    first_file, members_file = _pieces(file), None if members is None else _pieces(members)
    head = next(first_file(), b"")
    if not head:
        raise FileFault("file_empty")
    other_file = first_file if members_file is None and head.startswith(b"PK\x03\x04") else members_file
    with contextlib.ExitStack() as on_failure, ThreadPoolExecutor(1) as other:
        first = on_failure.enter_context(_memory())
        # Both sheets at once: the second is opened on the other core while the first tells what kind of file it is.
        opening = second = None
        if other_file is not None and kind not in columns.ALONE:
            second = on_failure.enter_context(_memory())
            role = "members" if other_file is first_file else "members_file"
            opening = other.submit(_open, other_file, second, role, limits)
        _open(first_file, first, kind, limits)
        actual = columns.kind_of(list(pl.read_parquet_schema(path_of(first)))) if kind == "auto" else kind
        if actual in columns.ALONE:
            if opening is not None:
                with contextlib.suppress(FileFault):
                    opening.result()
            tables = Tables(actual, os.dup(first), None)
        else:
            if opening is None or second is None:
                raise FileFault("members_missing")
            opening.result()
            tables = Tables(actual, os.dup(first), os.dup(second))
    return tables


def read_list(file: Pieces, *, limits: Limits) -> pl.DataFrame:
    """The rows of a list to check: `row` from 1, NIK, NIK_IS_NUMBER, NAMA, TGL_LAHIR (empty where the list has none).

    Raises `FileFault`.
    """
    with _memory() as into:
        _open(file, into, "list", limits)
        path = path_of(into)
        there = set(pl.read_parquet_schema(path))
        also = [pl.col(name) if name in there else pl.lit("").alias(name) for name in columns.LIST_ALSO]
        return pl.read_parquet(path).select("NIK", "NIK_IS_NUMBER", *also).with_row_index("row", 1)


def _pieces(file: bytes | Pieces) -> Pieces:
    return (lambda: iter([file])) if isinstance(file, bytes) else file


@contextlib.contextmanager
def _memory() -> Iterator[int]:
    descriptor = os.memfd_create("sheet")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(pieces: Pieces, into: int, role: str, limits: Limits) -> None:
    with _AT_ONCE:
        _open_now(pieces, into, role, limits)


def _open_now(pieces: Pieces, into: int, role: str, limits: Limits) -> None:
    command = [sys.executable, "-m", "padan_registry_ingest.reading.child"]
    child = subprocess.Popen(
        [*command, role, str(limits.memory_mb), str(limits.time_s)],
        stdin=subprocess.PIPE,
        stdout=into,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert child.stdin is not None
    assert child.stderr is not None
    overdue = threading.Timer(limits.time_s * _WALL_TIMES, child.kill)
    overdue.start()
    try:
        # It may end before it has read all: what it says then is what counts.
        with contextlib.suppress(BrokenPipeError), child.stdin as feed:
            for piece in pieces():
                feed.write(piece)
        said = child.stderr.read().decode(errors="replace").strip()
        status = child.wait()
    finally:
        overdue.cancel()
        child.kill()
        child.wait()
        child.stderr.close()
    if status == 0:
        return
    if status == DATA_ERROR:
        refusal = msgspec.json.decode(said.rpartition("\n")[2], type=Refusal)
        raise FileFault(refusal.code, **refusal.extra)
    # Ended by a signal it ran into a limit: the allocator gives up, or the kernel ends it. Else the fault is ours.
    raise FileFault("file_too_large" if status < 0 else "file_failed")


def notes(*descriptors: int) -> dict[str, int]:
    """What was left out when sheets were read, counted by the code of a warning."""
    total: Counter[str] = Counter()
    for descriptor in descriptors:
        said = pl.read_parquet_metadata(path_of(descriptor))[NOTES]
        total += Counter(msgspec.json.decode(said, type=dict[str, int]))
    return dict(total)


def frame(path: str, sheet: columns.Sheet) -> pl.DataFrame:
    """The rows of a sheet: `row` (from 1), its columns, their flags, `EXTRA_CELLS`, and `line`, the row as sent."""
    flags = [f"{name}_IS_NUMBER" for name in columns.NUMBERS if name in sheet.columns]
    return pl.scan_parquet(path).select(*sheet.columns, *flags, EXTRA, LINE).with_row_index("row", 1).collect()
