"""Members move from one household to another, or a whole one is absorbed. Both sides are appended in one transaction
and carry the person's next `membership_seq`."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import uuid5

from padan_events.commands.families import Joining, MergeHouseholds, TransferMembers
from padan_events.effects import HouseholdFact
from padan_events.families import MemberMovedIn, MemberMovedOut, Merged, TransferReason
from padan_events.personal import Relationship
from padan_events.tiers import Deactivated, DeactivateReason

from padan_household.domain.asked import Asked, Known
from padan_household.domain.authority import acts_in
from padan_household.domain.membership import departed, may_hold, may_part, members_of, movable, resealed, some_stay
from padan_household.domain.recipients import carried
from padan_household.domain.refusals import (
    HEAD_UNCLEAR,
    HOUSEHOLD_ERASED,
    HOUSEHOLD_UNKNOWN,
    OBJECTION_UNANSWERED,
    ORIGIN_ELSEWHERE,
    SAME_HOUSEHOLD,
    Refusal,
)
from padan_household.domain.succeeding import succeed

Facts = Sequence[HouseholdFact] | Refusal


def transfer(command: TransferMembers, known: Known, asked: Asked) -> Facts:
    """Members of one family join another."""
    origin = asked.others.get(command.origin)
    if origin is None:
        return Refusal(HOUSEHOLD_UNKNOWN, "origin")
    refusal = (
        _both(known, origin, command.occurred_on, asked, "origin")
        or members_of(command.members, origin)
        or some_stay(command.members, origin)
        or _no_head(command.members)
    )
    if refusal is not None:
        return refusal
    on = command.occurred_on or asked.today
    how: dict[str, Any] = {
        "transfer_id": uuid5(asked.command_id, "transfer"),
        "reason": command.reason,
        "occurred_on": on,
    }
    out = [
        MemberMovedOut(
            household_id=origin.household.id,
            regency=origin.household.regency,
            person_id=one.person_id,
            membership_seq=one.membership_seq,
            to=known.household.id,
            **how,
        )
        for one in departed(command.members, origin.household)
    ]
    gone = {one.person_id for one in command.members}
    # Whoever leaves a family that goes on leaves what was found against it there, unless they stand for it.
    leading = gone & {origin.household.head, origin.household.caretaker}
    return (
        *_moved_in(command.members, origin, known, asked, **how),
        *(carried(origin.household, known.household, how["transfer_id"]) if leading else ()),
        *out,
        *succeed(origin, on, asked.today, gone),
    )


def merge(command: MergeHouseholds, known: Known, asked: Asked) -> Facts:
    """All living members of one household join another, and it leaves the register."""
    absorbed = asked.others.get(command.absorbed)
    if absorbed is None:
        return Refusal(HOUSEHOLD_UNKNOWN, "absorbed")
    told = {one.person_id: one for one in command.members}
    joining = tuple(told.get(one) or Joining(one, Relationship.OTHER_FAMILY) for one in movable(absorbed))
    refusal = (
        _both(known, absorbed, command.occurred_on, asked, "absorbed")
        or _everyone(joining, absorbed)
        or members_of(command.members, absorbed)
        or _no_head(command.members)
        or _answered(absorbed)
    )
    if refusal is not None:
        return refusal
    transfer_id, on = uuid5(asked.command_id, "transfer"), command.occurred_on or asked.today
    gone: dict[str, Any] = {"household_id": absorbed.household.id, "regency": absorbed.household.regency}
    return (
        *_moved_in(
            joining,
            absorbed,
            known,
            asked,
            transfer_id=transfer_id,
            reason=TransferReason.MERGE,
            occurred_on=on,
        ),
        *carried(absorbed.household, known.household, transfer_id),
        Merged(
            **gone,
            into=known.household.id,
            transfer_id=transfer_id,
            departed=departed(joining, absorbed.household),
            occurred_on=on,
        ),
        Deactivated(**gone, reason=DeactivateReason.MERGED, occurred_on=on),
    )


def may_take_in(command: TransferMembers, known: Known, asked: Asked) -> Refusal | None:
    """The village that takes a person in, or the social office of a region in which both villages lie.

    A village takes nobody out of another regency by itself: that one lets them go first (a split, and its move).
    """
    here, origin = _acts_where(known, asked), asked.others.get(command.origin)
    if here is not None or asked.role != "village_operator":
        return here or _acts_where(origin, asked)
    if origin is not None and origin.household.regency != known.household.regency:
        return Refusal(ORIGIN_ELSEWHERE, "origin")
    return None


def may_merge(command: MergeHouseholds, known: Known, asked: Asked) -> Refusal | None:
    """The social office of a region in which both villages lie."""
    return _acts_where(known, asked) or _acts_where(asked.others.get(command.absorbed), asked)


def _acts_where(known: Known | None, asked: Asked) -> Refusal | None:
    return None if known is None or known.home is None else acts_in(asked.region, known.home.village)


def _both(known: Known, other: Known, on: date | None, asked: Asked, field: str) -> Refusal | None:
    if other.household.id == known.household.id:
        return Refusal(SAME_HOUSEHOLD, field)
    if other.home is None:
        return Refusal(HOUSEHOLD_ERASED, field)
    return may_part(known) or may_part(other, field) or may_hold(on, asked)


def _everyone(joining: Iterable[Joining], absorbed: Known) -> Refusal | None:
    refusal = members_of(joining, absorbed)
    return None if refusal is None else Refusal(refusal.code, "absorbed")


def _no_head(joining: Iterable[Joining]) -> Refusal | None:
    heads = (one for one in joining if one.relationship is Relationship.HEAD)
    return Refusal(HEAD_UNCLEAR, "members") if next(heads, None) else None


def _answered(absorbed: Known) -> Refusal | None:
    """Of a family that has left nobody is asked about objections any more."""
    waiting = any(one.due_at is not None for one in absorbed.household.objections.values())
    return Refusal(OBJECTION_UNANSWERED, "absorbed") if waiting else None


def _moved_in(joining: Iterable[Joining], origin: Known, known: Known, asked: Asked, **how: Any) -> list[MemberMovedIn]:
    household = known.household
    return [
        MemberMovedIn(
            household_id=household.id,
            regency=household.regency,
            member=resealed(one, origin, household.id, household.next_event_id(ahead), asked),
            origin=origin.household.id,
            **how,
        )
        for ahead, one in enumerate(joining)
    ]
