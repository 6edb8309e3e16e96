"""registry-ingest on a database that was restored: it does not start where positions would be given out again."""

import asyncio
import subprocess
import sys

import pytest
from ingest_process import Ingest
from kafka_peer import an_event, send
from padan_events.topics import INTAKE


@pytest.mark.usefixtures("fresh_parked_topics")
def test_a_log_behind_kafka_on_another_timeline_stops_the_start(ingest: Ingest) -> None:
    ingest.stop()
    asyncio.run(send(ingest.environment["PADAN_KAFKA"], [an_event(INTAKE, 5, 1)]))
    with ingest.database.transaction() as connection:
        assert connection.execute("UPDATE last_server SET timeline = timeline + 1").rowcount == 1
    ended = subprocess.run(
        [sys.executable, "-m", "padan_registry_ingest"],
        env=ingest.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 78
    assert "Kafka has events that the log lacks: registry.intake.v1/5" in ended.stderr
