"""The contract of Padan: event types, topics, envelope and shards. Imports no client of anything."""

from padan_events import (
    corrections,
    duplicates,
    dying,
    eligibility,
    evidence,
    families,
    household,
    intake,
    objections,
    parking,
    places,
    recipients,
    relocations,
    reviews,
    rounds,
    tiers,
)
from padan_events.envelope import EnvelopeError, Event
from padan_events.registry import (
    EventType,
    UnknownEventTypeError,
    check_known,
    decode,
    encode,
    event_types,
    type_of,
)
from padan_events.shards import SHARDS, shard_of
from padan_events.topics import TOPICS, Topic

__all__ = [
    "SHARDS",
    "TOPICS",
    "EnvelopeError",
    "Event",
    "EventType",
    "Topic",
    "UnknownEventTypeError",
    "check_known",
    "corrections",
    "decode",
    "duplicates",
    "dying",
    "eligibility",
    "encode",
    "event_types",
    "evidence",
    "families",
    "household",
    "intake",
    "objections",
    "parking",
    "places",
    "recipients",
    "relocations",
    "reviews",
    "rounds",
    "shard_of",
    "tiers",
    "type_of",
]
