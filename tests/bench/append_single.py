"""append_single: single appends by eight writer processes, our recorder against the library's own."""

import multiprocessing
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from padan_cli.platform import Platform
from padan_household.store.recorder import ShardedRecorder
from padan_runtime.database import Database, migrate
from psycopg.conninfo import conninfo_to_dict

from bench.measure import Measure, interleaved, say

WRITERS, SECONDS, REPEATS = 8, 3.0, 3
STATE = b'{"household_id":"' + b"x" * 560 + b'"}'
TYPE = "id.padan.household.proposed.v1"

Appending = Callable[[StoredEvent], object]


def _ours(url: str) -> Appending:
    database = Database(url, name="bench", size=1)
    database.open()
    recorder = ShardedRecorder(database)
    return lambda event: recorder.insert_events([event])


def _datastore(url: str) -> PostgresDatastore:
    where = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    # One connection a process, as ours; without its database functions, with which a tailing reader loses events.
    return PostgresDatastore(where["dbname"], where["host"], where["port"], where["user"], where["password"])


def _the_library(url: str) -> Appending:
    recorder = PostgresApplicationRecorder(_datastore(url), events_table_name="stored_events")
    return lambda event: recorder.insert_events([event])


def _write(open_recorder: Callable[[str], Appending], url: str, together: Barrier, done: "Queue[int]") -> None:
    """One writer process: new streams of one event each, for `SECONDS`."""
    append = open_recorder(url)
    append(StoredEvent(uuid4(), 1, TYPE, STATE))
    together.wait()
    until, count = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < until:
        append(StoredEvent(uuid4(), 1, TYPE, STATE))
        count += 1
    done.put(count)


def _rate(open_recorder: Callable[[str], Appending], url: str) -> float:
    processes = multiprocessing.get_context("spawn")
    together, done = processes.Barrier(WRITERS), processes.Queue()
    writers = [processes.Process(target=_write, args=(open_recorder, url, together, done)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    counts: list[int] = [done.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join()
    return sum(counts) / SECONDS


def append_single(platform: Platform) -> list[Measure]:
    """Appends a second: one event a transaction, every stream a new one, 577 bytes of state."""
    name = f"household_bench_{uuid4().hex[:8]}"
    with psycopg.connect(platform.database_url("postgres", "padan"), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" OWNER household_owner'.encode())
        owner_url, url = platform.database_url(name, "household_owner"), platform.database_url(name, "household")
        try:
            migrate(owner_url, ["padan_runtime", "padan_household"], grant_to="household")
            datastore = _datastore(owner_url)
            PostgresApplicationRecorder(datastore, events_table_name="stored_events").create_table()
            datastore.close()
            value, baseline = interleaved(partial(_rate, _ours, url), partial(_rate, _the_library, owner_url), REPEATS)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
    say(f"single appends: ours {value:,.0f}/s, the library {baseline:,.0f}/s")
    return [Measure("append_single", value, "appends/s", baseline)]
