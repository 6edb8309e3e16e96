"""The Kafka headers of a Padan event, each with its meaning: CloudEvents 1.0 in binary mode, and five extensions."""

from typing import Any, Final

import msgspec


class Attribute(msgspec.Struct, frozen=True):
    """A header: its name, the JSON Schema of its text, and what it says."""

    name: str
    schema: dict[str, Any]
    meaning: str
    required: bool = True


_UUID: Final = {"type": "string", "format": "uuid"}

ATTRIBUTES: Final = (
    Attribute("ce_specversion", {"const": "1.0"}, "Version of CloudEvents."),
    Attribute("ce_id", _UUID, "Id of the event, a UUIDv5 of what makes it: the same event again has the same id."),
    Attribute("ce_source", {"type": "string"}, "The service that produced it, such as /padan/household."),
    Attribute("ce_type", {"type": "string"}, "Its type, such as id.padan.household.proposed.v1."),
    Attribute(
        "ce_time",
        {"type": "string", "format": "date-time"},
        "When it was recorded (RFC 3339, UTC, microseconds); never when the thing happened: that is `occurred_on` in "
        "the data.",
    ),
    Attribute("ce_shard", {"type": "string", "pattern": "^[0-9]+$"}, "Shard, 0 to 23: the Kafka partition."),
    Attribute(
        "ce_pos",
        {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "Position: 1, 2, 3 ... without holes within topic and shard.",
    ),
    Attribute("ce_correlationid", _UUID, "What began it all, such as the batch of a file: shared by all it led to."),
    Attribute("ce_actor", {"type": "string"}, "On whose behalf: `user:<subject>` or `service:<name>`."),
    Attribute("content-type", {"const": "application/json"}, "The value is JSON."),
    Attribute("ce_causationid", _UUID, "`ce_id` of the event that led to it; absent for a first one.", required=False),
)
