"""A stored event together with the envelope it travels in."""

from dataclasses import dataclass
from uuid import UUID

from eventsourcing.persistence import StoredEvent


@dataclass(frozen=True, eq=False)
class EnvelopedEvent(StoredEvent):
    """The library's `StoredEvent` has no place for id, actor, correlation and causation: here they are.

    `topic` is the CloudEvents type, `state` the data byte for byte as it goes over Kafka. `pos` is the event's
    position in its shard, None until it is stored.
    """

    event_id: UUID
    actor: str
    correlation_id: UUID
    shard: int
    causation_id: UUID | None = None
    pos: int | None = None

    def __eq__(self, other: object) -> bool:
        # What the library compares is what a stream holds; where the event lies and who caused it is beside that.
        return isinstance(other, StoredEvent) and (
            self.originator_id == other.originator_id
            and self.originator_version == other.originator_version
            and self.topic == other.topic
            and self.state == other.state
        )

    def __hash__(self) -> int:
        return hash((self.originator_id, self.originator_version))
