"""All SQL of uploads and their rows, but for that of reports and registers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

FINAL_STATES: Final = ("done", "dry_run_done", "repeated", "failed", "cancelled")


class Upload(msgspec.Struct, kw_only=True):
    """One file sent, and how far it has come."""

    upload_id: UUID
    state: str
    kind: str
    dry_run: bool
    has_members: bool
    actor: str
    region: str
    key_id: str
    received_at: datetime
    finished_at: datetime | None
    batch_id: UUID | None
    repeat_of: UUID | None
    problem: dict[str, Any] | None
    waiting_for: str | None
    rows: int | None
    stage: str
    stage_done: int
    stage_total: int
    stages: list[dict[str, Any]]
    reported_to: int
    accepted: int
    refused: int
    pending: int
    waiting: int
    summary: dict[str, Any] | None
    member_warnings: dict[str, int]
    cancel_requested_at: datetime | None
    corrects: UUID | None
    removed: dict[str, int] | None
    reading_attempts: int

    @property
    def cancelling(self) -> bool:
        """Whether its sender has given it up, and the worker has not stopped yet."""
        return self.cancel_requested_at is not None and self.state not in FINAL_STATES


_COLUMNS: Final = ", ".join(Upload.__struct_fields__)


class RowRecord(msgspec.Struct, frozen=True):
    """What is kept of a row in clear."""

    row: int
    village: str | None
    first_reason: str | None
    reasons: list[str]
    warnings: list[str]
    household_id: UUID | None
    outcome: str | None
    correction: str | None = None


class TakenOverError(RuntimeError):
    """Another worker has moved this upload: leave it to that one."""


class GivenUpError(RuntimeError):
    """The sender of this upload has given it up: go no further."""


def insert(connection: Connection[Any], upload: dict[str, Any]) -> None:
    """Record an upload whose file is whole on disk."""
    connection.execute(
        "INSERT INTO upload (upload_id, state, kind, dry_run, has_members, actor, region, key_id, corrects) VALUES "
        "(%(upload_id)s, 'received', %(kind)s, %(dry_run)s, %(has_members)s, %(actor)s, %(region)s, %(key_id)s, "
        "%(corrects)s)",
        upload,
    )


def find(connection: Connection[Any], upload_id: UUID) -> Upload | None:
    """One upload."""
    with connection.cursor(row_factory=class_row(Upload)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM upload WHERE upload_id = %s", [upload_id]).fetchone()  # noqa: S608  # field names of a Struct


def to_work_on(connection: Connection[Any]) -> list[UUID]:
    """The uploads that want work, oldest first."""
    rows = connection.execute(
        "SELECT upload_id FROM upload "
        "WHERE state NOT IN ('done', 'dry_run_done', 'repeated', 'failed', 'cancelled', 'deciding') "
        "OR (state = 'deciding' AND pending = 0) ORDER BY received_at"
    ).fetchall()
    return [upload_id for (upload_id,) in rows]


def enter_stage(connection: Connection[Any], upload_id: UUID, state: str, stage: str) -> None:
    """Note that a stage begins; of `reading`, also that it is tried once more. Raises `GivenUpError`."""
    entered = connection.execute(
        "UPDATE upload SET state = %(state)s, stage = %(stage)s, stage_done = 0, stage_total = 0, waiting_for = NULL, "
        "reading_attempts = reading_attempts + (%(stage)s = 'reading')::int "
        "WHERE upload_id = %(id)s AND cancel_requested_at IS NULL",
        {"id": upload_id, "state": state, "stage": stage},
    )
    if entered.rowcount != 1:
        raise GivenUpError(str(upload_id))


def take_back_attempt(connection: Connection[Any], upload: Upload) -> None:
    """The process that read `upload` has not died of it: as many attempts stand as before it began."""
    connection.execute(
        "UPDATE upload SET reading_attempts = %s WHERE upload_id = %s", [upload.reading_attempts, upload.upload_id]
    )


def add_stage(connection: Connection[Any], upload_id: UUID, stage: str, seconds: float) -> None:
    """Note how long a stage took. One that is gone through again after a crash took the seconds of both times."""
    connection.execute(
        "UPDATE upload SET stages = CASE "
        "WHEN stages @> jsonb_build_array(jsonb_build_object('stage', %(stage)s::text)) "
        "THEN (SELECT jsonb_agg(CASE WHEN s ->> 'stage' = %(stage)s THEN jsonb_set(s, '{seconds}', "
        "to_jsonb((s ->> 'seconds')::numeric + %(seconds)s::numeric)) ELSE s END ORDER BY n) "
        "FROM jsonb_array_elements(stages) WITH ORDINALITY AS e (s, n)) "
        "ELSE stages || jsonb_build_object('stage', %(stage)s::text, 'seconds', %(seconds)s::numeric) END "
        "WHERE upload_id = %(id)s",
        {"id": upload_id, "stage": stage, "seconds": round(seconds, 3)},
    )


def progress(connection: Connection[Any], upload_id: UUID, done: int, total: int) -> None:
    """Note how far the stage has come. Raises `GivenUpError`."""
    noted = connection.execute(
        "UPDATE upload SET stage_done = %(done)s, stage_total = %(total)s "
        "WHERE upload_id = %(id)s AND cancel_requested_at IS NULL",
        {"id": upload_id, "done": done, "total": total},
    )
    if noted.rowcount != 1:
        raise GivenUpError(str(upload_id))


def wait_for(connection: Connection[Any], upload_id: UUID, register: str) -> None:
    """Note that a server (`civil_registry`, `barred_register` or `household`) does not answer."""
    connection.execute(
        "UPDATE upload SET waiting_for = %(register)s, state = CASE WHEN %(register)s LIKE '%%_regist%%' "
        "THEN 'waiting_for_civil_registry' ELSE state END WHERE upload_id = %(id)s",
        {"id": upload_id, "register": register},
    )


def finish(connection: Connection[Any], upload_id: UUID, state: str, problem: dict[str, Any] | None = None) -> None:
    """Bring an upload to its end."""
    connection.execute(
        "UPDATE upload SET state = %(state)s, stage = %(state)s, waiting_for = NULL, problem = %(problem)s, "
        "finished_at = clock_timestamp() WHERE upload_id = %(id)s AND finished_at IS NULL",
        {"id": upload_id, "state": state, "problem": None if problem is None else Jsonb(problem)},
    )


def identify(connection: Connection[Any], upload: Upload, kind: str, batch_id: UUID, rows: int) -> UUID | None:
    """Note what a file is. Where the same rows were sent before: the first upload of them (None: this is it)."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(batch_id)]
    )  # two uploads of one file at one moment
    first = connection.execute(
        "SELECT upload_id FROM upload WHERE batch_id = %(batch)s AND upload_id <> %(id)s AND repeat_of IS NULL "
        "AND NOT dry_run AND state NOT IN ('failed', 'cancelled')",
        {"batch": batch_id, "id": upload.upload_id},
    ).fetchone()
    repeat_of: UUID | None = None if first is None or upload.dry_run else first[0]
    connection.execute(
        "UPDATE upload SET kind = %(kind)s, batch_id = %(batch)s, rows = %(rows)s, repeat_of = %(repeat)s "
        "WHERE upload_id = %(id)s",
        {"id": upload.upload_id, "kind": kind, "batch": batch_id, "rows": rows, "repeat": repeat_of},
    )
    return repeat_of


