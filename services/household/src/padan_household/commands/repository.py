"""All SQL over command."""

from typing import Any

import msgspec
from padan_events.commands import KEY_REUSED, CommandOutcome, CommandRequest
from psycopg import Connection
from psycopg.types.json import Jsonb


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


def answer(connection: Connection[Any], request: CommandRequest, outcome: CommandOutcome) -> None:
    """Keep what a key is answered, for ever. Raises `UniqueViolation` where somebody did so since we looked."""
    connection.execute(
        "INSERT INTO command (actor, idempotency_key, request_digest, outcome, asked_about) "
        "VALUES (%s, %s, %s, %s, %s)",
        [
            request.actor,
            request.idempotency_key,
            request.digest,
            Jsonb(msgspec.to_builtins(outcome)),
            request.asked_about,
        ],
    )
