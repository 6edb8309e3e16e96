"""allocation_round: a round that 30,000 families wait for, of a list that opens and of one that stands."""

import time
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from padan_cli.platform import Platform
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.places import repository
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import publish
from padan_eligibility.settings import MIGRATIONS
from padan_events import SHARDS
from padan_runtime.database import Database, migrate
from psycopg import Connection, sql

from bench.measure import Measure, say

PENDING: Final = 30_000
_PLACES: Final = 20_000
_DATABASE: Final = "allocation_round"
_FAMILIES: Final = (
    "INSERT INTO allocation_pending (programme, shard, pos, household_id, regency, standing, decile, unmet, "
    "determined_on, cause) SELECT 'pkh', n %% 24, %(at)s + n, md5('h' || n)::uuid, '3318', "
    "CASE WHEN %(second)s AND n %% 2 = 0 THEN 'not_entitled' ELSE 'entitled' END, 1 + (hashint4(n) & 1023) %% 4, "
    "-((hashint4(n) & 15) %% 10), date '2026-03-02' + n %% 60, md5('c' || n || %(at)s::text)::uuid "
    "FROM generate_series(1, %(count)s) n"
)


def allocation_round(platform: Platform) -> list[Measure]:
    """Seconds of a round, its transaction included: of the first, which fills 20,000 places and lists 10,000 families;
    and of one in which every second family is found not entitled, so that places are released and others come up. The
    baseline writes as many rows of the same size, bare, into the same database."""
    with psycopg.connect(platform.database_url("postgres", "padan"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))
        try:
            return _measured(platform.database_url(_DATABASE, "padan"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_DATABASE)))


def _measured(url: str) -> list[Measure]:
    migrate(url, MIGRATIONS, grant_to="eligibility")
    database = Database(url, name="bench")
    database.open()
    try:
        publish(database, packaged())
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO quota (programme, regency, places, event_id, taken) "
                "VALUES ('pkh', '3318', %s, gen_random_uuid(), false)",
                [_PLACES],
            )
            opened, events = _round(database, connection, at=0, second=False)
            turned, more = _round(database, connection, at=PENDING, second=True)
            say(f"{events} and {more} events")
            bare = _bare_seconds(connection, events), _bare_seconds(connection, more)
    finally:
        database.close()
    return [
        Measure("allocation_round", opened, "s", bare[0]),
        Measure("allocation_round_turnover", turned, "s", bare[1]),
    ]


def _round(database: Database, connection: Connection[Any], *, at: int, second: bool) -> tuple[float, int]:
    connection.execute(_FAMILIES, {"at": at, "count": PENDING, "second": second})
    connection.execute("ANALYZE")

    async def never() -> Cut:
        raise AssertionError("the cut is given")

    policies = PolicySet(database)
    policies.refresh()
    allocator = Allocator(database, policies, never, "eligibility.facts")
    cut = Cut([2 * PENDING + 1] * SHARDS, datetime(2026, 3, 2, tzinfo=UTC))
    known = repository.untaken(connection)
    begun = time.perf_counter()
    events = allocator.hold("pkh", cut, known)
    seconds = time.perf_counter() - begun
    row = connection.execute("SELECT count(*) FILTER (WHERE held), count(*) FROM place").fetchone()
    expected = (PENDING // 2, PENDING // 2) if second else (_PLACES, PENDING)
    if row != expected:
        raise RuntimeError(f"{row} places and families, and not {expected}")
    return seconds, events


def _bare_seconds(connection: Connection[Any], count: int) -> float:
    connection.execute("CREATE TABLE bench_rows (n bigint PRIMARY KEY, value bytea)")
    try:
        begun = time.perf_counter()
        connection.execute(
            "INSERT INTO bench_rows SELECT n, convert_to(repeat('x', 500), 'UTF8') FROM generate_series(1, %s) n",
            [count],
        )
        return time.perf_counter() - begun
    finally:
        connection.execute("DROP TABLE bench_rows")
