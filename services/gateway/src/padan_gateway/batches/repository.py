"""Who sent a file: what decides who may read its report."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from padan_gateway.domain.regions import parts
from padan_gateway.signin.tokens import Caller


def sent(connection: Connection[Any], upload_id: UUID, caller: Caller) -> None:
    """Remember that `caller` sends this file. It may still be refused: then registry-ingest does not know the id."""
    region = parts(caller.scope.code)
    connection.execute(
        "INSERT INTO batch_upload (upload_id, subject, province, regency, district, village) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        [upload_id, caller.subject, *(region[tier] for tier in ("province", "regency", "district", "village"))],
    )


def visible(connection: Connection[Any], upload_id: UUID) -> bool:
    """Whether the file was sent from the caller's region; under row-level security."""
    found = connection.execute("SELECT 1 FROM batch_upload WHERE upload_id = %s", [upload_id]).fetchone()
    return found is not None
