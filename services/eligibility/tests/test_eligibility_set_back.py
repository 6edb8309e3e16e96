"""Eligibility on a database that was restored: it does not start where positions would be given out again."""

import psycopg
import pytest
from eligibility_worker import Worker
from kafka_peer import an_event, send
from padan_events.topics import ELIGIBILITY_EVENTS


@pytest.mark.usefixtures("fresh_parked_topics")
async def test_a_log_behind_kafka_on_another_timeline_stops_the_start(worker: Worker) -> None:
    worker.start()
    await worker.ready()
    assert await worker.stop() == 0

    with psycopg.connect(worker.environment["PADAN_DATABASE_URL"], autocommit=True) as connection:

        def another_timeline() -> None:
            assert connection.execute("UPDATE last_server SET timeline = timeline + 1").rowcount == 1

        another_timeline()
        worker.start()
        await worker.ready()
        assert await worker.stop() == 0
        await send(worker.environment["PADAN_KAFKA"], [an_event(ELIGIBILITY_EVENTS, 5, 1)])
        another_timeline()
    worker.start()
    assert await worker.ended() == 78
    assert "Kafka has events that the log lacks: eligibility.events.v1/5" in worker.output
