"""A transaction that sees a caller's region and nothing else, and the log of what was read unmasked in it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from padan_runtime import metrics
from padan_runtime.database import Database
from psycopg import Connection

from padan_gateway.domain.access import Action, Field, Purpose
from padan_gateway.signin.tokens import Caller


@contextmanager
def seen_by(database: Database, caller: Caller) -> Iterator[Connection[Any]]:
    """A transaction under row-level security as `caller`; what it sets ends with it."""
    with database.transaction() as connection:
        connection.execute(
            "SELECT set_config('padan.level', %s, true), set_config('padan.region', %s, true), "
            "set_config('padan.subject', %s, true)",
            [caller.scope.level.value, caller.scope.code, caller.subject],
        )
        yield connection


def log_read(
    connection: Connection[Any],
    caller: Caller,
    purpose: Purpose | None,
    action: Action,
    fields: Iterable[Field],
    *,
    households: Iterable[UUID] = (),
    persons: Iterable[UUID] = (),
    upload_id: UUID | None = None,
    rows: int | None = None,
) -> None:
    """Log a read of unmasked data in the transaction that reads; nothing was unmasked: nothing to log.

    `rows` is how many people a file or list holds, who are not known one by one.
    """
    names = sorted(field.value for field in fields)
    if not names:
        return
    assert purpose is not None, "the access table shows nothing unmasked without a purpose"
    connection.execute(
        "INSERT INTO access_log (subject, role, region, purpose, action, household_ids, person_ids, upload_id, fields, "
        "rows) VALUES (%s, %s, %s, %s, %s, %b::uuid[], %b::uuid[], %s, %s, %s)",
        [
            caller.subject,
            caller.role.value,
            caller.scope.name,
            purpose.value,
            action.value,
            list(households),
            list(persons),
            upload_id,
            names,
            rows,
        ],
    )
    metrics.UNMASKED_READS.labels(caller.role.value).inc()
