"""All SQL of checks of lists."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_runtime.sealing import open_bytes, seal_bytes
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb


class Check(msgspec.Struct, kw_only=True):
    """A list that was sent, and how far it has come: `checked_to` is the last row whose result is known."""

    check_id: UUID
    state: str
    actor: str
    region: str
    shows: list[str]
    key_id: str
    received_at: datetime
    finished_at: datetime | None
    problem: dict[str, Any] | None
    reading_attempts: int
    rows: int | None
    checked_to: int
    results: dict[str, int]
    deciles: dict[str, int]


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """A row as it was sent, and what is wrong with its NIK (`result` is then known)."""

    row: int
    nik: str
    name: str
    birth_date: str
    reasons: list[str]
    result: str | None


class Found(msgspec.Struct, frozen=True, array_like=True):
    """What came of a row. `decile_group` is one of 1-4, 5, 6-10, or None."""

    row: int
    result: str
    differs: list[str] = []
    decile_group: str | None = None


_COLUMNS: Final = ", ".join(Check.__struct_fields__)


def insert(connection: Connection[Any], check: dict[str, Any]) -> None:
    """Record a list whose file is whole on disk."""
    connection.execute(
        "INSERT INTO list_check (check_id, state, actor, region, shows, key_id) "
        "VALUES (%(check_id)s, 'received', %(actor)s, %(region)s, %(shows)s, %(key_id)s)",
        check,
    )


def find(connection: Connection[Any], check_id: UUID) -> Check | None:
    """One check."""
    with connection.cursor(row_factory=class_row(Check)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM list_check WHERE check_id = %s", [check_id]).fetchone()  # noqa: S608  # field names of a Struct


def to_read(connection: Connection[Any]) -> list[UUID]:
    """The lists that are still to be read, oldest first."""
    rows = connection.execute(
        "SELECT check_id FROM list_check WHERE state IN ('received', 'reading') ORDER BY received_at"
    ).fetchall()
    return [check_id for (check_id,) in rows]


def begin_reading(connection: Connection[Any], check_id: UUID) -> None:
    """Note that a list is being read, once more."""
    connection.execute(
        "UPDATE list_check SET state = 'reading', reading_attempts = reading_attempts + 1 WHERE check_id = %s",
        [check_id],
    )


def take_back_attempt(connection: Connection[Any], check: Check) -> None:
    """The process that read `check` has not died of it: as many attempts stand as before it began."""
    connection.execute(
        "UPDATE list_check SET reading_attempts = %s WHERE check_id = %s", [check.reading_attempts, check.check_id]
    )


def _context(check_id: UUID, first: int, what: str) -> bytes:
    return f"{check_id}/{first}/{what}".encode()


def keep(connection: Connection[Any], key: bytes, check_id: UUID, chunks: list[list[Listed]]) -> None:
    """Keep what a list holds, all of it: what an interrupted try has kept is replaced."""
    connection.execute("DELETE FROM list_check_chunk WHERE check_id = %s", [check_id])
    for rows in chunks:
        sealed = seal_bytes(key, msgspec.msgpack.encode(rows), _context(check_id, rows[0].row, "sent"))
        connection.execute(
            "INSERT INTO list_check_chunk (check_id, first_row, last_row, sent) "
            "VALUES (%(id)s, %(first)s, %(last)s, %(sent)b)",
            {"id": check_id, "first": rows[0].row, "last": rows[-1].row, "sent": sealed},
        )
    connection.execute(
        "UPDATE list_check SET state = 'checking', rows = %(rows)s WHERE check_id = %(id)s AND state = 'reading'",
        {"id": check_id, "rows": chunks[-1][-1].row},
    )


def chunk(connection: Connection[Any], key: bytes, check_id: UUID, after: int) -> list[Listed]:
    """The rows of the first chunk beyond row `after`; none behind the last. Raises `SealError`."""
    cursor = connection.execute(
        "SELECT first_row, sent FROM list_check_chunk WHERE check_id = %s AND first_row > %s ORDER BY first_row "
        "LIMIT 1",
        [check_id, after],
        binary=True,
    )
    row = cursor.fetchone()
    if row is None:
        return []
    clear = open_bytes(key, row[1], _context(check_id, row[0], "sent"))
    return msgspec.msgpack.decode(clear, type=list[Listed])


def found(connection: Connection[Any], key: bytes, check_id: UUID, first: int) -> list[Found]:
    """What came of the rows of a chunk that was answered. Raises `SealError`."""
    cursor = connection.execute(
        "SELECT found FROM list_check_chunk WHERE check_id = %s AND first_row = %s", [check_id, first], binary=True
    )
    (sealed,) = cursor.fetchone() or (b"",)
    return msgspec.msgpack.decode(open_bytes(key, sealed, _context(check_id, first, "found")), type=list[Found])


def answer(connection: Connection[Any], key: bytes, check: Check, rows: list[Found]) -> bool:
    """Keep what came of the chunk behind `check.checked_to`; the last one ends the check. False where another was
    faster."""
    results, deciles = dict(check.results), dict(check.deciles)
    for row in rows:
        for code in (row.result, *row.differs):
            results[code] = results.get(code, 0) + 1
        if row.decile_group is not None:
            deciles[row.decile_group] = deciles.get(row.decile_group, 0) + 1
    last = rows[-1].row
    moved = connection.execute(
        "UPDATE list_check SET checked_to = %(last)s, results = %(results)s, deciles = %(deciles)s, "
        "state = CASE WHEN rows = %(last)s THEN 'done' ELSE state END, "
        "finished_at = CASE WHEN rows = %(last)s THEN clock_timestamp() END "
        "WHERE check_id = %(id)s AND checked_to = %(before)s AND state = 'checking'",
        {
            "id": check.check_id,
            "before": check.checked_to,
            "last": last,
            "results": Jsonb(results),
            "deciles": Jsonb(deciles),
        },
    )
    if moved.rowcount != 1:
        return False
    sealed = seal_bytes(key, msgspec.msgpack.encode(rows), _context(check.check_id, rows[0].row, "found"))
    connection.execute(
        "UPDATE list_check_chunk SET found = %(found)b WHERE check_id = %(id)s AND first_row = %(first)s",
        {"id": check.check_id, "first": rows[0].row, "found": sealed},
    )
    return True


def fail(connection: Connection[Any], check_id: UUID, problem: dict[str, Any]) -> None:
    """End a check whose list cannot be read."""
    connection.execute(
        "UPDATE list_check SET state = 'failed', problem = %(problem)s, finished_at = clock_timestamp() "
        "WHERE check_id = %(id)s AND finished_at IS NULL",
        {"id": check_id, "problem": Jsonb(problem)},
    )
