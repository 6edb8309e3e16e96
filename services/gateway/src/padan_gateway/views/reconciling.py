"""Reconciliation of the views: households against household's store, decisions and payments against eligibility's."""

from typing import Final

from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime.database import Database
from padan_runtime.reconciliation.asking import Asked, Part, Reconciliation
from psycopg import sql

from padan_gateway.views.projection import READER

_HOUSEHOLDS: Final = sql.SQL(
    "SELECT shard, household_id::text AS key, "
    "pos || ':' || version || ':' || coalesce(decile::text, '-') AS mark FROM household_view"
)
_DECISIONS: Final = sql.SQL(
    "SELECT facts_shard AS shard, household_id::text AS key, "
    "string_agg(programme || '=' || event_id, ',' ORDER BY programme) AS mark FROM decision_view GROUP BY 1, 2"
)
_PAYMENTS: Final = sql.SQL(
    "SELECT shard, household_id::text AS key, "
    "string_agg(list_id || '=' || event_id, ',' ORDER BY list_id) AS mark FROM payment_view GROUP BY 1, 2"
)


def reconciliation(writer: Database, household: Asked, eligibility: Asked) -> Reconciliation:
    """Of the reader `gateway.views`."""
    return Reconciliation(
        READER,
        writer,
        [
            Part(HOUSEHOLD_EVENTS.name, "household", _HOUSEHOLDS, household),
            Part(ELIGIBILITY_EVENTS.name, "decisions", _DECISIONS, eligibility),
            Part(ELIGIBILITY_EVENTS.name, "payments", _PAYMENTS, eligibility),
        ],
    )
