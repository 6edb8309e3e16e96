"""Create every topic that is missing, and refuse to go on where one exists with another number of partitions.

`python -m padan_events.create_topics --bootstrap HOST:PORT [--replication 3] [--min-insync-replicas 2]`
"""

import argparse
import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from padan_events.shards import SHARDS
from padan_events.topics import TOPICS


class WrongPartitionsError(RuntimeError):
    """A topic exists with a number of partitions other than the fixed one: order is broken, nothing may run."""


class TopicsRefusedError(RuntimeError):
    """The broker refused to create a topic; the message holds Kafka's error code for each."""


_TOPIC_EXISTS = 36  # somebody else created it meanwhile


async def create_topics(bootstrap: str, *, replication: int = 1, min_insync_replicas: int = 1) -> list[str]:
    """Create the topics that are missing; return their names.

    Raises `WrongPartitionsError`, `TopicsRefusedError`.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--replication", type=int, default=1)
    parser.add_argument("--min-insync-replicas", type=int, default=1)
    arguments = parser.parse_args()
    created = asyncio.run(
        create_topics(
            arguments.bootstrap,
            replication=arguments.replication,
            min_insync_replicas=arguments.min_insync_replicas,
        )
    )
    print(f"{len(created)} topics created, {len(TOPICS) - len(created)} were there")


if __name__ == "__main__":
    main()
