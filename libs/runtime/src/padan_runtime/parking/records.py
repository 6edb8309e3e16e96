"""A record that is set aside, as it was, and its copy for others."""

import hashlib
import re
from collections.abc import Sequence
from uuid import UUID, uuid5

import msgspec
from padan_events import Event, encode, shard_of, type_of
from padan_events.envelope import from_record, to_headers
from padan_events.parking import Header, Parked
from padan_events.topics import parked_topic

from padan_runtime.log import LARGEST_VALUE_BYTES, Entry
from padan_runtime.parking.faults import Fault

Headers = Sequence[tuple[str, bytes | None]]
"""Kafka allows a header without value."""

_NAMESPACE = UUID("5b0d6a3e-6c52-5f0e-9d1b-7a5c1f0e2b44")
_TYPE = re.compile(r"[a-z0-9_.]{1,100}", re.ASCII)
_KEY = re.compile(r"[a-z0-9_.-]{1,100}", re.ASCII)
_LARGEST_VALUE = 500_000  # as base64 it still fits into a message
_LARGEST_HEADERS = 50_000


def service_of(reader: str) -> str:
    """The service a reader belongs to: `registry-ingest` of `registry-ingest.persons`."""
    return reader.partition(".")[0]


def digest_of(value: bytes | None) -> bytes:
    """SHA-256 of a value; of no value, that of nothing."""
    return hashlib.sha256(value or b"").digest()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record of Kafka that `reader` set aside. `event` is None where it has no valid envelope."""

    reader: str
    topic: str
    shard: int
    offset: int
    cluster_id: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    fault: Fault
    event: Event | None = None

    @classmethod
    def of_event(
        cls, event: Event, fault: Fault, *, reader: str, offset: int, cluster_id: str, headers: Headers | None = None
    ) -> "Record":
        """The record of an event. `headers` as they were, where they were more than those of an event."""
        return cls(
            reader=reader,
            topic=event.topic,
            shard=event.shard,
            offset=offset,
            cluster_id=cluster_id,
            key=event.key.encode(),
            value=event.value,
            headers=to_headers(event) if headers is None else headers,
            fault=fault,
            event=event,
        )

    @property
    def parked_id(self) -> UUID:
        """The same for the same record, however often it is read."""
        where = f"@{self.cluster_id}:{self.offset}" if self.event is None else f"{self.event.pos}"
        return uuid5(_NAMESPACE, f"{self.reader}:{self.topic}:{self.shard}:{where}")

    @property
    def type(self) -> str | None:
        """The type it says it is, where that has the form of one."""
        if self.event is None or not _TYPE.fullmatch(self.event.type):
            return None
        return self.event.type

    def copy(self) -> Entry:
        """The copy that goes out: lies on the shard of its own key as every event does."""
        event, parked_id = self.event, self.parked_id
        key = event.key if event is not None and _KEY.fullmatch(event.key) else str(parked_id)
        value = self.value if len(self.value or b"") <= _LARGEST_VALUE else None
        headers = tuple(Header(name, data) for name, data in self.headers)
        fits = sum(len(header.name) + len(header.value or b"") for header in headers) <= _LARGEST_HEADERS
        data = Parked(
            parked_id=parked_id,
            reader=self.reader,
            topic=self.topic,
            shard=self.shard,
            offset=self.offset,
            reason=self.fault.reason.value,
            digest=digest_of(self.value).hex(),
            size=len(self.value or b""),
            pos=None if event is None else event.pos,
            error=self.fault.error,
            headers=headers if fits else (),
            value=value,
        )
        encoded = encode(data)
        # Only the encoded size tells: a control character in a header's name takes six bytes.
        for leaner in ({"headers": ()}, {"headers": (), "value": None}):
            if len(encoded) > LARGEST_VALUE_BYTES:
                encoded = encode(msgspec.structs.replace(data, **leaner))
        service = service_of(self.reader)
        return Entry(
            topic=parked_topic(self.topic, service),
            shard=shard_of(key),
            key=key,
            event_id=uuid5(parked_id, "parked"),
            type=type_of(data).name,
            value=encoded,
            actor=f"service:{service}",
            correlation_id=parked_id if event is None else event.correlation_id,
            causation_id=None if event is None else event.event_id,
        )


def pack(headers: Headers) -> bytes:
    """Headers as they stand in the table."""
    return msgspec.msgpack.encode([(name, data) for name, data in headers])


def unpack(packed: bytes) -> list[tuple[str, bytes | None]]:
    """The headers that `pack` packed."""
    return msgspec.msgpack.decode(packed, type=list[tuple[str, bytes | None]])


def event_of(topic: str, shard: int, key: bytes | None, value: bytes | None, headers: bytes) -> Event:
    """The event a parked row holds. Raises `EnvelopeError`."""
    return from_record(topic, shard, key, value, unpack(headers))
