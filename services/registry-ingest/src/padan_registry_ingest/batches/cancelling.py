"""A batch that its sender gives up: asked for at any moment, honoured between two pieces of work.

What was reported by then stays reported: household decides it. Sent again, the same rows go on with what is missing.
"""

from typing import Any
from uuid import UUID

from psycopg import Connection

from padan_registry_ingest.batches.repository import FINAL_STATES
from padan_registry_ingest.persons import repository as persons


def request(connection: Connection[Any], upload_id: UUID) -> str | None:
    """Give an upload up; answers `cancelled` or, where work on it must come to a stop first, `cancelling`.

    None where there is nothing left to cancel: it has ended otherwise, or every row has been reported.
    """
    row = connection.execute(
        "SELECT state, cancel_requested_at FROM upload WHERE upload_id = %s FOR UPDATE", [upload_id]
    ).fetchone()
    assert row is not None
    state, requested_at = row
    if state == "cancelled":
        return "cancelled"
    if state in FINAL_STATES or state == "deciding":
        return None
    if state == "received":  # nobody has begun, and whoever is about to finds it ended
        connection.execute(
            "UPDATE upload SET state = 'cancelled', stage = 'cancelled', cancel_requested_at = clock_timestamp(), "
            "finished_at = clock_timestamp() WHERE upload_id = %s",
            [upload_id],
        )
        return "cancelled"
    if requested_at is None:
        connection.execute(
            "UPDATE upload SET cancel_requested_at = clock_timestamp() WHERE upload_id = %s", [upload_id]
        )
    return "cancelling"


def finish_requested(connection: Connection[Any]) -> list[UUID]:
    """End the uploads that were given up, and on which nobody is working; answers which.

    Deciles and deaths that wait for their people wait no longer.
    """
    asked_for = connection.execute(
        "SELECT 1 FROM upload WHERE cancel_requested_at IS NOT NULL "
        "AND state NOT IN ('done', 'dry_run_done', 'repeated', 'failed', 'cancelled') LIMIT 1"
    ).fetchone()
    if asked_for is None:  # as nearly always: then nobody is kept waiting
        return []
    persons.lock_waiting(connection)
    rows = connection.execute(
        "UPDATE upload SET state = 'cancelled', stage = 'cancelled', waiting_for = NULL, "
        "finished_at = clock_timestamp() WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL "
        "RETURNING upload_id"
    ).fetchall()
    ended = [upload_id for (upload_id,) in rows]
    if ended:
        connection.execute("DELETE FROM ranking_waiting WHERE upload_id = ANY(%s)", [ended])
        connection.execute("DELETE FROM death_waiting WHERE upload_id = ANY(%s)", [ended])
        connection.execute(
            "UPDATE batch_row SET outcome = NULL WHERE upload_id = ANY(%s) AND outcome = 'waiting'", [ended]
        )
        connection.execute("UPDATE upload SET waiting = 0 WHERE upload_id = ANY(%s)", [ended])
    return ended


def undecided(connection: Connection[Any], upload_id: UUID) -> bool:
    """Whether household has still to decide rows of the same batch that an upload reported before it was cancelled."""
    row = connection.execute(
        "SELECT 1 FROM upload u JOIN upload c ON c.batch_id = u.batch_id AND c.state = 'cancelled' AND NOT c.dry_run "
        "WHERE u.upload_id = %s AND NOT u.dry_run AND c.pending > 0 LIMIT 1",
        [upload_id],
    ).fetchone()
    return row is not None
