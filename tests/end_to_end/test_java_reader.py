"""An integrator's own program, on Kafka's own Java client, reads the facts once each, in order, and goes on where it
stopped. docs/events.md shows the same program."""

import asyncio
import json
import os
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from journeys import Stack
from oracle import DATABASE_OF, come_to_rest, heads, on_kafka, query
from padan_cli.platform.instance import project_root
from padan_cli.platform.prerequisites import require_java
from padan_events import TOPICS, Event
from padan_events.envelope import to_headers
from padan_events.household import Proposed
from padan_events.registry import type_of
from padan_runtime.log import table_of

FACTS = [topic.name for topic in TOPICS.values() if not topic.expires]
AT_FIRST = 200
NO_END = 10**9
Run = Callable[[int], dict[str, Any]]


@pytest.fixture(scope="module")
def classes(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The class path of the compiled program."""
    java, _ = require_java()
    javac = shutil.which("javac") or shutil.which("javac", path=str(java.resolve().parent))
    if javac is None:
        pytest.skip("this machine has a Java runtime only: without javac the program cannot be compiled")
    folder = tmp_path_factory.mktemp("classes")
    jars = f"{stack.platform.instance.servers}/kafka/*"
    source = project_root() / "tests/java/FactReader.java"
    subprocess.run(
        [javac, "-Xlint:all", "-Werror", "-cp", jars, "-d", str(folder), str(source)], check=True, timeout=120
    )
    return os.pathsep.join([str(folder), jars])


@pytest.fixture
def run(stack: Stack, classes: str, tmp_path: Path) -> Run:
    """Runs the program, logged in as an integrator, for at most so many events; answers its summary."""
    java, _ = require_java()
    properties = tmp_path / "client.properties"
    login = (stack.platform.instance.secrets / "integrator" / "kafka.properties").read_text()
    properties.write_text(f"{login}bootstrap.servers={stack.platform.kafka}\n")
    schemas = project_root() / "libs/events/schemas"

    def once(most: int) -> dict[str, Any]:
        files = [str(path) for path in (properties, schemas, tmp_path / "place.json", tmp_path / "ledger.tsv")]
        command = [str(java), "-Xmx128m", "-XX:+UseSerialGC", "-cp", classes, "FactReader", *files, str(most)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stderr[-2000:]
        return dict(json.loads(ended.stdout))

    return once


async def send_again(stack: Stack, events: list[Event]) -> None:
    """What a relay does after a crash: the same records once more."""
    operator = stack.platform.instance.kafka_client("operator")
    async with AIOKafkaProducer(**operator.options(), acks="all") as producer:
        for event in events:
            await producer.send_and_wait(
                event.topic, event.value, event.key.encode(), partition=event.shard, headers=to_headers(event)
            )


def test_every_fact_is_read_once_in_order_and_the_reader_goes_on_where_it_stopped(
    stack: Stack, run: Run, tmp_path: Path
) -> None:
    batch = stack.invent(400, tmp_path)
    stack.load(batch.registration)
    come_to_rest(stack.platform)
    proposed = [event for event in on_kafka(stack.platform, "household.events.v1") if event.pos <= 2]
    asyncio.run(send_again(stack, proposed))

    first = run(AT_FIRST)
    second = run(NO_END)
    third = run(NO_END)

    stored: dict[str, set[tuple[str, ...]]] = {}
    for topic in FACTS:
        rows = query(stack.platform, DATABASE_OF[topic], f"SELECT shard, pos, event_id, key FROM {table_of(topic)}")
        stored[topic] = {tuple(map(str, row)) for row in rows}
    lines = [line.split("\t") for line in (tmp_path / "ledger.tsv").read_text().splitlines()]
    read: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for topic, *rest in lines:
        read[topic].append(tuple(rest))
    assert {topic: set(rows) for topic, rows in read.items()} == stored
    assert len(lines) == sum(map(len, stored.values())), "an event was read twice"
    for topic, rows in read.items():
        for shard, head in heads(stack.platform, topic).items():
            assert [int(pos) for number, pos, *_ in rows if int(number) == shard] == list(range(1, head + 1))
            if head:
                assert second["heads"][f"{topic}/{shard}"] == head
    assert first["events"] == AT_FIRST
    assert first["events"] + second["events"] == len(lines)
    assert first["repeats"] + second["repeats"] >= len(proposed)
    assert (third["events"], third["repeats"]) == (0, 0)
    told: Counter[str] = Counter(first["by_type"]) + Counter(second["by_type"])
    by_type = query(
        stack.platform, "household", f"SELECT type, count(*) FROM {table_of('household.events.v1')} GROUP BY 1"
    )
    assert {name: told[name] for name, _ in by_type} == dict(by_type)
    assert told[type_of(Proposed).name] > 0
