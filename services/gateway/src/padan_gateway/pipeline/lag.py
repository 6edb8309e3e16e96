"""Lag from what the services say of themselves (`/progress`). Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from padan_events import TOPICS

Progress = Mapping[str, Any]


def _behind(heads: Sequence[int], reached: Mapping[int, int]) -> int:
    return sum(max(0, head - reached.get(shard, 0)) for shard, head in enumerate(heads))


def report(progress: Mapping[str, Progress | None]) -> list[dict[str, Any]]:
    """For each service: whether it answers, the lag of its relay and of its readers by topic, stopped
    shards, and how much each reader has set aside.

    The heads of a topic are those its owner states; lag is null where the owner does not answer.
    """
    heads: dict[str, Sequence[int]] = {}
    for name, topic in TOPICS.items():
        owner = progress.get(topic.owner)
        if owner is not None and name in owner["heads"]:
            heads[name] = owner["heads"][name]
    return [_service(name, stated, heads) for name, stated in progress.items()]


def _service(name: str, stated: Progress | None, heads: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    if stated is None:
        return {"service": name, "answers": False, "relay": [], "readers": [], "stopped": [], "parked": []}
    relay = [
        {"topic": topic, "lag": _behind(vector, dict(enumerate(stated["relayed"].get(topic, ()))))}
        for topic, vector in stated["heads"].items()
    ]
    readers = [
        {
            "reader": reader,
            "topic": topic,
            "lag": _behind(heads[topic], {int(shard): pos for shard, pos in reached.items()})
            if topic in heads
            else None,
        }
        for reader, topics in stated["readers"].items()
        for topic, reached in topics.items()
    ]
    stopped = [
        {"reader": reader, "shard": shard, "reason": reason}
        for reader, shards in stated["stopped"].items()
        for shard, reason in shards.items()
    ]
    parked = [{"reader": reader, "count": count} for reader, count in stated.get("parked", {}).items()]
    return {
        "service": name, "answers": True, "relay": relay, "readers": readers, "stopped": stopped, "parked": parked,
    }  # fmt: skip