def save_member_warnings(connection: Connection[Any], upload_id: UUID, counts: dict[str, int]) -> None:
    """Note how many members were left out, by warning: they belong to no row."""
    connection.execute(
        "UPDATE upload SET member_warnings = %(counts)s WHERE upload_id = %(id)s",
        {"id": upload_id, "counts": Jsonb(counts)},
    )


def report(connection: Connection[Any], upload_id: UUID, expected: int, rows: Sequence[RowRecord]) -> None:
    """Write rows and move `reported_to` from `expected` to the last of them.

    Raises `TakenOverError`, `GivenUpError`.
    """
    moved = connection.execute(
        "UPDATE upload SET reported_to = %(to)s, stage_done = %(to)s, pending = pending + %(pending)s, "
        "waiting = waiting + %(waiting)s WHERE upload_id = %(id)s AND reported_to = %(expected)s "
        "AND cancel_requested_at IS NULL",
        {
            "id": upload_id,
            "expected": expected,
            "to": rows[-1].row,
            "pending": sum(row.outcome == "pending" for row in rows),
            "waiting": sum(row.outcome == "waiting" for row in rows),
        },
    )
    if moved.rowcount != 1:
        upload = find(connection, upload_id)
        given_up = upload is not None and upload.cancel_requested_at is not None
        raise GivenUpError(str(upload_id)) if given_up else TakenOverError(str(upload_id))
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY batch_row (upload_id, row, village, first_reason, reasons, warnings, household_id, outcome, "
            "correction) FROM STDIN"
        ) as copy,
    ):
        for row in rows:
            copy.write_row((upload_id, *msgspec.structs.astuple(row)))


def begin_deciding(connection: Connection[Any], upload_id: UUID) -> None:
    """Every row is written: what is left is for household to decide. Raises `GivenUpError`."""
    begun = connection.execute(
        "UPDATE upload SET state = 'deciding', stage = 'deciding', stage_done = 0, stage_total = 0 "
        "WHERE upload_id = %s AND cancel_requested_at IS NULL",
        [upload_id],
    )
    if begun.rowcount != 1:
        raise GivenUpError(str(upload_id))
