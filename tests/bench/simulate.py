"""simulate_1m: a candidate policy and the one in force held against 1,000,000 households, and the memory of it."""

import resource
import time
from datetime import date
from typing import Final

import msgspec
import psycopg
from padan_cli.platform import Platform
from padan_eligibility.domain.policy import DecileAtMost
from padan_eligibility.policies import packaged
from padan_eligibility.settings import MIGRATIONS
from padan_eligibility.simulation.messages import Change, Work
from padan_eligibility.simulation.running import Simulations
from padan_runtime.database import migrate
from psycopg import sql

from bench.measure import Measure, say

HOUSEHOLDS: Final = 1_000_000
_WITHIN_S: Final = 300.0
_DATABASE: Final = "simulate_1m"
_FAMILIES: Final = (
    "INSERT INTO household_fact (household_id, regency, state, decile, caretaker, shard, pos, proposed_for, "
    "determined_on) SELECT md5('h' || n)::uuid, (ARRAY['3318','3319','3374','5171','1271','7371'])[1 + n %% 6], "
    "CASE WHEN n %% 10 < 8 THEN 'determined' WHEN n %% 10 = 8 THEN 'verified' ELSE 'deactivated' END, "
    "CASE WHEN n %% 20 > 0 THEN 1 + (hashint4(n) & 1023) %% 10 END, md5('p' || n || '.0')::uuid, n %% 24, n, "
    "'{}', date '2026-03-02' FROM generate_series(1, %s) n"
)
_PERSONS: Final = (
    "INSERT INTO person_fact (person_id, household_id, membership_seq, known, birth_date, school, pregnant, "
    "severe_disability, sex, disabilities, identity_conflicts) SELECT md5('p' || n || '.' || i)::uuid, "
    "md5('h' || n)::uuid, 1, true, date '1936-01-01' + (hashint4(n * 7 + i) & 65535) %% 32800, "
    "CASE hashint4(n * 11 + i) & 15 WHEN 0 THEN 'primary' WHEN 1 THEN 'junior_secondary' WHEN 2 THEN "
    "'senior_secondary' END, hashint4(n * 13 + i) & 63 = 0, hashint4(n * 17 + i) & 63 = 0, "
    "CASE WHEN i %% 2 = 0 THEN 'm' ELSE 'f' END, '{}', '{}' "
    "FROM generate_series(1, %s) n, LATERAL generate_series(0, (hashint4(n) & 255) %% 6) i"
)


def simulate_1m(platform: Platform) -> list[Measure]:
    """Seconds from the request to its answer, and the most that any child of this process ever held."""
    with psycopg.connect(platform.database_url("postgres", "padan"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))
        try:
            return _measured(platform.database_url(_DATABASE, "padan"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_DATABASE)))


def _measured(url: str) -> list[Measure]:
    migrate(url, MIGRATIONS, grant_to="eligibility")
    say(f"{HOUSEHOLDS:,} households are written ...")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_FAMILIES, [HOUSEHOLDS])
        connection.execute(_PERSONS, [HOUSEHOLDS])
        connection.execute("VACUUM ANALYZE")
    pkh = next(policy for policy in packaged() if policy.programme == "pkh")
    wider = [msgspec.structs.replace(one, bound=5) if isinstance(one, DecileAtMost) else one for one in pkh.criteria]
    work = Work(
        database_url=url,
        within_s=_WITHIN_S,
        before=pkh,
        after=msgspec.structs.replace(pkh, criteria=tuple(wider)),
        region="",
        as_of=date(2026, 3, 2),
        named=False,
    )
    begun = time.perf_counter()
    found = Simulations().run(work)
    seconds = time.perf_counter() - begun
    if found.total is None or found.total.families != HOUSEHOLDS or not found.total.changes[Change.WINS]:
        raise RuntimeError("the simulation is not of these households")
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    return [Measure("simulate_1m", seconds, "s"), Measure("simulate_1m_memory", held, "MB")]
