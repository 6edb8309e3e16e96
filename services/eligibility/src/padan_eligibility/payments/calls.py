"""SQL of the calls with which a bank gave results: the same call again is answered as it was."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from padan_eligibility.payments.shapes import Result


class Call(msgspec.Struct, frozen=True):
    """What a call said, as a digest, and what it was answered: for each row `taken`, `taken_already` or the code with
    which it was refused."""

    digest: bytes
    answers: Sequence[str]


def digest(results: Sequence[Result]) -> bytes:
    """By which a call is told from another that was given the same key."""
    return sha256(msgspec.json.encode(results)).digest()


def answered(connection: Connection[Any], list_id: UUID, request: str) -> Call | None:
    """The call of this key. The list is held, so that a call under way has come to an end."""
    row = connection.execute(
        "SELECT digest, answers FROM payment_call WHERE list_id = %b AND request = %s", [list_id, request], binary=True
    ).fetchone()
    return None if row is None else Call(bytes(row[0]), row[1])


def keep(connection: Connection[Any], list_id: UUID, request: str, call: Call) -> None:
    """Keep what a call was answered."""
    connection.execute(
        "INSERT INTO payment_call (list_id, request, digest, answers) VALUES (%b, %s, %b, %s)",
        [list_id, request, call.digest, list(call.answers)],
    )
