"""A household as its events tell it, and the fold that tells it."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec
from padan_events.household import IdentityMatched, Proposed, WelfareRanked

from padan_household.domain import ids

FIRST_VERSION = 1


class State(StrEnum):
    """How far a household has come in the register. Source: docs/domain.md, States."""

    PROPOSED = "proposed"


class Cause(msgspec.Struct, frozen=True):
    """Who made an event happen (`service:<name>` or `user:<subject>`), within what, and because of which event."""

    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None


class HouseholdEvent(msgspec.Struct, frozen=True):
    """One event in the stream of a household, as the `eventsourcing` library sees events.

    `data` is one of the Structs of `padan_events.household`.
    """

    originator_id: UUID
    originator_version: int
    data: msgspec.Struct
    cause: Cause

    @property
    def event_id(self) -> UUID:
        """The event's id, the same whenever it is made again."""
        return ids.event_id(self.originator_id, self.originator_version)

    def mutate(self, household: "Household | None") -> "Household | None":
        """The household after this event."""
        return evolve(household, self)


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """What deciding on a household needs to know of it; nothing of it is personal.

    `members` maps each person to their `membership_seq`, `matched` holds those the civil registry was asked for,
    `ranked_on` is the day of the decile that counts, `proposed_by` is the report it came from (None where no report
    caused it).
    """

    id: UUID
    version: int
    state: State
    regency: str
    caretaker: UUID
    head: UUID | None
    members: dict[UUID, int]
    matched: frozenset[UUID] = frozenset()
    decile: int | None = None
    ranked_on: date | None = None
    proposed_by: UUID | None = None

    def collect_events(self) -> list[HouseholdEvent]:
        """Nothing: a frozen household holds no pending events, the deciders return them."""
        return []


class OutOfOrderError(ValueError):
    """Events that do not follow one another: the store was tampered with, or the code is wrong."""


def evolve(household: Household | None, event: HouseholdEvent) -> Household:
    """The household after one more event. Raises `OutOfOrderError`, and `TypeError` for an event it does not know."""
    expected = FIRST_VERSION if household is None else household.version + 1
    if event.originator_version != expected:
        raise OutOfOrderError(f"{event.originator_id}: version {event.originator_version} where {expected} comes next")
    data = event.data
    if isinstance(data, Proposed):
        if household is not None:
            raise OutOfOrderError(f"{event.originator_id}: proposed a second time")
        return Household(
            id=data.household_id,
            version=expected,
            state=State.PROPOSED,
            regency=data.regency,
            caretaker=data.caretaker,
            head=data.head,
            members={member.person_id: member.membership_seq for member in data.members},
            proposed_by=event.cause.causation_id,
        )
    if household is None:
        raise OutOfOrderError(f"{event.originator_id}: an event before the household was proposed")
    if isinstance(data, IdentityMatched):
        return msgspec.structs.replace(household, version=expected, matched=household.matched | {data.person_id})
    if isinstance(data, WelfareRanked):
        return msgspec.structs.replace(household, version=expected, decile=data.decile, ranked_on=data.occurred_on)
    raise TypeError(f"a household has no event {type(data).__name__}")


def fold(events: Iterable[HouseholdEvent], household: Household | None = None) -> Household | None:
    """The household after these events, from `household` or from its first event on; None where there are none."""
    for event in events:
        household = evolve(household, event)
    return household


def follow(
    household: Household | None, household_id: UUID, facts: Iterable[msgspec.Struct], cause: Cause
) -> list[HouseholdEvent]:
    """Number `facts` as the next events of a household."""
    first = FIRST_VERSION if household is None else household.version + 1
    return [HouseholdEvent(household_id, first + index, data, cause) for index, data in enumerate(facts)]
