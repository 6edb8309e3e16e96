"""Create every topic that is missing, and refuse to go on where one exists with another number of partitions.

`python -m padan_events.create_topics --bootstrap HOST:PORT [--replication 3] [--min-insync-replicas 2]
[--acls] [--username NAME --password-file FILE] [--ca-file FILE]`

With `--acls` the rules of `padan_events.access` are applied too; that asks for a user who may alter the cluster.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from padan_events.access import grants
from padan_events.acls import apply_acls
from padan_events.kafka_client import Kafka, KafkaClient, client_of, why_unreachable
from padan_events.shards import SHARDS
from padan_events.topics import TOPICS


class WrongPartitionsError(RuntimeError):
    """A topic exists with a number of partitions other than the fixed one: order is broken, nothing may run."""


class TopicsRefusedError(RuntimeError):
    """The broker refused to create a topic; the message holds Kafka's error code for each."""


_NO_CONTROLLER_S = 30
_TOPIC_EXISTS = 36  # somebody else created it meanwhile


async def create_topics(kafka: Kafka, *, replication: int = 1, min_insync_replicas: int = 1) -> list[str]:
    """Create the topics that are missing; return their names.

    Raises `WrongPartitionsError`, `TopicsRefusedError`.
    """
    admin = AIOKafkaAdminClient(**client_of(kafka).options())
    await admin.start()
    try:
        existing = {
            described["topic"]: len(described["partitions"])
            for described in await admin.describe_topics(sorted(set(await admin.list_topics()) & TOPICS.keys()))
        }
        wrong = {name: count for name, count in existing.items() if count != SHARDS}
        if wrong:
            raise WrongPartitionsError(f"these topics must have {SHARDS} partitions: {wrong}")
        missing = [topic for name, topic in TOPICS.items() if name not in existing]
        if missing:
            await known_controller(admin)
            answer: Any = await admin.create_topics(  # its fields depend on the version spoken
                [
                    NewTopic(
                        name=topic.name,
                        num_partitions=SHARDS,
                        replication_factor=replication,
                        topic_configs={
                            "cleanup.policy": "delete",
                            "retention.ms": str(topic.retention_ms),
                            "min.insync.replicas": str(min_insync_replicas),
                            "unclean.leader.election.enable": "false",
                        },
                    )
                    for topic in missing
                ]
            )
            refused = {name: code for name, code, *_ in answer.topic_errors if code not in (0, _TOPIC_EXISTS)}
            if refused:
                raise TopicsRefusedError(f"the broker created no topic for {refused} (Kafka's error codes)")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def known_controller(admin: AIOKafkaAdminClient) -> None:
    """Wait until the cluster has a controller: while one is elected there is none, and only it makes topics.

    Raises `TopicsRefusedError` where there is none for half a minute.
    """
    try:
        async with asyncio.timeout(_NO_CONTROLLER_S):
            while (await admin.describe_cluster())["controller_id"] < 0:
                await asyncio.sleep(0.1)  # the cluster tells nobody when it has elected
    except TimeoutError as error:
        raise TopicsRefusedError("the cluster has no controller") from error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--replication", type=int, default=1)
    parser.add_argument("--min-insync-replicas", type=int, default=1)
    parser.add_argument("--acls", action="store_true")
    parser.add_argument("--username")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--ca-file", type=Path)
    arguments = parser.parse_args()
    if (arguments.username is None) != (arguments.password_file is None):
        parser.error("--username and --password-file belong together")
    asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> None:
    kafka = KafkaClient(
        arguments.bootstrap,
        username=arguments.username,
        password=arguments.password_file.read_text().strip() if arguments.password_file else "",
        tls=arguments.ca_file is not None,
        ca_file=arguments.ca_file,
    )
    refusal = await why_unreachable(kafka)
    if refusal is not None:
        raise SystemExit(f"{refusal.code}: {refusal.text} ({arguments.bootstrap})")
    created = await create_topics(
        kafka, replication=arguments.replication, min_insync_replicas=arguments.min_insync_replicas
    )
    print(f"{len(created)} topics created, {len(TOPICS) - len(created)} were there")
    if arguments.acls:
        added, removed = await apply_acls(kafka)
        print(f"{added} rules added, {removed} removed, {len(grants())} hold")


if __name__ == "__main__":
    main()
