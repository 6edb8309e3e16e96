"""What every change of who belongs where must hold, and how a member is sealed for another household."""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

import msgspec
from padan_events.commands.families import Joining
from padan_events.effects import SealedMember
from padan_events.families import Departed

from padan_household.domain.asked import Asked, Known
from padan_household.domain.household import Household
from padan_household.domain.refusals import (
    DATE_IN_FUTURE,
    DEATH_ALREADY_REPORTED,
    HOUSEHOLD_CLOSED,
    MEMBER_UNKNOWN,
    MOVE_OPEN,
    NOBODY_STAYS,
    Refusal,
)


def may_change(known: Known, field: str | None = None) -> Refusal | None:
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED, field)
    return None


def may_part(known: Known, field: str | None = None) -> Refusal | None:
    """Whether somebody may leave a family for another household, or come from one: not in the middle of a move."""
    closed = may_change(known, field)
    return closed or (Refusal(MOVE_OPEN, field) if known.household.move_open else None)


def may_hold(on: date | None, asked: Asked) -> Refusal | None:
    return Refusal(DATE_IN_FUTURE, "occurred_on") if on is not None and on > asked.today else None


def members_of(joining: Iterable[Joining], known: Known) -> Refusal | None:
    living = set(movable(known))
    for index, one in enumerate(joining):
        # Who is said to have died stays until that is settled: the report belongs to this household.
        if one.person_id in known.household.death_claims:
            return Refusal(DEATH_ALREADY_REPORTED, f"members.{index}.person_id")
        if one.person_id not in living:
            return Refusal(MEMBER_UNKNOWN, f"members.{index}.person_id")
        living.discard(one.person_id)
    return None


def movable(known: Known) -> list[UUID]:
    """The living whose data were not erased: what cannot be opened cannot be sealed for another household."""
    persons = known.persons
    return [one for one in known.household.living if None not in persons[one]]


def some_stay(joining: Collection[Joining], known: Known) -> Refusal | None:
    return Refusal(NOBODY_STAYS, "members") if len(joining) >= len(known.household.living) else None


def departed(joining: Iterable[Joining], origin: Household) -> tuple[Departed, ...]:
    return tuple(Departed(one.person_id, origin.members[one.person_id].membership_seq + 1) for one in joining)


def resealed(one: Joining, origin: Known, to: UUID, event_id: UUID, asked: Asked) -> SealedMember:
    """A member as the household `to` will hold them: under keys of their own there."""
    held, person = origin.household.members[one.person_id], origin.persons[one.person_id]
    assert person.identity is not None
    assert person.sensitive is not None
    identity = msgspec.structs.replace(person.identity, relationship=one.relationship)
    sensitive = msgspec.structs.replace(person.sensitive, relationship=one.relationship)
    return SealedMember(
        person_id=one.person_id,
        membership_seq=held.membership_seq + 1,
        identity=asked.seal(to, one.person_id, "identity", identity, event_id),
        sensitive=asked.seal(to, one.person_id, "sensitive", sensitive, event_id),
        birth_year=held.birth_year,
    )
