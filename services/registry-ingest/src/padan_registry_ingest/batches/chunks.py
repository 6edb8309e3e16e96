"""A file's rows, some thousand at a time, sealed: as they were sent, and as judged until they are reported."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import polars as pl
from padan_runtime.sealing import open_bytes, seal_bytes
from psycopg import Connection

from padan_registry_ingest.frames import packed, unpacked
from padan_registry_ingest.reading.split import Part


class Chunk(msgspec.Struct, frozen=True):
    """Rows as they were sent, and their members (None where a file is one sheet). Frames of text, with `row`."""

    recipients: pl.DataFrame
    members: pl.DataFrame | None


class Work(msgspec.Struct, frozen=True):
    """Rows as `validating.check` gives them, with their `verdict` where it is known.

    `verdict` holds `row, reasons, warnings, household`: all that is known before duplicates are.
    """

    rows: pl.DataFrame
    people: pl.DataFrame | None
    verdict: pl.DataFrame | None


def _context(upload_id: UUID, first_row: int, sheet: str) -> bytes:
    return f"{upload_id}/{first_row}/{sheet}".encode()


def keep(connection: Connection[Any], key: bytes, upload_id: UUID, part: Part) -> None:
    """Keep one part of a file: what was sent for the reports that name rows, what was judged for the work on it."""

    def sealed(content: bytes | None, sheet: str) -> bytes | None:
        return None if content is None else seal_bytes(key, content, _context(upload_id, part.first, sheet))

    connection.execute(
        "WITH chunk AS (INSERT INTO batch_chunk (upload_id, first_row, last_row, recipients, members) "
        "VALUES (%(id)s, %(first)s, %(last)s, %(recipients)b, %(members)b)) "
        "INSERT INTO batch_work (upload_id, first_row, last_row, rows, members) "
        "VALUES (%(id)s, %(first)s, %(last)s, %(rows)b, %(people)b)",
        {
            "id": upload_id,
            "first": part.first,
            "last": part.last,
            "recipients": sealed(part.recipients, "recipients"),
            "members": sealed(part.members, "members"),
            "rows": sealed(part.rows, "rows"),
            "people": sealed(part.people, "people"),
        },
    )


def complete(connection: Connection[Any], key: bytes, upload_id: UUID, claims: bytes) -> None:
    """Note that every chunk of a file is kept, and what its rows lay claim to."""
    sealed = seal_bytes(key, claims, _context(upload_id, 0, "claims"))
    connection.execute(
        "UPDATE upload SET claims = %(claims)b WHERE upload_id = %(id)s", {"claims": sealed, "id": upload_id}
    )


def is_complete(connection: Connection[Any], upload_id: UUID) -> bool:
    """Whether `complete` was noted."""
    row = connection.execute("SELECT claims IS NOT NULL FROM upload WHERE upload_id = %s", [upload_id]).fetchone()
    return row is not None and bool(row[0])


def claims(connection: Connection[Any], key: bytes, upload_id: UUID) -> pl.DataFrame:
    """What the rows of a complete file lay claim to. Raises `SealError`."""
    cursor = connection.execute("SELECT claims FROM upload WHERE upload_id = %s", [upload_id], binary=True)
    (sealed,) = cursor.fetchone() or (b"",)
    return unpacked(open_bytes(key, sealed, _context(upload_id, 0, "claims")))


def forget(connection: Connection[Any], upload_id: UUID) -> None:
    """Remove all chunks of a file, whose rows nobody will ask for."""
    connection.execute("UPDATE upload SET claims = NULL, duplicates = NULL WHERE upload_id = %s", [upload_id])
    connection.execute("DELETE FROM batch_chunk WHERE upload_id = %s", [upload_id])
    forget_work(connection, upload_id)


def forget_work(connection: Connection[Any], upload_id: UUID) -> None:
    """Remove what was only needed until every row was reported."""
    connection.execute("DELETE FROM batch_work WHERE upload_id = %s", [upload_id])


def first_rows(connection: Connection[Any], upload_id: UUID, after: int = 0) -> list[int]:
    """The first row of each chunk kept, of those beyond row `after`, in order."""
    rows = connection.execute(
        "SELECT first_row FROM batch_chunk WHERE upload_id = %s AND first_row > %s ORDER BY first_row",
        [upload_id, after],
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
        unpacked(open_bytes(key, recipients, _context(upload_id, first_row, "recipients"))),
        None if members is None else unpacked(open_bytes(key, members, _context(upload_id, first_row, "members"))),
    )


def load_work(connection: Connection[Any], key: bytes, upload_id: UUID, first_row: int) -> Work:
    """The rows of a chunk as they were judged. Raises `SealError`."""
    cursor = connection.execute(
        "SELECT rows, members, verdict FROM batch_work WHERE upload_id = %s AND first_row = %s",
        [upload_id, first_row],
        binary=True,
    )
    rows, people, verdict = cursor.fetchone() or (b"", None, None)
    return Work(
        unpacked(open_bytes(key, rows, _context(upload_id, first_row, "rows"))),
        None if people is None else unpacked(open_bytes(key, people, _context(upload_id, first_row, "people"))),
        None if verdict is None else unpacked(verdict),
    )


def without_verdict(connection: Connection[Any], upload_id: UUID) -> list[tuple[int, int]]:
    """First and last row of the chunks whose verdict is not known yet, in order."""
    rows = connection.execute(
        "SELECT first_row, last_row FROM batch_work WHERE upload_id = %s AND verdict IS NULL ORDER BY first_row",
        [upload_id],
    ).fetchall()
    return [(first, last) for first, last in rows]


def save_verdict(connection: Connection[Any], upload_id: UUID, first_row: int, verdict: pl.DataFrame) -> None:
    """Keep what was found of a chunk's rows, so that it is not found otherwise after a crash."""
    connection.execute(
        "UPDATE batch_work SET verdict = %(verdict)b WHERE upload_id = %(id)s AND first_row = %(first)s",
        {"verdict": packed(verdict), "id": upload_id, "first": first_row},
    )


def verdicts(connection: Connection[Any], upload_id: UUID) -> Iterator[pl.DataFrame]:
    """The verdicts of all chunks, in order of their rows."""
    with connection.cursor(name="verdicts", binary=True) as cursor:
        cursor.itersize = 10
        cursor.execute("SELECT verdict FROM batch_work WHERE upload_id = %s ORDER BY first_row", [upload_id])
        for (verdict,) in cursor:
            yield unpacked(verdict)


def save_duplicates(connection: Connection[Any], upload_id: UUID, added: pl.DataFrame) -> None:
    """Keep which rows repeat others: with that every row has been judged."""
    connection.execute(
        "UPDATE upload SET duplicates = %(added)b WHERE upload_id = %(id)s", {"added": packed(added), "id": upload_id}
    )


def duplicates(connection: Connection[Any], upload_id: UUID) -> pl.DataFrame | None:
    """What `save_duplicates` kept."""
    row = connection.execute("SELECT duplicates FROM upload WHERE upload_id = %s", [upload_id], binary=True).fetchone()
    return None if row is None or row[0] is None else unpacked(row[0])
