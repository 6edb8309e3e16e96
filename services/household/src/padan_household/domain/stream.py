"""The events of a household, and the fold that tells of them what it is."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET
from padan_events.corrections import DetailsCorrected
from padan_events.effects import Effects, HouseholdFact
from padan_events.household import Proposed, SplitFrom, WelfareRanked
from padan_events.states import CLOSED, State
from padan_events.tiers import Reactivated
from padan_events.touching import touches

from padan_household.domain import (
    corrections,
    deadlines,
    death_claims,
    disputes,
    duplicates,
    ids,
    needs,
    objections,
    recipients,
    registry_moves,
    relocating,
    tiers,
    verification,
)
from padan_household.domain.household import CaseState, Household, Member, Sealed

FIRST_VERSION = 1


class Cause(msgspec.Struct, frozen=True):
    """Who made an event happen (`service:<name>` or `user:<subject>`), within what, and because of which event."""

    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None


class HouseholdEvent(msgspec.Struct, frozen=True):
    """One event in the stream of a household, as the `eventsourcing` library sees events.

    `data` is one of the Structs of `padan_events` that say what happened to a household.
    """

    originator_id: UUID
    originator_version: int
    data: msgspec.Struct
    cause: Cause

    @property
    def event_id(self) -> UUID:
        """The event's id, the same whenever it is made again."""
        return ids.event_id(self.originator_id, self.originator_version)

    def mutate(self, household: Household | None) -> Household | None:
        """The household after this event."""
        return evolve(household, self)


class OutOfOrderError(ValueError):
    """Events that do not follow one another: the store was tampered with, or the code is wrong."""


def evolve(household: Household | None, event: HouseholdEvent) -> Household:
    """The household after one more event. Raises `OutOfOrderError`, and `TypeError` for an event it does not know."""
    expected = FIRST_VERSION if household is None else household.version + 1
    if event.originator_version != expected:
        raise OutOfOrderError(f"{event.originator_id}: version {event.originator_version} where {expected} comes next")
    data = event.data
    if not isinstance(data, HouseholdFact):
        raise TypeError(f"a household has no event {type(data).__name__}")
    if isinstance(data, Proposed):
        if household is not None:
            raise OutOfOrderError(f"{event.originator_id}: proposed a second time")
        household = Household(
            id=data.household_id,
            version=expected,
            state=State.PROPOSED,
            regency=data.regency,
            caretaker=data.caretaker,
            head=data.head,
            identity=Sealed(data.identity, event.event_id),
            members={},
            proposed_by=event.cause.causation_id,
            **_kept(data.split_from),
        )
    elif household is None:
        raise OutOfOrderError(f"{event.originator_id}: an event before the household was proposed")
    changed = _effected(household, data.effects(), event)
    if touches(data, event.cause.actor):
        changed |= tiers.touched(household)
    own = _OWN.get(type(data))
    if own is not None:
        changed |= own(household, data, event.cause.actor)
    return msgspec.structs.replace(household, version=expected, regency=data.regency, **changed)


_Change = Callable[[Household, Any, str], dict[str, Any]]


def _each(*changes: _Change) -> _Change:
    """What several slices make of an event."""
    return lambda household, data, actor: {
        name: value for change in changes for name, value in change(household, data, actor).items()
    }


_OWN: Final[dict[type, _Change]] = {
    WelfareRanked: lambda _, data, __: {"ranked_on": data.occurred_on},
    **tiers.EVOLVE,
    **disputes.EVOLVE,
    **death_claims.EVOLVE,
    **verification.EVOLVE,
    **recipients.EVOLVE,
    **objections.EVOLVE,
    **needs.EVOLVE,
    **relocating.EVOLVE,
    **duplicates.EVOLVE,
    **registry_moves.EVOLVE,
    Reactivated: _each(tiers.EVOLVE[Reactivated], objections.taken_up, deadlines.taken_up),
    DetailsCorrected: _each(disputes.EVOLVE[DetailsCorrected], corrections.since_move),
}
"""By type of event, what it changes beyond its effects: fields of the household with their new values."""


def _kept(origin: SplitFrom | None) -> dict[str, Any]:
    """What a household keeps of the one it was a part of, beyond effects."""
    if origin is None:
        return {}
    case = CaseState(
        approvals=origin.approvals,
        returned_to=origin.returned_to,
        due_at=origin.due_at,
        update_month=origin.update_month,
    )
    return {"case": case, "ranked_on": origin.ranked_on, "aid": recipients.kept(origin.finding)}


def _effected(household: Household, effects: Effects, event: HouseholdEvent) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if effects.state is not None:
        changed["state"] = effects.state
        if effects.state in CLOSED and household.state not in CLOSED:
            changed["closed_from"] = tiers.base(household)
    if effects.identity is not None:
        changed["identity"] = Sealed(effects.identity, event.event_id)
    if effects.decile is not None:
        changed["decile"] = effects.decile
    if effects.head is not UNSET:
        changed["head"] = effects.head
    if effects.caretaker is not UNSET:
        changed["caretaker"] = effects.caretaker
    if effects.joined or effects.changed or effects.left or effects.died:
        changed["members"] = _members(household.members, effects, event)
    if household.seen and (effects.left or effects.state in CLOSED):
        # Who is gone may be shown elsewhere since, and nobody would tell it here.
        gone = household.seen.keys() if effects.state in CLOSED else {one.person_id for one in effects.left}
        changed["seen"] = {person: seen for person, seen in household.seen.items() if person not in gone}
    return changed


def _members(members: dict[UUID, Member], effects: Effects, event: HouseholdEvent) -> dict[UUID, Member]:
    members = dict(members)
    for one in (*effects.joined, *effects.changed):
        held = members.get(one.person_id)
        members[one.person_id] = Member(
            membership_seq=one.membership_seq,
            identity=Sealed(one.identity, event.event_id),
            sensitive=Sealed(one.sensitive, event.event_id),
            birth_year=one.birth_year,
            died_on=None if held is None else held.died_on,
        )
    for left in effects.left:
        members.pop(left.person_id, None)
    for died in effects.died:
        members[died.person_id] = msgspec.structs.replace(members[died.person_id], died_on=died.on)
    return members


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


def follow_each(
    households: Mapping[UUID, Household], facts: Iterable[HouseholdFact], cause: Cause
) -> list[HouseholdEvent]:
    """Number facts of several households, each as the next events of its own."""
    versions = {household_id: household.version for household_id, household in households.items()}
    events = []
    for data in facts:
        version = versions[data.household_id] = versions.get(data.household_id, FIRST_VERSION - 1) + 1
        events.append(HouseholdEvent(data.household_id, version, data, cause))
    return events
