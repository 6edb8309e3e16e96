"""recompute: everybody of the Pati batch decided anew since a policy was published, in households a second."""

import asyncio
import time
from datetime import UTC, datetime

import msgspec
import psycopg
from padan_cli.platform import Platform
from padan_eligibility.facts.cuts import CutClient
from padan_eligibility.facts.handler import READER
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import publish
from padan_eligibility.timing.recomputing import Recomputing
from padan_eligibility.timing.redeciding import PAGE, Redeciding, database_clock
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.service_tokens import read_identity

from bench.measure import Measure, say
from bench.streams import load

_MILLION = 1_000_000


def recompute(platform: Platform) -> list[Measure]:
    """Households a second, keys fetched, decided, sealed and written by one worker without its rate limit, and how long
    a million would take. The baseline writes as many bare rows of the same size, page by page, into the same database.
    """
    load(platform)
    platform.stop("eligibility")  # the one worker is this process: with the limit off, and nothing else at work in it
    try:
        return asyncio.run(_measured(platform))
    finally:
        platform.start("eligibility")


async def _measured(platform: Platform) -> list[Measure]:
    identity, _ = read_identity(platform.instance.secrets / "eligibility", "eligibility")
    household = platform.url("household")
    keys, cuts = KeyClient(household, identity, most=2 * PAGE), CutClient(household, identity)
    database = Database(platform.database_url("eligibility", "eligibility"), name="bench")
    database.open()
    try:
        policies = PolicySet(database)
        redeciding = Redeciding(database, keys, policies, database_clock)
        work = Recomputing(redeciding, policies, cuts.cut, READER, per_s=1e9)
        stop = asyncio.Event()
        await work.look(stop)
        pkh = next(one for one in packaged() if one.programme == "pkh")
        today = datetime.now(UTC).date()
        publish(database, [msgspec.structs.replace(pkh, version=f"{today.year}.900", effective_from=today)])
        begun = time.perf_counter()
        households = await work.look(stop)
        seconds = time.perf_counter() - begun
    finally:
        await keys.close()
        await cuts.close()
        database.close()
    bare = _bare_rows(platform, households)
    say(f"{households} households in {seconds:.1f} s")
    return [
        Measure("recompute", households / seconds, "households/s", bare),
        Measure("recompute_1m", _MILLION / (households / seconds), "s for 1,000,000 at this rate"),
    ]


def _bare_rows(platform: Platform, count: int) -> float:
    with psycopg.connect(platform.database_url("eligibility", "padan"), autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_rows (n bigint PRIMARY KEY, value bytea)")
        try:
            begun = time.perf_counter()
            for first in range(0, count, PAGE):
                connection.execute(
                    "INSERT INTO bench_rows SELECT n, convert_to(repeat('x', 1500), 'UTF8') "
                    "FROM generate_series(%s::bigint, %s::bigint) n",
                    [first, min(first + PAGE, count) - 1],
                )
            return count / (time.perf_counter() - begun)
        finally:
            connection.execute("DROP TABLE bench_rows")
