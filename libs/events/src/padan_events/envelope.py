"""One event as it stands in a log and travels over Kafka: CloudEvents 1.0, Kafka binary mode.

Source: CloudEvents 1.0.2, Kafka protocol binding, section 3.2. The value is the data, attributes are `ce_*`
headers, the media type is the `content-type` header. Extensions: shard, pos, causationid, correlationid, actor.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

Headers = tuple[tuple[str, bytes], ...]


class EnvelopeError(ValueError):
    """Headers that are not those of a Padan event; the message names the attribute at fault."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event with its envelope.

    `shard` and `pos` (1, 2, 3 ... without holes within a topic and shard) tell a reader what it has seen and
    whether anything is missing. `time` is when it was recorded (UTC), never when the thing happened: that is
    `occurred_on` in the data. `value` is the data, byte for byte as stored.
    """

    topic: str
    shard: int
    pos: int
    event_id: UUID
    type: str
    source: str
    time: datetime
    key: str
    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    value: bytes = b""

    @property
    def position(self) -> tuple[int, int]:
        """`(shard, pos)`."""
        return self.shard, self.pos


def rfc3339(time: datetime) -> str:
    """A time in UTC as RFC 3339 with microseconds."""
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:26] + "Z"


@lru_cache(maxsize=1_000)
def _encoded(text: str) -> bytes:
    """Sources, types and actors repeat from event to event."""
    return text.encode()


def to_headers(event: Event) -> list[tuple[str, bytes]]:
    """The Kafka headers of an event."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event.event_id).encode()),
        ("ce_source", _encoded(event.source)),
        ("ce_type", _encoded(event.type)),
        ("ce_time", rfc3339(event.time).encode()),
        ("ce_shard", b"%d" % event.shard),
        ("ce_pos", b"%d" % event.pos),
        ("ce_correlationid", str(event.correlation_id).encode()),
        ("ce_actor", _encoded(event.actor)),
        ("content-type", b"application/json"),
    ]
    if event.causation_id is not None:
        headers.append(("ce_causationid", str(event.causation_id).encode()))
    return headers


@lru_cache(maxsize=1_000)
def _decoded(data: bytes) -> str:
    return data.decode()


@lru_cache(maxsize=1_000)
def _time(data: bytes) -> datetime:
    """The events of one transaction share their time, so a batch holds few."""
    time = datetime.fromisoformat(data.decode())
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time.astimezone(UTC)


@lru_cache(maxsize=1_000)
def _correlation(data: bytes) -> UUID:
    """All that a file leads to has one correlation id."""
    return UUID(data.decode())


def from_record(
    topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
) -> Event:
    """The event a Kafka record holds.

    Raises `EnvelopeError` where an attribute is missing, null (Kafka allows it) or malformed, or where the shard in
    the headers is not the partition the record lies in.
    """
    attributes: dict[str, Any] = dict(headers)
    try:
        if attributes["ce_specversion"] != b"1.0" or key is None or value is None:
            raise EnvelopeError(f"{topic}/{partition}: not CloudEvents 1.0 with key and value")
        cause = attributes.get("ce_causationid")
        event = Event(
            topic=topic,
            shard=int(attributes["ce_shard"]),
            pos=int(attributes["ce_pos"]),
            event_id=UUID(attributes["ce_id"].decode()),
            type=_decoded(attributes["ce_type"]),
            source=_decoded(attributes["ce_source"]),
            time=_time(attributes["ce_time"]),
            key=key.decode(),
            actor=_decoded(attributes["ce_actor"]),
            correlation_id=_correlation(attributes["ce_correlationid"]),
            causation_id=None if cause is None else UUID(cause.decode()),
            value=value,
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        if isinstance(error, EnvelopeError):
            raise
        # A value is not repeated: what stands in a stranger's header may be anything.
        missing = f" ({error.args[0]} is missing)" if isinstance(error, KeyError) else ""
        raise EnvelopeError(f"{topic}/{partition}: an attribute is missing or malformed{missing}") from error
    if event.shard != partition or event.pos < 1:
        raise EnvelopeError(f"{topic}/{partition}: attribute ce_shard or ce_pos does not fit the record")
    return event
