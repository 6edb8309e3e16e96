"""What eligibility decided (eligibility.events.v1), and the programmes' policies (programme.events.v1)."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from padan_events.intake import Position
from padan_events.registry import event_type
from padan_events.topics import ELIGIBILITY_EVENTS, PROGRAMME_EVENTS


class Outcome(StrEnum):
    """How a decision came out. A fact that is not known gives `undetermined`, never "no"."""

    ENTITLED = "entitled"
    NOT_ENTITLED = "not_entitled"
    UNDETERMINED = "undetermined"


@event_type("id.padan.eligibility.decided.v1", ELIGIBILITY_EVENTS)
class Decided(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A household's entitlement to a programme, and on what it rests.

    `facts` is the position of the household's last event that was taken into account, `as_of` the local date
    for which ages were reckoned, `missing` the facts not known, `state` the household's state (a place needs
    `determined`), `annual_idr` the amount a year in rupiah. `explanation` is a sealed `Explanation` (household,
    sensitive). The event's id is a UUIDv5 of household, programme, facts, policy version and as-of date.
    """

    household_id: UUID
    regency: str
    programme: str
    outcome: Outcome
    state: str
    policy_version: str
    facts: Position
    as_of: date
    explanation: bytes
    annual_idr: int | None = None
    missing: tuple[str, ...] = ()


@event_type("id.padan.programme.policy_published.v1", PROGRAMME_EVENTS)
class PolicyPublished(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a programme's policy was published; `document` is the policy as data, `source` where its
    rules come from, `digest` the SHA-256 of the canonical document."""

    programme: str
    version: str
    effective_from: date
    document: msgspec.Raw
    source: str
    digest: str
    published_by: str
