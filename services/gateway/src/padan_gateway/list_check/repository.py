"""All SQL of checks of lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row

from padan_gateway.domain.access import Purpose, Role
from padan_gateway.domain.regions import parts
from padan_gateway.signin.tokens import Caller


class Sender(msgspec.Struct, frozen=True):
    """Who sent a list, and why."""

    subject: str
    role: Role
    purpose: Purpose


class Open(msgspec.Struct, frozen=True):
    """A check that has not ended: who sent it, for which region, and why."""

    check_id: UUID
    subject: str
    role: str
    purpose: str
    region: str
    sent_at: datetime
    logged: bool


def sent(connection: Connection[Any], check_id: UUID, caller: Caller, purpose: Purpose) -> None:
    """Remember that `caller` sends this list, and why."""
    region = parts(caller.scope.code)
    connection.execute(
        "INSERT INTO list_check (check_id, subject, role, purpose, province, regency, district, village) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            check_id,
            caller.subject,
            caller.role.value,
            purpose.value,
            *(region[tier] for tier in ("province", "regency", "district", "village")),
        ],
    )


def sender(connection: Connection[Any], check_id: UUID) -> Sender | None:
    """Who sent a list, if from the caller's region; under row-level security."""
    row = connection.execute("SELECT subject, role, purpose FROM list_check WHERE check_id = %s", [check_id]).fetchone()
    return None if row is None else Sender(row[0], Role(row[1]), Purpose(row[2]))


def still_open(connection: Connection[Any]) -> list[Open]:
    """The checks that have not ended, oldest first; as the writer, who sees all."""
    rows = connection.execute(
        "SELECT check_id, subject, role, purpose, coalesce(village, district, regency, province, ''), sent_at, "
        "logged_at IS NOT NULL FROM list_check WHERE ended_at IS NULL ORDER BY sent_at"
    ).fetchall()
    return [Open(*row) for row in rows]


def logged(connection: Connection[Any], check_id: UUID) -> bool:
    """Note that the read is logged, in the transaction that logs it; False where another was faster."""
    noted = connection.execute(
        "UPDATE list_check SET logged_at = clock_timestamp() WHERE check_id = %s AND logged_at IS NULL", [check_id]
    )
    return noted.rowcount == 1


def ended(connection: Connection[Any], check_id: UUID) -> None:
    """Note that nothing is left to do."""
    connection.execute("UPDATE list_check SET ended_at = clock_timestamp() WHERE check_id = %s", [check_id])


def people(connection: Connection[Any], hashes: Sequence[bytes]) -> list[dict[str, Any]]:
    """Those of these people who live in the caller's region, of households that have not left the register; under
    row-level security."""
    with connection.cursor(row_factory=dict_row, binary=True) as cursor:
        return cursor.execute(
            "SELECT p.nik_hash, p.name, p.birth_date, p.died_on IS NOT NULL AS dead, h.decile, "
            "h.province, h.regency, h.district, h.village "
            "FROM unnest(%(hashes)b::bytea[]) AS w (nik_hash) JOIN person_view p USING (nik_hash) "
            "JOIN household_view h USING (household_id) WHERE h.state NOT IN ('rejected', 'withdrawn', 'deactivated')",
            {"hashes": list(hashes)},
        ).fetchall()
