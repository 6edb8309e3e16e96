"""household_stream, eligibility_stream, gateway_stream: each service reads a whole Pati batch anew, by itself.

The batch goes its way once; then a service is stopped, its database made empty, and it is started again: what stands on
Kafka comes to it in one stream. The rate is taken between two looks at its places, so that neither start nor rebalance
is in it.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from padan_cli.demo.journey import travel
from padan_cli.ingest import Gateway
from padan_cli.platform import Platform, databases
from padan_cli.platform.instance import DATABASES
from padan_cli.platform.pytest_plugin import empty_topics
from padan_cli.tokens import issue
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS, INTAKE, OUTCOMES
from padan_simulators import pati
from psycopg import Connection, sql

from bench.measure import Measure, say
from bench.peers.streams_peer import events_a_second

_CHUNK = 4_000
_LOOK_S = 0.05
_WITHIN_S = 300.0
_VIEWS = {
    "household_view": "household_id",
    "person_view": "person_id",
    "decision_view": "household_id, programme",
}
_loaded: set[str] = set()


def _superuser(platform: Platform, database: str) -> Connection[tuple[Any, ...]]:
    return psycopg.connect(platform.database_url(database, "padan"), autocommit=True)


def load(platform: Platform) -> None:
    """Send the Pati batch its whole way, once an instance."""
    instance = platform.instance
    if instance.id in _loaded:
        return
    say("the Pati batch goes its way ...")
    batch = pati.generate(folder=instance.folder / "data")
    platform.up(progress=lambda name, state: say(f"{name}: {state}"))
    with Gateway(platform.url("gateway"), issue(instance, role="social_office", region="3318", subject="b")) as gateway:
        for file in (batch.base, batch.registration, batch.ranking):
            travel(gateway, file)
    _loaded.add(instance.id)


def _read_anew(
    platform: Platform, service: str, reader: str, topics: tuple[str, ...], *, emptied: tuple[str, ...] = ()
) -> float:
    """Events a second of `reader` over all that stands in `topics`; `emptied` are made anew with the database."""
    total = sum(_last_positions(platform, topic) for topic in topics)
    platform.stop(service)
    if emptied:
        asyncio.run(empty_topics(platform.instance.kafka_client(), emptied))
    database = DATABASES[service]
    with _superuser(platform, "postgres") as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
        roles = databases.RUN_TIME_ROLES[database]
        databases.create(server, platform.instance.secrets, database, roles, owner=f"{database}_owner")
    platform.start(service)
    with _superuser(platform, database) as connection:

        def reached() -> int:
            try:
                row = connection.execute(
                    "SELECT coalesce(sum(pos), 0) FROM reader_position WHERE reader = %s", [reader]
                ).fetchone()
            except psycopg.errors.UndefinedTable:
                return 0
            return int(row[0]) if row else 0

        deadline = time.monotonic() + _WITHIN_S
        first = _wait_beyond(reached, 0, deadline)
        begun = time.perf_counter()
        _wait_beyond(reached, total - 1, deadline)
        return (total - first) / (time.perf_counter() - begun)


def _wait_beyond(reached: Any, place: int, deadline: float) -> int:
    while (at := reached()) <= place:
        if time.monotonic() > deadline:
            raise TimeoutError(f"at {at} of {place + 1}")
        time.sleep(_LOOK_S)
    return int(at)


def _last_positions(platform: Platform, topic: str) -> int:
    owner = {INTAKE.name: "registry_ingest", HOUSEHOLD_EVENTS.name: "household", ELIGIBILITY_EVENTS.name: "eligibility"}
    with _superuser(platform, owner[topic]) as connection:
        row = connection.execute("SELECT sum(pos) FROM log_head WHERE topic = %s", [topic]).fetchone()
    return int(row[0]) if row else 0


def gateway_stream(platform: Platform) -> list[Measure]:
    """Events a second into the views, against bare stage-and-upsert of the rows they lead to, in the same time unit:
    the events divided by the seconds that the rows alone take."""
    load(platform)
    topics = (HOUSEHOLD_EVENTS.name, ELIGIBILITY_EVENTS.name)
    events = sum(_last_positions(platform, topic) for topic in topics)
    bare = events / _bare_upsert_seconds(platform)
    return [Measure("gateway_stream", _read_anew(platform, "gateway", "gateway.views", topics), "events/s", bare)]


def eligibility_stream(platform: Platform) -> list[Measure]:
    """Events a second from Kafka to facts, decisions and their log, with all policies; the baseline is Kafka Streams,
    exactly once, on work that is a part of it."""
    load(platform)
    platform.stop("gateway")
    rate = _read_anew(platform, "eligibility", "eligibility.facts", (HOUSEHOLD_EVENTS.name,))
    platform.stop("eligibility")
    say(f"eligibility: {rate:.0f} events/s; now Kafka Streams ...")
    baseline = events_a_second(platform)
    platform.start("eligibility")
    return [Measure("eligibility_stream", rate, "events/s", baseline)]


def household_stream(platform: Platform) -> list[Measure]:
    """Reports a second from Kafka to claims, events and outcomes; the keyring, a database of its own, is kept."""
    load(platform)
    for reader in ("gateway", "eligibility", "registry-ingest"):
        platform.stop(reader)
    # Else it would take back what it decided before, and decide nothing.
    own = (HOUSEHOLD_EVENTS.name, OUTCOMES.name)
    rate = _read_anew(platform, "household", "household.intake", (INTAKE.name,), emptied=own)
    return [Measure("household_stream", rate, "events/s")]


@contextmanager
def _copy_of(connection: Connection[Any], view: str) -> Iterator[sql.Identifier]:
    copy = sql.Identifier(f"bench_{view}")
    connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(copy, sql.Identifier(view)))
    try:
        yield copy
    finally:
        connection.execute(sql.SQL("DROP TABLE {}").format(copy))


def _bare_upsert_seconds(platform: Platform) -> float:
    """Seconds that staging and upserting the views' rows takes, without reading, opening or checking anything."""
    seconds = 0.0
    with _superuser(platform, "gateway") as connection:
        for view, key in _VIEWS.items():
            with _copy_of(connection, view) as copy:
                seconds += _upsert(connection, view, copy, key)
    return seconds


