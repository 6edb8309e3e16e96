"""Completes the rows of batches with what household decided. A refused row becomes invalid with that reason."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from padan_events import Event, decode
from padan_events.intake import Accepted, Refused
from psycopg import Connection

from padan_registry_ingest.life_events import repository as life_events
from padan_registry_ingest.register_matches import repository as register_matches

READER: Final = "registry-ingest.outcomes"


class Outcomes:
    """Handler of the projector `READER`. `told` is called after a commit: a batch may be complete."""

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told

    async def prepare(self, events: Sequence[Event]) -> list[Accepted | Refused]:
        """The outcomes that the events are. Raises `TypeError` for what has no place among them."""
        return [_outcome(event) for event in events]

    def apply(self, connection: Connection[Any], _: Sequence[Event], prepared: list[Accepted | Refused]) -> None:
        """Write the outcomes to their rows. A row that waits for one changes, and one that was accepted and is refused
        later: the register lost it in a restore, and somebody else holds the NIK now."""
        if not prepared:
            return
        last: dict[tuple[UUID, int], Accepted | Refused] = {}
        for data in prepared:  # one row is changed once by a statement, and a refusal stays
            at = (data.origin.batch_id, data.origin.row)
            if isinstance(data, Refused) or at not in last:
                last[at] = data
        said = list(last.values())
        by_report = {data.report_id: data.code if isinstance(data, Refused) else None for data in said}
        life_events.decided(connection, by_report)
        register_matches.decided(connection, by_report)
        codes = [data.code if isinstance(data, Refused) else None for data in said]
        connection.execute(
            "WITH said AS (SELECT * FROM unnest(%(batches)b::uuid[], %(rows)b::integer[], %(codes)b::text[], "
            "%(households)b::uuid[], %(holders)b::uuid[]) AS s (batch_id, row, code, household_id, holder)), "
            "decided AS (UPDATE batch_row b SET outcome = CASE WHEN s.code IS NULL THEN 'accepted' ELSE 'refused' END, "
            "first_reason = s.code, reasons = CASE WHEN s.code IS NULL THEN b.reasons ELSE ARRAY[s.code] END, "
            "household_id = CASE WHEN s.code IS NULL THEN s.household_id END, holder = s.holder "
            "FROM said s JOIN upload u ON u.batch_id = s.batch_id AND u.repeat_of IS NULL AND NOT u.dry_run "
            "AND u.state <> 'failed' "
            "JOIN batch_row o ON o.upload_id = u.upload_id AND o.row = s.row "
            "WHERE b.upload_id = u.upload_id AND b.row = s.row AND b.outcome = o.outcome "
            "AND (b.outcome = 'pending' OR (b.outcome = 'accepted' AND s.code IS NOT NULL)) "
            "RETURNING b.upload_id, s.code, o.outcome = 'accepted' AS withdrawn), "
            "counted AS (SELECT upload_id, count(*) FILTER (WHERE code IS NULL)::integer AS accepted, "
            "count(code)::integer AS refused, count(*) FILTER (WHERE withdrawn)::integer AS withdrawn "
            "FROM decided GROUP BY upload_id) "
            "UPDATE upload u SET accepted = u.accepted + c.accepted - c.withdrawn, refused = u.refused + c.refused, "
            "pending = u.pending - c.accepted - c.refused + c.withdrawn, "
            "summary = CASE WHEN c.refused > 0 THEN NULL ELSE u.summary END "
            "FROM counted c WHERE u.upload_id = c.upload_id",
            {
                "batches": [data.origin.batch_id for data in said],
                "rows": [data.origin.row for data in said],
                "codes": codes,
                "households": [data.household_id for data in said],
                "holders": [data.holder if isinstance(data, Refused) else None for data in said],
            },
        )

    async def committed(self, _: Sequence[Event]) -> None:
        """Wake the worker: a batch whose last outcome has come is done."""
        self._told()


def _outcome(event: Event) -> Accepted | Refused:
    data = decode(event.type, event.value)
    if not isinstance(data, Accepted | Refused):
        raise TypeError(f"{event.type} does not belong on {event.topic}")
    return data
