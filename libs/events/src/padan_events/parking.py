"""What a reader could not handle (`<topic>.<service>.parked.v1`): a copy, and why."""

from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import PARKED_TOPICS


class Header(msgspec.Struct, frozen=True, array_like=True):
    """A Kafka header as it was."""

    name: Annotated[str, told("Its name.")]
    value: Annotated[bytes | None, told("Its bytes; null where it has none.")]


@event_type("id.padan.reader.parked.v1", *PARKED_TOPICS.values())
class Parked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reader set a record aside: it waits in the reader's own database until an operator sends it again or drops it.

    When: the record could not be handled, or stands behind one of the same key that could not. What was sealed stays
    sealed.
    """

    parked_id: Annotated[UUID, told("Names it in `padan parked`.")]
    reader: Annotated[str, told("The reader, such as gateway.views.")]
    topic: Annotated[str, told("The topic of the record.")]
    shard: Annotated[int, told("Kafka's partition of the record.")]
    offset: Annotated[int, told("Kafka's offset of the record.")]
    reason: Annotated[
        str,
        told(
            "undecodable, unknown_type, handler_failed, behind (an earlier event of the same key waits) or "
            "not_an_event (no valid envelope: then there is no `pos`)."
        ),
    ]
    digest: Annotated[str, told("SHA-256 of the record's value, in hexadecimal.")]
    size: Annotated[int, told("Bytes of the record's value.")]
    pos: Annotated[int | None, told("Position of the event; absent where the envelope is not valid.")] = None
    error: Annotated[str | None, told("Class of what was raised and where, never its text.")] = None
    headers: Annotated[tuple[Header, ...], told("The record's headers, where they fit.")] = ()
    value: Annotated[bytes | None, told("The record's value as it was, where it fits.")] = None