def _upsert(connection: Connection[Any], view: str, copy: sql.Identifier, key: str) -> float:
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum",
            [view],
        )
    ]
    changed = sql.SQL(", ").join(
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in columns if name not in key
    )
    upsert = sql.SQL("INSERT INTO {} SELECT * FROM bench_stage ON CONFLICT ({}) DO UPDATE SET {}").format(
        copy, sql.SQL(key), changed
    )
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE bench_stage ON COMMIT DELETE ROWS AS SELECT * FROM {} WITH NO DATA").format(
            copy
        )
    )
    out = connection.execute(sql.SQL("SELECT ctid FROM {}").format(sql.Identifier(view))).fetchall()
    seconds = 0.0
    for start in range(0, len(out), _CHUNK):
        ids = [row[0] for row in out[start : start + _CHUNK]]
        with connection.cursor().copy(
            sql.SQL("COPY (SELECT * FROM {} WHERE ctid = ANY ({}::tid[])) TO STDOUT (FORMAT BINARY)").format(
                sql.Identifier(view), sql.Literal(ids)
            )
        ) as reading:
            rows = b"".join(reading)
        begun = time.perf_counter()
        with connection.transaction():
            with connection.cursor().copy("COPY bench_stage FROM STDIN (FORMAT BINARY)") as writing:
                writing.write(rows)
            connection.execute(upsert)
        seconds += time.perf_counter() - begun
    connection.execute("DROP TABLE bench_stage")
    return seconds
