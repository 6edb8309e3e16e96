"""Kafka and PostgreSQL killed at any moment and started again: what was acknowledged is still there."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from padan_cli.platform import Platform, linux
from padan_cli.platform.pytest_plugin import own_platform
from padan_events import TOPICS

TOPIC = sorted(TOPICS)[0]


@pytest.fixture(scope="module")
def own() -> Iterator[Platform]:
    """Servers that these tests may kill; the run's own ones (`platform`) are the foreign ones beside them."""
    with own_platform("servers") as servers:
        servers.up(only=["postgres", "kafka"])
        yield servers


@pytest.fixture
def kept(own: Platform) -> Iterator[str]:
    """A value acknowledged by both servers before the test, and looked for in both after it."""
    value = uuid4().hex
    with psycopg.connect(own.database_url("household", "household_owner")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])
    asyncio.run(_produce(own.kafka, value))
    yield value
    own.wait_ready("postgres")
    own.wait_ready("kafka")
    with psycopg.connect(own.database_url("household", "household_owner")) as connection:
        assert connection.execute("SELECT count(*) FROM kept WHERE value = %s", [value]).fetchone() == (1,)
    assert asyncio.run(_consume(own.kafka)).count(value) == 1


async def _produce(bootstrap: str, value: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(TOPIC, value.encode(), partition=0)


async def _consume(bootstrap: str) -> list[str]:
    partition = TopicPartition(TOPIC, 0)
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        values: list[str] = []
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                values += [record.value.decode() for record in records]
    return values


def test_every_topic_has_its_24_partitions_and_every_role_can_log_in(own: Platform) -> None:
    assert asyncio.run(_partitions(own.kafka)) == dict.fromkeys(TOPICS, 24)
    for database in ("registry_ingest", "household", "keyring", "eligibility"):
        for role in (database, f"{database}_owner"):
            with psycopg.connect(own.database_url(database, role)) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (role,)
    for role in ("gateway_owner", "gateway_writer", "gateway_reader"):
        psycopg.connect(own.database_url("gateway", role)).close()


async def _partitions(bootstrap: str) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(list(TOPICS))
    finally:
        await admin.close()
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


def test_a_role_reaches_no_database_but_its_own(own: Platform) -> None:
    address = own.database_url("household", "eligibility")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(address)


def test_a_run_time_role_owns_nothing_and_may_not_make_tables(own: Platform) -> None:
    with (
        psycopg.connect(own.database_url("household")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE mine (a int)")


def test_a_refused_row_leaves_no_value_of_it_in_the_log_of_the_server(own: Platform) -> None:
    secret = uuid4().hex
    with psycopg.connect(own.database_url("household", "household_owner"), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text PRIMARY KEY)")
        connection.execute("INSERT INTO person VALUES (%s)", [secret])
        with pytest.raises(psycopg.errors.UniqueViolation, match=secret):
            connection.execute("INSERT INTO person VALUES (%s)", [secret])
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute(f"SELECT '{secret}' FROM nowhere")

    log = own.instance.log("postgres").read_text()
    assert "duplicate key value" in log
    assert secret not in log


@pytest.mark.parametrize("server", ["postgres", "kafka"])
def test_a_killed_server_comes_back_by_itself_with_its_data(own: Platform, kept: str, server: str) -> None:
    killed = own.kill(server)

    own.wait_ready(server)

    assert own.pid(server) not in {None, killed}


def test_after_kill_9_of_everything_the_next_up_has_all_data_and_touches_nothing_foreign(
    own: Platform, kept: str, platform: Platform
) -> None:
    foreign = {name: platform.pid(name) for name in ("postgres", "kafka")}
    supervisor = own.supervisor_pid()
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    for name in ("postgres", "kafka"):
        own.kill(name)

    own.up(only=["postgres", "kafka"])

    assert {name: platform.pid(name) for name in ("postgres", "kafka")} == foreign
    assert None not in foreign.values()


def test_after_kill_9_of_the_supervisor_the_servers_it_left_are_replaced_with_their_data(
    own: Platform, kept: str, platform: Platform
) -> None:
    foreign = {name: platform.pid(name) for name in ("postgres", "kafka")}
    left = {name: own.pid(name) for name in ("postgres", "kafka")}
    supervisor = own.supervisor_pid()
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)

    own.up(only=["postgres", "kafka"])

    assert {own.pid("postgres"), own.pid("kafka")}.isdisjoint({*left.values(), None})
    assert {name: platform.pid(name) for name in ("postgres", "kafka")} == foreign


def test_ports_that_were_taken_in_between_change_and_the_data_stays(own: Platform, kept: str) -> None:
    names = ("kafka", "kafka-controller", "postgres")
    before = {name: own.instance.port(name) for name in names}
    own.down()
    sockets = [socket.create_server(("127.0.0.1", port)) for port in before.values()]
    try:
        own.up(only=["postgres", "kafka"])
        assert {own.instance.port(name) for name in names}.isdisjoint(before.values())
    finally:
        for taken in sockets:
            taken.close()


def test_down_leaves_no_process_and_up_finds_all_data(own: Platform, kept: str) -> None:
    own.down()
    assert linux.marked(own.instance.id) == {}

    own.up(only=["postgres", "kafka"])
