"""Kafka Streams, exactly once, on the work of eligibility's fact stream (EligibilityPeer.java)."""

import asyncio
import contextlib
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from padan_cli.platform import Platform
from padan_cli.platform.credentials import TOOLS_FILE
from padan_cli.platform.instance import project_root
from padan_cli.platform.prerequisites import require_java, require_maven
from padan_events import SHARDS
from padan_events.kafka_client import client_of
from padan_events.topics import HOUSEHOLD_EVENTS

from bench.measure import say

_GROUP: Final = "bench-peer"
_OUTPUT: Final = "bench.peer.decided"
_HERE: Final = Path(__file__).parent
_LOOK_S: Final = 0.05
_WITHIN_S: Final = 300.0


def events_a_second(platform: Platform) -> float:
    """Events of household a second, all that stand on Kafka, from the first place that the peer commits to the last."""
    folder = platform.instance.folder / "data" / "peer"
    classes = _compiled(folder)
    asyncio.run(_make_topic(platform))
    try:
        with _running(platform, classes, folder) as peer:
            return asyncio.run(_measured(platform, peer))
    finally:
        asyncio.run(_drop_topics(platform))


def _compiled(folder: Path) -> str:
    java, _ = require_java()
    javac = shutil.which("javac") or shutil.which("javac", path=str(java.resolve().parent))
    if javac is None:
        raise RuntimeError("javac is missing: the peer cannot be compiled without a JDK")
    dist = project_root() / ".padan" / "dist" / "bench-peers"
    if not (dist / "jars").exists():
        say("downloading Kafka Streams with Maven (once)")
        command = [str(require_maven()), "-q", "-B", "-ntp", "-f", str(_HERE / "pom.xml"), f"-Ddist={dist}", "package"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)
    jars = f"{dist / 'jars'}/*"
    folder.mkdir(parents=True, exist_ok=True)
    source = str(_HERE / "EligibilityPeer.java")
    subprocess.run([javac, "-Xlint:all", "-Werror", "-cp", jars, "-d", str(folder), source], check=True, timeout=120)
    return f"{folder}:{jars}"


@contextmanager
def _running(platform: Platform, classes: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    java, _ = require_java()
    properties = folder / "client.properties"
    secure = platform.instance.secure_kafka
    login = (platform.instance.secrets / "operator" / TOOLS_FILE).read_text() if secure else ""
    properties.write_text(f"{login}bootstrap.servers={platform.kafka}\n")
    arguments = [str(properties), str(folder / "state"), HOUSEHOLD_EVENTS.name, _OUTPUT]
    with (folder / "peer.log").open("wb") as log:
        peer = subprocess.Popen(
            [str(java), "-Xmx1g", "-cp", classes, "EligibilityPeer", *arguments], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield peer
        finally:
            peer.terminate()
            peer.wait(60)


async def _measured(platform: Platform, peer: subprocess.Popen[bytes]) -> float:
    async with _admin(platform) as admin:
        partitions = [TopicPartition(HOUSEHOLD_EVENTS.name, shard) for shard in range(SHARDS)]
        consumer = AIOKafkaConsumer(**client_of(platform.instance.kafka_client()).options())
        await consumer.start()
        try:
            total = int(sum((await consumer.end_offsets(partitions)).values()))
        finally:
            await consumer.stop()

        async def committed() -> int:
            if peer.poll() is not None:
                log = platform.instance.folder / "data" / "peer" / "peer.log"
                raise RuntimeError(f"the peer ended by itself: {log.read_text()[-2_000:]}")
            places = await admin.list_consumer_group_offsets(_GROUP)
            return sum(max(0, int(place.offset)) for at, place in places.items() if at.topic == HOUSEHOLD_EVENTS.name)

        async with asyncio.timeout(_WITHIN_S):
            while (first := await committed()) == 0:
                await asyncio.sleep(_LOOK_S)  # of another process: nothing to wait on but its places
            begun = time.perf_counter()
            # Offsets are events here: household writes without transactions, whose ends would have offsets too.
            while await committed() < total:
                await asyncio.sleep(_LOOK_S)
        return (total - first) / (time.perf_counter() - begun)


@asynccontextmanager
async def _admin(platform: Platform) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**client_of(platform.instance.kafka_client()).options())
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def _make_topic(platform: Platform) -> None:
    async with _admin(platform) as admin:
        await admin.create_topics([NewTopic(_OUTPUT, SHARDS, 1)])


async def _drop_topics(platform: Platform) -> None:
    async with _admin(platform) as admin:
        own = [name for name in await admin.list_topics() if name == _OUTPUT or name.startswith(_GROUP)]
        with contextlib.suppress(Exception):  # the instance is removed at the end anyhow
            await admin.delete_topics(own)
