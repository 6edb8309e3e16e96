"""All SQL over command."""

from typing import Any
from uuid import UUID

import msgspec
from padan_events.commands import KEY_REUSED, AppendedEvent, CommandOutcome
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.log import table_of
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from padan_household.store.mapper import shard_of


class Answered(msgspec.Struct, frozen=True):
    """What a key was answered, and to which content."""

    digest: bytes
    outcome: CommandOutcome

    def to(self, digest: bytes) -> CommandOutcome:
        """What the key is answered with this content."""
        return self.outcome if self.digest == digest else KEY_REUSED


def answered(connection: Connection[Any], actor: str, key: str) -> Answered | None:
    """What was answered to this key before, None where nothing was."""
    row = connection.execute(
        "SELECT request_digest, outcome FROM command WHERE actor = %s AND idempotency_key = %s", [actor, key]
    ).fetchone()
    return None if row is None else Answered(row[0], msgspec.convert(row[1], type=CommandOutcome))


def answer(connection: Connection[Any], actor: str, key: str, digest: bytes, outcome: CommandOutcome) -> None:
    """Keep what a key is answered, for ever. Raises `UniqueViolation` where somebody did so since we looked."""
    connection.execute(
        "INSERT INTO command (actor, idempotency_key, request_digest, outcome) VALUES (%s, %s, %s, %s)",
        [actor, key, digest, Jsonb(msgspec.to_builtins(outcome))],
    )


def appended(connection: Connection[Any], household_id: UUID, command_id: UUID) -> tuple[int, list[AppendedEvent]]:
    """The events of a household that a command led to, in order, with the version of the last (0: there are none)."""
    shard = shard_of(household_id)
    rows = connection.execute(
        sql.SQL(
            "SELECT version, event_id, pos FROM {} WHERE shard = %s AND key = %s AND correlation_id = %s "
            "ORDER BY version"
        ).format(sql.Identifier(table_of(HOUSEHOLD_EVENTS.name))),
        [shard, str(household_id), command_id],
    ).fetchall()
    return (rows[-1][0] if rows else 0), [AppendedEvent(event_id, shard, pos) for _, event_id, pos in rows]
