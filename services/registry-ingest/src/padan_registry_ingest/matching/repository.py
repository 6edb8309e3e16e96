"""Answers of the registers, kept sealed until the batch is reported, so that nothing is asked twice."""

from typing import Any
from uuid import UUID

import msgspec
from padan_events.personal import Agreement
from padan_runtime.sealing import open_bytes, seal_bytes
from psycopg import Connection


class Answers(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request and what came back, by row: the reasons it gives, and for the civil registry what may be kept;
    of the register of barred occupations, which one it is."""

    request_id: str
    matched_at: str
    rows: list[int]
    reasons: list[int]
    statuses: list[str | None] = []
    agreements: list[Agreement] = []
    occupations: list[str | None] = []


def _context(upload_id: UUID, register: str, chunk: int) -> bytes:
    return f"{upload_id}/{register}/{chunk}".encode()


def save(connection: Connection[Any], key: bytes, upload_id: UUID, register: str, answers: Answers) -> None:
    """Keep one request's answers; its first row names it."""
    chunk = answers.rows[0]
    sealed = seal_bytes(key, msgspec.json.encode(answers), _context(upload_id, register, chunk))
    connection.execute(
        "INSERT INTO register_answer (upload_id, register, chunk, sealed) "
        "VALUES (%(upload)s, %(register)s, %(chunk)s, %(sealed)b) ON CONFLICT DO NOTHING",
        {"upload": upload_id, "register": register, "chunk": chunk, "sealed": sealed},
    )


def load(
    connection: Connection[Any], key: bytes, upload_id: UUID, register: str, chunk: tuple[int, int]
) -> list[Answers]:
    """The answers kept about the rows of a chunk, whose first and last are given."""
    rows = connection.execute(
        "SELECT chunk, sealed FROM register_answer WHERE upload_id = %(upload)s AND register = %(register)s "
        "AND chunk BETWEEN %(first)s AND %(last)s ORDER BY chunk",
        {"upload": upload_id, "register": register, "first": chunk[0], "last": chunk[1]},
        binary=True,
    ).fetchall()
    return [
        msgspec.json.decode(open_bytes(key, sealed, _context(upload_id, register, first)), type=Answers)
        for first, sealed in rows
    ]


def forget(connection: Connection[Any], upload_id: UUID) -> None:
    """Remove the answers of a batch that no longer needs them."""
    connection.execute("DELETE FROM register_answer WHERE upload_id = %s", [upload_id])
