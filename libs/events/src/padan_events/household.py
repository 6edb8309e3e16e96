"""What was accepted of a household (household.events.v1), for ever."""

from datetime import date
from uuid import UUID

import msgspec

from padan_events.intake import Origin
from padan_events.personal import Agreement
from padan_events.registry import event_type
from padan_events.topics import HOUSEHOLD_EVENTS


class SealedMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member: a pseudonym, and two sealed blocks (`PersonIdentity`, `PersonSensitive`).

    `membership_seq` grows with each household the person joins: readers apply a side of a transfer only where
    it is larger than what they hold.
    """

    person_id: UUID
    membership_seq: int
    identity: bytes
    sensitive: bytes
    birth_year: int | None = None


@event_type("id.padan.household.proposed.v1", HOUSEHOLD_EVENTS)
class Proposed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A household was proposed and stands in the register. `identity` is a sealed `HouseholdIdentity`.

    `head` is None where no member is named head: flagged, to be settled by a person.
    """

    household_id: UUID
    regency: str
    occurred_on: date
    caretaker: UUID
    identity: bytes
    members: tuple[SealedMember, ...]
    origin: Origin | None = None
    head: UUID | None = None


@event_type("id.padan.household.identity_matched.v1", HOUSEHOLD_EVENTS)
class IdentityMatched(msgspec.Struct, frozen=True, kw_only=True):
    """A member was matched with the civil registry. Only agreement, time and the request's id are kept."""

    household_id: UUID
    regency: str
    person_id: UUID
    civil_status: str
    agreement: Agreement
    matched_at: str
    request_id: str


@event_type("id.padan.household.welfare_ranked.v1", HOUSEHOLD_EVENTS)
class WelfareRanked(msgspec.Struct, frozen=True, kw_only=True):
    """A household's welfare decile (1 poorest to 10) became known or changed."""

    household_id: UUID
    regency: str
    decile: int
    occurred_on: date
    origin: Origin
