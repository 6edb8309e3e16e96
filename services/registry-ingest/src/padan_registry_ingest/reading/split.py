"""The child process that splits a file into chunks of recipients with their members, judged row by row.

A million rows take a gigabyte as frames: they are taken here, under limits of their own, so that the service holds a
chunk at a time. The argument is a `Task` as JSON. Writes messages to stdout, as `messages` reads them: a `Header`, then
each `Part`, at last what the rows that may repeat others lay claim to (see `Claims.repeated`), as Parquet. It has no
key: what it writes goes through a pipe to the service, which seals it.
"""

import resource
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import IO, Final
from uuid import UUID

import msgspec
import polars as pl

from padan_registry_ingest.domain import columns, digest
from padan_registry_ingest.frames import packed
from padan_registry_ingest.reading.child import DATA_ERROR
from padan_registry_ingest.reading.tables import frame, notes, path_of
from padan_registry_ingest.validating import against_each_other, check, families

SOFTWARE_ERROR: Final = 70
_DIGEST_ROWS: Final = 50_000
_AHEAD: Final = 3
_LENGTH: Final = struct.Struct("!Q")


class Task(msgspec.Struct, frozen=True):
    """What to split: descriptors of both sheets, and what their rows are judged by."""

    kind: str
    first: int
    second: int | None
    region: str
    today: date
    rows_at_once: int
    memory_mb: int
    time_s: int


class Header(msgspec.Struct, frozen=True):
    """What the file is, and what was left out of it, counted by warning."""

    batch_id: UUID
    rows: int
    left_out: dict[str, int]


class Part(msgspec.Struct, frozen=True):
    """Rows `first` to `last` and their members, as sent (`recipients`, `members`) and as judged (`rows`, `people`).

    Parquet, all of it. A file of one sheet has no members.
    """

    first: int
    last: int
    recipients: bytes
    members: bytes | None
    rows: bytes
    people: bytes | None


def messages(stream: IO[bytes]) -> Iterator[bytes]:
    """The messages of a child, each whole. Raises EOFError where it ended in the middle of one."""
    while head := stream.read(_LENGTH.size):
        size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else -1
        message = stream.read(size) if size >= 0 else b""
        if len(message) != size:
            raise EOFError
        yield message


def batch_id_of(region: str, sheets: list[tuple[str, pl.DataFrame]]) -> UUID:
    """The id of the batch that these rows are, sent for this region."""
    return digest.batch_id_of(region, [(name, _canonical(sheet)) for name, sheet in sheets])


def _canonical(sheet: pl.DataFrame) -> Iterator[str]:
    cells = [pl.col(name) for name, dtype in sheet.schema.items() if dtype == pl.String]
    # A flag makes a row invalid by itself: without a mark the row that is mended by saving its numbers as text, or by
    # removing a stray cell, would be the same row.
    flags = [name for name, dtype in sheet.schema.items() if dtype == pl.Boolean]
    marks = [pl.when(name).then(pl.lit(name + digest.CELL_END)).otherwise(pl.lit("")) for name in flags]
    row = pl.concat_str(
        pl.concat_str(cells, separator=digest.CELL_END), pl.lit(digest.CELL_END), *marks, pl.lit(digest.ROW_END)
    )
    for part in sheet.iter_slices(_DIGEST_ROWS):
        yield part.select(row.str.join("")).item()


def judge(split: families.Split, number: int, region: str, today: date) -> tuple[pl.DataFrame, ...]:
    """A chunk as sent (recipients, members) and as judged by itself (rows, people): frames of `validating.check`."""
    sent, theirs = split.chunk(number)
    people = check.check_members(theirs, today)
    rows = check.check_recipients(sent, people, region, today, split.crowded)
    return sent, theirs, rows, people.filter(~pl.col("card").is_in(split.crowded.implode())).drop("nik_bad", "cell_bad")


def registration(task: Task, write: Callable[[bytes], None]) -> None:
    """Split a registration."""
    assert task.second is not None
    recipients = frame(path_of(task.first), columns.RECIPIENTS)
    members = frame(path_of(task.second), columns.MEMBERS)
    with ThreadPoolExecutor(2) as threads:
        batch_id = threads.submit(batch_id_of, task.region, [("first", recipients), ("second", members)])
        split = families.split(recipients, members, task.rows_at_once, task.today)
        left_out = split.left_out | notes(task.first, task.second)
        write(msgspec.json.encode(Header(batch_id.result(), recipients.height, left_out)))
        claims = against_each_other.Claims()

        def judged(number: int) -> tuple[Part, pl.DataFrame, pl.DataFrame]:
            sent, theirs, rows, people = judge(split, number, task.region, task.today)
            part = Part(
                int(sent["row"][0]), int(sent["row"][-1]), packed(sent), packed(theirs), packed(rows),
                packed(people),
            )  # fmt: skip
            return part, *against_each_other.numbers_of(rows, against_each_other.people_of(rows, people))

        # A few ahead and no more: whoever reads may be slower, and what was made would gather here.
        coming = [threads.submit(judged, number) for number in range(min(_AHEAD, split.count))]
        for number in range(split.count):
            part, *numbers = coming.pop(0).result()
            if (after := number + _AHEAD) < split.count:
                coming.append(threads.submit(judged, after))
            write(msgspec.msgpack.encode(part))
            claims.add(*numbers)
    write(packed(claims.repeated()))


def alone(task: Task, write: Callable[[bytes], None]) -> None:
    """Split a file of one sheet, a ranking or deaths. Nobody lays claim to anything in it."""
    recipients = frame(path_of(task.first), columns.ALONE[task.kind])
    batch_id = batch_id_of(task.region, [("first", recipients)])
    write(msgspec.json.encode(Header(batch_id, recipients.height, notes(task.first))))
    deaths = task.kind == "deaths"
    rows = check.check_deaths(recipients, task.today) if deaths else check.check_ranking(recipients)
    for start in range(0, recipients.height, task.rows_at_once):
        sent = recipients.slice(start, task.rows_at_once)
        judged = rows.slice(start, task.rows_at_once)
        part = Part(int(sent["row"][0]), int(sent["row"][-1]), packed(sent), None, packed(judged), None)
        write(msgspec.msgpack.encode(part))
    write(packed(against_each_other.Claims().repeated()))


def main() -> None:
    """Split the file that the one argument describes."""
    task = msgspec.json.decode(sys.argv[1], type=Task)
    resource.setrlimit(resource.RLIMIT_AS, (task.memory_mb << 20, task.memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (task.time_s, task.time_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold personal data in clear

    def write(message: bytes) -> None:
        sys.stdout.buffer.write(_LENGTH.pack(len(message)))
        sys.stdout.buffer.write(message)
        sys.stdout.buffer.flush()

    try:
        (alone if task.kind in columns.ALONE else registration)(task, write)
    except MemoryError:
        raise SystemExit(DATA_ERROR) from None
    except Exception as error:  # its own words may quote a cell: where it happened is enough
        print(type(error).__name__, *traceback.format_tb(error.__traceback__)[-3:], sep="\n", file=sys.stderr)
        raise SystemExit(SOFTWARE_ERROR) from None


if __name__ == "__main__":
    main()
