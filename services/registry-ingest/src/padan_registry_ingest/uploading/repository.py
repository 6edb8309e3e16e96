"""All SQL of files that come in pieces."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row


class Partial(msgspec.Struct, kw_only=True):
    """A file that comes in pieces. `received` of its `length` bytes are durable, in `pieces` sealed pieces."""

    partial_id: UUID
    actor: str
    region: str
    key_id: str
    length: int
    received: int
    pieces: int
    stored: int
    expires_at: datetime

    @property
    def whole(self) -> bool:
        """Whether all of it is here."""
        return self.received == self.length


_COLUMNS: Final = ", ".join(Partial.__struct_fields__)


def insert(connection: Connection[Any], partial: Partial, *, most: int) -> bool:
    """Record a file that is to come; False where its sender has `most` of them open already."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [partial.actor])
    added = connection.execute(
        "INSERT INTO partial_upload (partial_id, actor, region, key_id, length, expires_at) "
        "SELECT %(partial_id)s, %(actor)s, %(region)s, %(key_id)s, %(length)s, %(expires_at)s "
        "WHERE (SELECT count(*) FROM partial_upload WHERE actor = %(actor)s) < %(most)s",
        {**msgspec.structs.asdict(partial), "most": most},
    )
    return added.rowcount == 1


def find(connection: Connection[Any], partial_id: UUID) -> Partial | None:
    """One file."""
    with connection.cursor(row_factory=class_row(Partial)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM partial_upload WHERE partial_id = %s", [partial_id]).fetchone()  # noqa: S608  # field names of a Struct


def advance(connection: Connection[Any], partial_id: UUID, before: int, after: tuple[int, int, int]) -> bool:
    """Note that more is durable: `after` is received, pieces, stored. False where somebody else was faster."""
    moved = connection.execute(
        "UPDATE partial_upload SET received = %(received)s, pieces = %(pieces)s, stored = %(stored)s "
        "WHERE partial_id = %(id)s AND received = %(before)s",
        {"id": partial_id, "before": before, "received": after[0], "pieces": after[1], "stored": after[2]},
    )
    return moved.rowcount == 1


def remove(connection: Connection[Any], partial_id: UUID) -> None:
    """Forget a file."""
    connection.execute("DELETE FROM partial_upload WHERE partial_id = %s", [partial_id])


def take_expired(connection: Connection[Any]) -> list[UUID]:
    """Forget the files whose time is over; answers which they were."""
    rows = connection.execute(
        "DELETE FROM partial_upload WHERE expires_at < clock_timestamp() RETURNING partial_id"
    ).fetchall()
    return [partial_id for (partial_id,) in rows]


def known(connection: Connection[Any]) -> set[UUID]:
    """All files there are."""
    return {partial_id for (partial_id,) in connection.execute("SELECT partial_id FROM partial_upload")}
