"""The head and the caretaker of a family, where they change."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from padan_events.commands.families import SetCaretaker, SetHead
from padan_events.effects import HouseholdFact
from padan_events.families import CaretakerChanged, ChangeReason, HeadChanged

from padan_household.domain.asked import Asked, Known
from padan_household.domain.refusals import (
    ALREADY_SO,
    HEAD_UNDER_AGE,
    HOUSEHOLD_CLOSED,
    MEMBER_UNKNOWN,
    UNDER_AGE,
    Refusal,
)
from padan_household.domain.succession import caretaker_successor, head_successor, known_minor, too_young_to_head

Facts = Sequence[HouseholdFact] | Refusal


def succeed(
    known: Known, on: date, today: date, gone: Collection[UUID], reason: ChangeReason = ChangeReason.LEFT
) -> list[HouseholdFact]:
    """Who follows where the head or the caretaker is among those `gone`. `known` is as it was before they went."""
    household = known.household
    found: list[HouseholdFact] = []
    if household.head in gone:
        found.append(
            HeadChanged(
                household_id=household.id,
                regency=household.regency,
                head=head_successor(known, today, gone),
                reason=reason,
                occurred_on=on,
            )
        )
    if household.caretaker in gone:
        successor = caretaker_successor(known, today, gone)
        if successor is not None:
            found.append(
                CaretakerChanged(
                    household_id=household.id,
                    regency=household.regency,
                    caretaker=successor,
                    reason=reason,
                    occurred_on=on,
                )
            )
    return found


def succeed_the_dead(known: Known, today: date) -> list[HouseholdFact]:
    """Who follows a head or a caretaker who died while the household had left the register; `known` is as it stands
    from now on."""
    household = known.household
    dead = {one for one in (household.head, household.caretaker) if one is not None} - {*household.living}
    return succeed(known, today, today, dead, ChangeReason.DIED)


def set_head(command: SetHead, known: Known, asked: Asked) -> Facts:
    """Somebody decides who is head: nobody below 17 where there is somebody of age."""
    refusal = _among(command.person_id, known, known.household.head)
    if refusal is not None:
        return refusal
    if too_young_to_head(known, command.person_id, asked.today):
        return Refusal(HEAD_UNDER_AGE, "person_id")
    return (
        HeadChanged(
            household_id=known.household.id,
            regency=known.household.regency,
            head=command.person_id,
            reason=ChangeReason.DECIDED,
            occurred_on=asked.today,
        ),
    )


def set_caretaker(command: SetCaretaker, known: Known, asked: Asked) -> Facts:
    """Somebody decides who receives assistance for the family: nobody below 17."""
    refusal = _among(command.person_id, known, known.household.caretaker)
    if refusal is not None:
        return refusal
    if known_minor(known, command.person_id, asked.today):
        return Refusal(UNDER_AGE, "person_id")
    return (
        CaretakerChanged(
            household_id=known.household.id,
            regency=known.household.regency,
            caretaker=command.person_id,
            reason=ChangeReason.DECIDED,
            occurred_on=asked.today,
        ),
    )


def _among(person_id: UUID, known: Known, now: UUID | None) -> Refusal | None:
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    if person_id not in known.household.living:
        return Refusal(MEMBER_UNKNOWN, "person_id")
    return Refusal(ALREADY_SO, "person_id") if person_id == now else None
