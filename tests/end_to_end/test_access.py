"""A topic is closed: its owner alone writes it, who has no need does not read it, and nobody comes in unknown."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    NoError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.admin import CreateAclsRequest
from aiokafka.protocol.fetch import FetchRequest
from journeys import Stack
from padan_events.access import INTEGRATOR, SERVICES, USERS, readers_of
from padan_events.acls import apply_acls
from padan_events.kafka_client import KafkaClient, why_unreachable
from padan_events.topics import (
    ELIGIBILITY_EVENTS,
    EVENT_TOPICS,
    HOUSEHOLD_EVENTS,
    INTAKE,
    OUTCOMES,
    PARKED_TOPICS,
    PROGRAMME_EVENTS,
    TOPICS,
)


def client(stack: Stack, user: str) -> KafkaClient:
    return stack.platform.instance.kafka_client(user)


@asynccontextmanager
async def producer(kafka: KafkaClient) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(**kafka.options(), acks="all", enable_idempotence=False)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def consumer(kafka: KafkaClient, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
    made = AIOKafkaConsumer(**kafka.options(), group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def writable(kafka: KafkaClient, topics: set[str]) -> set[str]:
    """Of these topics, those that a record could be written to."""
    written: set[str] = set()
    for topic in sorted(topics):
        async with producer(kafka) as one:
            try:
                await one.send_and_wait(topic, b"forged", partition=0)
            except TopicAuthorizationFailedError:
                continue
            written.add(topic)
    return written


async def readable(kafka: KafkaClient) -> set[str]:
    """The topics whose records are handed out; asked for without a consumer, which would go on asking."""
    made = AIOKafkaClient(**kafka.options())
    await made.bootstrap()
    try:
        everything = [(topic, [(0, 0, 1 << 20)]) for topic in sorted(TOPICS)]
        answer: Any = await made.send(made.get_random_node(), FetchRequest(0, 0, 1 << 20, 0, everything))
    finally:
        await made.close()
    codes = {topic: partitions[0][1] for topic, partitions in answer.topics}
    assert codes.keys() == TOPICS.keys()
    assert set(codes.values()) <= {NoError.errno, TopicAuthorizationFailedError.errno}
    return {topic for topic, code in codes.items() if code == NoError.errno}


@pytest.mark.parametrize("user", USERS)
def test_nobody_writes_a_topic_of_somebody_else(stack: Stack, user: str) -> None:
    foreign = {name for name, topic in TOPICS.items() if topic.owner != user}

    assert len(foreign) < len(TOPICS) or user == INTEGRATOR
    assert asyncio.run(writable(client(stack, user), foreign)) == set()


@pytest.mark.parametrize("user", USERS)
def test_who_has_no_need_of_a_topic_does_not_read_it(stack: Stack, user: str) -> None:
    allowed = {name for name, topic in TOPICS.items() if user in readers_of(topic)}

    assert asyncio.run(readable(client(stack, user))) == allowed


def test_an_integrator_reads_the_facts_that_stay_and_nothing_else(stack: Stack) -> None:
    read = asyncio.run(readable(client(stack, INTEGRATOR)))

    assert read == {HOUSEHOLD_EVENTS.name, ELIGIBILITY_EVENTS.name, PROGRAMME_EVENTS.name}
    assert not read & {INTAKE.name, OUTCOMES.name, *PARKED_TOPICS}


def test_the_owner_of_every_topic_is_a_service() -> None:
    assert {topic.owner for topic in TOPICS.values()} == set(SERVICES)
    assert EVENT_TOPICS.keys() < TOPICS.keys()


@pytest.mark.parametrize("group", ["gateway.views", "padan-eligibility", "other"])
def test_nobody_joins_the_group_of_somebody_else(stack: Stack, group: str) -> None:
    async def join() -> None:
        async with consumer(client(stack, INTEGRATOR), group) as one:
            one.subscribe([HOUSEHOLD_EVENTS.name])
            await one.getmany(timeout_ms=5_000)

    with pytest.raises(GroupAuthorizationFailedError):
        asyncio.run(join())


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ((None, ""), "kafka_protocol_mismatch"),
        (("nobody", "secret"), "kafka_login_refused"),
        (("gateway", "wrong"), "kafka_login_refused"),
        (("operator", ""), "kafka_login_refused"),
    ],
    ids=["anonymous", "unknown", "wrong password", "no password"],
)
def test_who_does_not_log_in_gets_nothing_and_is_told_why(
    stack: Stack, login: tuple[str | None, str], code: str
) -> None:
    kafka = KafkaClient(stack.platform.kafka, username=login[0], password=login[1])

    refusal = asyncio.run(why_unreachable(kafka))
    assert refusal is not None
    assert refusal.code == code
    with pytest.raises(KafkaConnectionError):
        asyncio.run(readable(kafka))


def test_a_service_with_a_wrong_password_says_so_and_ends(stack: Stack, tmp_path: Path) -> None:
    """As the client tells it, a wrong password looks like a server that is down."""
    instance = stack.platform.instance
    environment = instance.process_environment("gateway") | {
        "PADAN_KAFKA_USERNAME": "household",  # by the gateway's password
        "PADAN_HTTP_PORT": "0",
    }
    script = Path(sys.executable).with_name("padan-gateway")
    ended = subprocess.run(
        [str(script)], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    assert ended.returncode == 1
    (told,) = [line for line in lines if line.get("code") == "kafka_login_refused"]
    assert "password" in told["event"]
    assert told["address"] == stack.platform.kafka
    assert instance.kafka_client("gateway").password not in ended.stdout + ended.stderr


def test_rules_that_were_added_by_hand_are_taken_back(stack: Stack) -> None:
    operator = client(stack, "operator")

    async def allow_by_hand() -> None:
        # Topic, literal, any host, write, allow: the numbers of Kafka's protocol.
        wrong = CreateAclsRequest(2, HOUSEHOLD_EVENTS.name, 3, "User:gateway", "*", 4, 3)
        made = AIOKafkaClient(**operator.options())
        await made.bootstrap()
        try:
            await made.send(made.get_random_node(), wrong)
        finally:
            await made.close()

    assert asyncio.run(apply_acls(operator)) == (0, 0), "the platform's start had applied them all"
    asyncio.run(allow_by_hand())
    assert asyncio.run(apply_acls(operator)) == (0, 1)
    assert asyncio.run(apply_acls(operator)) == (0, 0)
    assert asyncio.run(writable(client(stack, "gateway"), {HOUSEHOLD_EVENTS.name})) == set()
