"""The population at a past cut: history folded anew into temporary tables of one session, and gone with it.

They have the names of the live tables and are found before them, so that a simulation reads them as it reads today's.
Facts come from household's events up to the cut; places, waiting lists and reviews from this service's own log up to
where it stood when the period's list was taken; quotas of the nation are those set by the time of the cut.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final
from uuid import UUID

import psycopg
from padan_events import type_of
from padan_events.kafka_client import Kafka
from padan_events.places import QuotaSet
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime.keys import KeyClient
from padan_runtime.parked_keys import dropped, households_of
from padan_runtime.rebuild.building import Building
from padan_runtime.rebuild.reading import LogSource, TopicSource
from padan_runtime.rebuild.view import Rebuilder, View
from padan_runtime.service_tokens import ServiceIdentity
from psycopg import Connection, sql

from padan_eligibility.facts import rebuilding as facts
from padan_eligibility.facts.handler import READER
from padan_eligibility.places import rebuilding as places
from padan_eligibility.places.repository import NATION
from padan_eligibility.reviews import rebuilding as reviews
from padan_eligibility.settings import EligibilitySettings
from padan_eligibility.simulation.messages import Past
from padan_eligibility.simulation.reading import LOCK, RunningError

_BATCH: Final = 2_000
_KEYS_KEPT: Final = 2 * _BATCH


class Folded:
    """A session that sees the population at a cut. `left_out` are households whose events cannot be read."""

    def __init__(self, connection: Connection[Any], left_out: set[UUID]) -> None:
        self.connection, self.left_out = connection, left_out


@contextmanager
def folded(settings: EligibilitySettings, past: Past, within_s: float) -> Iterator[Folded]:
    """Fold history up to a cut. Raises `RunningError`, `RecordsMissingError`, `Unavailable` and psycopg's errors."""
    options = f"-c statement_timeout={within_s * 1000:.0f} -c max_parallel_workers_per_gather=0"
    with psycopg.connect(
        settings.database_url, application_name="eligibility-simulation", options=options, autocommit=True
    ) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row is None or not row[0]:
            raise RunningError
        unreadable = asyncio.run(_fold(connection, settings, past))
        yield Folded(connection, households_of(unreadable))


async def _fold(connection: Connection[Any], settings: EligibilitySettings, past: Past) -> set[str]:
    async with AsyncExitStack() as stack:
        identity = ServiceIdentity("eligibility", settings.secret("eligibility.key.json"))
        keys = KeyClient(settings.household_url, identity, most=_KEYS_KEPT)
        stack.push_async_callback(keys.close)
        live = stack.enter_context(psycopg.connect(settings.database_url, autocommit=True))
        views = (facts.view(keys), places.view(), reviews.view())
        _create(connection, views)
        unreadable = await _facts(connection, live, settings.kafka_client, views[0].rebuilder, past)
        for view in views[1:]:
            told = Building(connection, view.rebuilder, _BATCH)
            vector = {ELIGIBILITY_EVENTS.name: dict(enumerate(past.decided))}
            await told.up_to(vector, [LogSource(live, [ELIGIBILITY_EVENTS])])
            unreadable |= told.unreadable
    _quotas(connection, past)
    for view in views:
        for table in view.tables:
            connection.execute(sql.SQL("ANALYZE pg_temp.{}").format(sql.Identifier(table.name)))
    return unreadable


async def _facts(
    connection: Connection[Any], live: Connection[Any], kafka: Kafka, rebuilder: Rebuilder, past: Past
) -> set[str]:
    building = Building(connection, rebuilder, _BATCH)
    building.dropped = dropped(live, READER)
    async with TopicSource(kafka, [HOUSEHOLD_EVENTS]) as source:
        await building.up_to({HOUSEHOLD_EVENTS.name: dict(enumerate(past.cut))}, [source])
    return building.unreadable


def _create(connection: Connection[Any], views: tuple[View, ...]) -> None:
    """Tables for all that folding writes and simulating reads."""
    row = connection.execute("SELECT pg_get_viewdef('public.barred_household'::regclass)").fetchone()
    assert row is not None
    tables = [table.name for view in views for table in view.tables]
    for name in (*tables, "quota"):
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {0} (LIKE public.{0} INCLUDING ALL)").format(sql.Identifier(name))
        )
    # Its text says the names alone, as they were seen before there were temporary tables.
    connection.execute("CREATE TEMPORARY VIEW barred_household AS " + row[0])
    # A table that was forgotten here is an error from now on, and never the live one.
    connection.execute("SET search_path = pg_temp")


def _quotas(connection: Connection[Any], past: Past) -> None:
    """Those of regencies stand with their ledgers."""
    connection.execute(
        "INSERT INTO pg_temp.quota (programme, regency, places, event_id, taken) "
        "SELECT DISTINCT ON (key) key, %(nation)s, (convert_from(value, 'UTF8')::json ->> 'places')::int, event_id, "
        "true FROM public.log_programme_events_v1 WHERE type = %(type)s AND time <= %(at)s "
        "AND convert_from(value, 'UTF8')::json ->> 'regency' IS NULL ORDER BY key, pos DESC",
        {"nation": NATION, "type": type_of(QuotaSet).name, "at": past.at},
    )
