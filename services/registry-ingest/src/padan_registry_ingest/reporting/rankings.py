"""Rows of a ranking file as `RankingReported`."""

from datetime import date
from uuid import UUID

from padan_events import encode, shard_of, type_of
from padan_events.intake import Origin, RankingReported
from padan_runtime.log import Entry

from padan_registry_ingest.reporting.households import report_id

_TYPE = type_of(RankingReported)


def ranking(
    batch_id: UUID, row: int, household_id: UUID, *, decile: int, occurred_on: date, actor: str, cause: UUID | None
) -> Entry:
    """One intake event. `cause` is the event that made a waiting decile's person known, None where none had to."""
    key = str(household_id)
    data = RankingReported(
        household_id=household_id, decile=decile, occurred_on=occurred_on, origin=Origin(batch_id, row)
    )
    return Entry(
        topic=_TYPE.topic.name,
        shard=shard_of(key),
        key=key,
        event_id=report_id(batch_id, row),
        type=_TYPE.name,
        value=encode(data),
        actor=actor,
        correlation_id=batch_id,
        causation_id=cause,
    )
