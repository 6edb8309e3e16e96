"""What a reader could not handle (`<topic>.<service>.parked.v1`): a copy, and why."""

from uuid import UUID

import msgspec

from padan_events.registry import event_type
from padan_events.topics import PARKED_TOPICS


class Header(msgspec.Struct, frozen=True, array_like=True):
    """A Kafka header as it was."""

    name: str
    value: bytes


@event_type("id.padan.reader.parked.v1", *PARKED_TOPICS.values())
class Parked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reader set a record aside: it waits in the reader's own database until an operator sends it again or drops it.

    `reason`: undecodable, unknown_type, handler_failed, behind (an earlier event of the same key waits) or
    not_an_event (no valid envelope: then there is no `pos`). `error` is the class of what was raised and where, never
    its text. `offset` is Kafka's, `digest` the SHA-256 of the value, `size` its bytes; `value` and `headers` are there
    where they fit. What was sealed stays sealed.
    """

    parked_id: UUID
    reader: str
    topic: str
    shard: int
    offset: int
    reason: str
    digest: str
    size: int
    pos: int | None = None
    error: str | None = None
    headers: tuple[Header, ...] = ()
    value: bytes | None = None
