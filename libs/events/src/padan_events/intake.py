"""Reports from outside (registry.intake.v1) and what became of them (household.outcomes.v1)."""

from datetime import date
from uuid import UUID

import msgspec

from padan_events.registry import event_type
from padan_events.topics import INTAKE, OUTCOMES


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where an event stands: shard, and position within topic and shard."""

    shard: int
    pos: int


class Origin(msgspec.Struct, frozen=True):
    """The row of a file a report came from (rows count from 1, the header not counted)."""

    batch_id: UUID
    row: int


@event_type("id.padan.registry.household_reported.v1", INTAKE)
class HouseholdReported(msgspec.Struct, frozen=True, kw_only=True):
    """A household was reported by a valid row of a registration file.

    `sealed` is a `ReportedHousehold` under the intake key named `key_id` (associated data: household id and
    event id); the key is destroyed after 30 days.
    """

    household_id: UUID
    regency: str
    origin: Origin
    key_id: str
    sealed: bytes


@event_type("id.padan.registry.ranking_reported.v1", INTAKE)
class RankingReported(msgspec.Struct, frozen=True, kw_only=True):
    """A ranking file gave a registered household a decile (1 poorest to 10)."""

    household_id: UUID
    decile: int
    occurred_on: date
    origin: Origin


@event_type("id.padan.registry.accepted.v1", OUTCOMES)
class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A report was accepted; `positions` are those of the household events it led to (none: nothing changed)."""

    report_id: UUID
    household_id: UUID
    origin: Origin
    positions: tuple[Position, ...]


@event_type("id.padan.registry.refused.v1", OUTCOMES)
class Refused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A report was refused, with the stable code of the reason and, for a duplicate, who holds the NIK."""

    report_id: UUID
    household_id: UUID
    origin: Origin
    code: str
    holder: UUID | None = None
