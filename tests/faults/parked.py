"""The oracle of what was parked, and the operator who drops it.

Everything that is no event, and every event of an unknown type, is parked by each reader of its topic, once; what was
dropped is gone, once, and noted for ever; each has one copy for others.
"""

import time
from collections import Counter
from contextlib import suppress

import psycopg
from oracle import READERS, query, wait_until
from padan_cli.platform import Platform
from padan_events.topics import PARKED_TOPICS, parked_topic
from padan_runtime.parking import operators
from padan_runtime.parking.records import service_of

DATABASES = {reader: database for reader, (database, _) in READERS.items()}
Where = tuple[str, int, int]
"""Topic, shard, and the position; of a record that is no event, Kafka's offset."""


class ParkedOracle:
    """Knows what must be parked from what was seen on Kafka and in the stores."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def settle(self, within_s: float) -> None:
        """Wait until readers did what the operator asked for, and relays sent every copy."""
        unsettled = (
            "SELECT (SELECT count(*) FROM parked WHERE state <> 'parked') + (SELECT coalesce(sum(h.pos - c.pos), 0) "
            "FROM log_head h JOIN relay_cursor c USING (topic, shard))"
        )
        databases = set(DATABASES.values())
        wait_until(
            lambda: not any(query(self._platform, database, unsettled)[0][0] for database in databases),
            "what the operator asked for was done, and every copy sent",
            within_s,
        )

    def check(self, strays: set[Where], unknown: set[Where]) -> int:
        """Hold what is parked, and what was dropped, against what was planted; how many are parked now."""
        parked = 0
        for reader, (database, topics) in READERS.items():
            expected = {("stray", *each) for each in strays if each[0] in topics}
            expected |= {("unknown", *each) for each in unknown if each[0] in topics}
            waiting = self._rows(database, "SELECT {} FROM parked WHERE reader = %s", reader)
            dropped = self._rows(
                database, "SELECT {} FROM operator_action WHERE reader = %s AND action = 'dropped'", reader
            )
            found = Counter(waiting) + Counter(dropped)
            assert set(found) == expected, (
                f"{reader}: parked or dropped though in order {sorted(set(found) - expected)}, "
                f"poison that is neither {sorted(expected - set(found))}"
            )
            twice = [where for where, count in found.items() if count > 1]
            assert not twice, f"{reader}: parked twice {twice}"
            for topic in topics:
                self._check_copies(database, reader, topic, sum(where[1] == topic for where in found))
            parked += len(waiting)
        return parked

    def _check_copies(self, database: str, reader: str, topic: str, expected: int) -> None:
        """Copies of one reader; where a service has two readers of a topic they share the topic of copies."""
        copies = parked_topic(topic, service_of(reader))
        shared = [
            other
            for other, (_, topics) in READERS.items()
            if topic in topics and service_of(other) == service_of(reader)
        ]
        if copies in PARKED_TOPICS and len(shared) == 1:
            told = query(
                self._platform, database, "SELECT coalesce(sum(pos), 0) FROM log_head WHERE topic = %s", copies
            )
            assert told[0][0] == expected, f"{copies}: {told[0][0]} copies of {expected} parked"

    def _rows(self, database: str, statement: str, reader: str) -> list[tuple[str, str, int, int]]:
        where = "CASE WHEN pos IS NULL THEN 'stray' ELSE 'unknown' END, topic, shard, coalesce(pos, record_offset)"
        return [(a, b, c, d) for a, b, c, d in query(self._platform, database, statement.format(where), reader)]

    def drop_all(self) -> int:
        """Ask for all of it to be dropped, as `padan parked drop` does; the readers do it when they can."""
        asked = 0
        for database in sorted(set(DATABASES.values())):
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with (
                    suppress(psycopg.OperationalError),
                    psycopg.connect(self._platform.database_url(database)) as connection,
                ):
                    for each in operators.listing(connection):
                        asked += operators.ask_drop(connection, each.parked_id, actor="user:faults", reason="planted")
                    break
        return asked
