"""Reconciliation of the person index: its households against household's store."""

from typing import Final

from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.database import Database
from padan_runtime.reconciliation.asking import Asked, Part, Reconciliation
from psycopg import sql

from padan_registry_ingest.persons.index import READER

_HOUSEHOLDS: Final = sql.SQL(
    "SELECT shard, household_id::text AS key, coalesce(pos::text, '-') AS mark FROM household_index"
)


def reconciliation(database: Database, household: Asked) -> Reconciliation:
    """Of the reader `registry-ingest.persons`."""
    return Reconciliation(READER, database, [Part(HOUSEHOLD_EVENTS.name, "effective", _HOUSEHOLDS, household)])
