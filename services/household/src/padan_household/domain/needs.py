"""What people need: recorded, referred, and what was done about it.

Source: docs/domain.md, Needs. What is needed and what is written beside it are sealed under the sensitive key of whom
it is about; a need is named by its event.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.commands.needs import DeliverIntervention, RecordNeed, ReferNeed
from padan_events.effects import HouseholdFact
from padan_events.needs import InterventionDelivered, Need, NeedOutcome, NeedRecorded, Referral, Referred

from padan_household.domain.asked import Asked, Known
from padan_household.domain.household import Household, HouseholdNeed
from padan_household.domain.identities import open_member
from padan_household.domain.notes import sealed_note_of_need
from padan_household.domain.refusals import (
    DATE_IN_FUTURE,
    HOUSEHOLD_CLOSED,
    MEMBER_UNKNOWN,
    NEED_MET,
    NEED_UNKNOWN,
    Refusal,
)

Facts = Sequence[HouseholdFact] | Refusal


def record(command: RecordNeed, known: Known, asked: Asked) -> Facts:
    """A need of a living member, or of the household. The same kind once more is another need."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    if command.occurred_on > asked.today:
        return Refusal(DATE_IN_FUTURE, "occurred_on")
    refused = None if command.person_id is None else _not_here(command.person_id, known)
    if refused is not None:
        return refused
    return (
        NeedRecorded(
            **known.of,
            occurred_on=command.occurred_on,
            need=_sealed(Need(command.kind), command.person_id, known, asked),
            person_id=command.person_id,
            note=sealed_note_of_need(command.note, command.person_id, known, asked),
        ),
    )


def refer(command: ReferNeed, known: Known, asked: Asked) -> Facts:
    """Somebody is asked to help with a need that is not met."""
    need = _open_need(command, known, asked)
    if isinstance(need, Refusal):
        return need
    refused = None if need.person_id is None else _not_here(need.person_id, known)
    if refused is not None:
        return refused
    referral = _sealed(Referral(command.to.strip()), need.person_id, known, asked)
    return (Referred(**known.of, need_id=command.need_id, occurred_on=command.occurred_on, referral=referral),)


def deliver(command: DeliverIntervention, known: Known, asked: Asked) -> Facts:
    """Something was done about a need that was not met: also where its member lives elsewhere by now, and this
    household has left the register since, as one does that was merged into another."""
    need = _open_need(command, known, asked)
    if isinstance(need, Refusal):
        return need
    return (
        InterventionDelivered(
            **known.of,
            need_id=command.need_id,
            outcome=command.outcome,
            occurred_on=command.occurred_on,
            note=sealed_note_of_need(command.note, need.person_id, known, asked),
        ),
    )


def _not_here(person_id: UUID, known: Known) -> Refusal | None:
    member = open_member(person_id, known)
    if isinstance(member, Refusal):
        return member
    return None if person_id in known.household.living else Refusal(MEMBER_UNKNOWN, "person_id")


def _open_need(command: ReferNeed | DeliverIntervention, known: Known, asked: Asked) -> HouseholdNeed | Refusal:
    need = known.household.needs.get(command.need_id)
    if need is None:
        return Refusal(NEED_UNKNOWN, "need_id")
    if known.household.closed and (need.person_id is None or isinstance(command, ReferNeed)):
        return Refusal(HOUSEHOLD_CLOSED)
    if need.met:
        return Refusal(NEED_MET)
    return Refusal(DATE_IN_FUTURE, "occurred_on") if command.occurred_on > asked.today else need


def _sealed(content: msgspec.Struct, person_id: UUID | None, known: Known, asked: Asked) -> bytes:
    household = known.household
    return asked.seal(household.id, person_id or household.id, "sensitive", content, household.next_event_id())


def _recorded(household: Household, data: NeedRecorded, _: str) -> dict[str, Any]:
    # Folded before its version is counted: the event is the household's next one.
    return {"needs": {**household.needs, household.next_event_id(): HouseholdNeed(person_id=data.person_id)}}


def _delivered(household: Household, data: InterventionDelivered, _: str) -> dict[str, Any]:
    need = msgspec.structs.replace(household.needs[data.need_id], met=data.outcome is NeedOutcome.MET)
    return {"needs": {**household.needs, data.need_id: need}}


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    NeedRecorded: _recorded,
    InterventionDelivered: _delivered,
}
"""By type of event, what it changes of the needs."""
