"""What rows held, some thousand at a time, sealed: for the reports that name them."""

import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import polars as pl
from padan_runtime.sealing import open_bytes, seal_bytes
from psycopg import Connection

from padan_registry_ingest.reading.tables import Tables

Sealed = tuple[bytes, bytes | None]


class Chunk(msgspec.Struct, frozen=True):
    """Rows as they were sent, and their members (None in a ranking). Frames of text with `row` in the first."""

    recipients: pl.DataFrame
    members: pl.DataFrame | None


def _context(upload_id: UUID, first_row: int, sheet: str) -> bytes:
    return f"{upload_id}/{first_row}/{sheet}".encode()


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    return buffer.getvalue()


def seal_all(key: bytes, upload_id: UUID, read: Tables, after: int, size: int) -> dict[int, Sealed]:
    """The chunks beyond row `after`, by first row. All at once: sealed they take a tenth of the frames' memory."""
    members = read.members
    sealed = {}
    for sent in slices(read.recipients, after, size):
        theirs = members.join(sent.select("NO_KK").unique(), on="NO_KK", how="semi", maintain_order="left")
        first = int(sent["row"][0])
        sealed[first] = seal(key, upload_id, first, Chunk(sent, theirs))
    return sealed


def seal(key: bytes, upload_id: UUID, first_row: int, chunk: Chunk) -> Sealed:
    """The sealed recipients and members."""
    members = chunk.members
    return (
        seal_bytes(key, _parquet(chunk.recipients), _context(upload_id, first_row, "recipients")),
        None if members is None else seal_bytes(key, _parquet(members), _context(upload_id, first_row, "members")),
    )


def save(connection: Connection[Any], upload_id: UUID, rows: tuple[int, int], sealed: Sealed) -> None:
    """Keep what rows `rows[0]` to `rows[1]` held."""
    connection.execute(
        "INSERT INTO batch_chunk (upload_id, first_row, last_row, recipients, members) "
        "VALUES (%(id)s, %(first)s, %(last)s, %(recipients)b, %(members)b)",
        {"id": upload_id, "first": rows[0], "last": rows[1], "recipients": sealed[0], "members": sealed[1]},
    )


def first_rows(connection: Connection[Any], upload_id: UUID) -> list[int]:
    """The first row of each chunk kept, in order."""
    rows = connection.execute(
        "SELECT first_row FROM batch_chunk WHERE upload_id = %s ORDER BY first_row", [upload_id]
    ).fetchall()
    return [first for (first,) in rows]


def load(connection: Connection[Any], key: bytes, upload_id: UUID, first_row: int) -> Chunk:
    """One chunk. Raises `SealError`."""
    cursor = connection.execute(
        "SELECT recipients, members FROM batch_chunk WHERE upload_id = %s AND first_row = %s",
        [upload_id, first_row],
        binary=True,
    )
    recipients, members = cursor.fetchone() or (b"", None)
    return Chunk(
        pl.read_parquet(io.BytesIO(open_bytes(key, recipients, _context(upload_id, first_row, "recipients")))),
        None
        if members is None
        else pl.read_parquet(io.BytesIO(open_bytes(key, members, _context(upload_id, first_row, "members")))),
    )


def slices(frame: pl.DataFrame, after: int, size: int) -> Iterator[pl.DataFrame]:
    """The rows of a frame beyond row `after`, `size` at a time."""
    yield from frame.filter(pl.col("row") > after).iter_slices(size)
