"""Who may do what in Kafka: one table, from which the local broker's ACLs and the cluster's users are made.

A topic is written by its owner alone. Services read what they need, under consumer groups of their own prefix; an
integrator reads what Padan promises for ever, and neither intake (which is not history) nor what was parked. The
right to read or write holds the right to describe; an idempotent producer needs no more than to write.

`python -m padan_events.access` prints the table as JSON, sorted: a list of
`{"user": "gateway", "resource": "topic" | "group", "name": "...", "pattern": "literal" | "prefix",
"operation": "Read" | "Write"}` (the words of Strimzi's KafkaUser).
`python -m padan_events.create_topics --acls` applies it to a broker.
"""

import json
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from padan_events.topics import CONSUMERS, TOPICS, Topic

SERVICES: Final = ("registry-ingest", "household", "eligibility", "gateway")
INTEGRATOR: Final = "integrator"
"""The user of an integrator: a bank, BPJS, an agency's system. Each may be given one of its own with these rights."""
USERS: Final = (*SERVICES, INTEGRATOR)

_FAUST_GROUP: Final = "padan-eligibility"  # the id of eligibility's Faust application is its group


class Grant(msgspec.Struct, frozen=True, order=True):
    """One right of one user; `pattern` prefix: on everything whose name begins with `name`."""

    user: str
    resource: Literal["topic", "group"]
    name: str
    pattern: Literal["literal", "prefix"]
    operation: Literal["Read", "Write"]


def grants() -> list[Grant]:
    """Every right there is, sorted. What is not listed is refused."""
    return sorted({*_topic_grants(TOPICS.values()), *_group_grants()})


def readers_of(topic: Topic) -> tuple[str, ...]:
    """Who reads a topic, sorted: its owner (what it wrote it may read back), its consumers, and of what stays for ever
    the integrator."""
    consumers = CONSUMERS.get(topic.name, ())
    return tuple(sorted({topic.owner, *consumers, *(() if topic.expires else (INTEGRATOR,))}))


def _topic_grants(topics: Iterable[Topic]) -> Iterable[Grant]:
    for topic in topics:
        yield Grant(topic.owner, "topic", topic.name, "literal", "Write")
        for reader in readers_of(topic):
            yield Grant(reader, "topic", topic.name, "literal", "Read")


def _group_grants() -> Iterable[Grant]:
    for user in USERS:
        yield Grant(user, "group", f"{user}.", "prefix", "Read")
    yield Grant("eligibility", "group", _FAUST_GROUP, "literal", "Read")


def main() -> None:
    print(json.dumps(msgspec.to_builtins(grants()), indent=1))


if __name__ == "__main__":
    main()
