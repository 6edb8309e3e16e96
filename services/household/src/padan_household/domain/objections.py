"""Objections to a recipient: raised, answered, appealed against once. Source: docs/domain.md, Citizens may; Deadlines.

Who objected stands in a sealed block alone: the rules that raise and appeal are `unnamed`.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from padan_events.commands.objections import AppealObjection, RaiseObjection, ResolveObjection
from padan_events.effects import HouseholdFact
from padan_events.objections import (
    ANSWERED_WITHIN,
    ObjectionAppealed,
    ObjectionOutcome,
    ObjectionRaised,
    ObjectionResolved,
    waits_until,
)
from padan_events.personal import Objector, Statement
from padan_events.states import State
from padan_events.tiers import Reactivated

from padan_household.domain.asked import Asked, Known
from padan_household.domain.household import Household, Objection
from padan_household.domain.notes import sealed_note
from padan_household.domain.refusals import (
    ALREADY_DECIDED,
    APPEAL_TOO_LATE,
    APPEALED_ALREADY,
    HOUSEHOLD_CLOSED,
    NOT_A_RECIPIENT,
    OBJECTION_ANSWERED,
    OBJECTION_LAPSED,
    OBJECTION_OPEN,
    OBJECTION_UNKNOWN,
    TOO_MANY_OBJECTIONS,
    Refusal,
)

APPEALED_WITHIN: Final = timedelta(days=14)
"""How long an answer may be appealed against."""
MOST_OPEN: Final = 20
"""Objections to one family that may be open at once: a register is no place to write letters to."""

Facts = Sequence[HouseholdFact] | Refusal


def raise_objection(command: RaiseObjection, known: Known, asked: Asked) -> Facts:
    """Somebody of the village objects."""
    household = known.household
    if household.state is not State.DETERMINED:
        return Refusal(NOT_A_RECIPIENT)
    if sum(one.due_at is not None for one in household.objections.values()) >= MOST_OPEN:
        return Refusal(TOO_MANY_OBJECTIONS)
    statement = Statement(text=command.text, map_point=command.map_point)
    return (
        ObjectionRaised(
            **known.of,
            reason=command.reason,
            due_at=asked.now + ANSWERED_WITHIN,
            objector=_sealed(_sender(command.on_behalf_of, asked), known, asked),
            statement=_sealed(statement, known, asked),
            photo=command.photo,
        ),
    )


def resolve(command: ResolveObjection, known: Known, asked: Asked) -> Facts:
    """The social office answers; an appeal is answered by somebody else than before."""
    objection = known.household.objections.get(command.objection_id)
    if objection is None:
        return Refusal(OBJECTION_UNKNOWN, "objection_id")
    if objection.due_at is None:
        return Refusal(OBJECTION_ANSWERED)
    if objection.due_at <= asked.now:
        return Refusal(OBJECTION_LAPSED)
    if objection.answered_by == asked.actor:
        return Refusal(ALREADY_DECIDED)
    return (
        ObjectionResolved(
            **known.of,
            objection_id=command.objection_id,
            outcome=ObjectionOutcome(command.outcome.value),
            appeal_until=None if objection.appealed else asked.now + APPEALED_WITHIN,
            note=sealed_note(command.note, known, asked),
        ),
    )


def appeal(command: AppealObjection, known: Known, asked: Asked) -> Facts:
    """The family or the objector appeals, once and in time."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    objection = known.household.objections.get(command.objection_id)
    if objection is None:
        return Refusal(OBJECTION_UNKNOWN, "objection_id")
    if objection.appealed:
        return Refusal(APPEALED_ALREADY)
    if objection.due_at is not None or objection.appeal_until is None:
        return Refusal(OBJECTION_OPEN)
    if objection.appeal_until <= asked.now:
        return Refusal(APPEAL_TOO_LATE)
    return (
        ObjectionAppealed(
            **known.of,
            objection_id=command.objection_id,
            due_at=asked.now + ANSWERED_WITHIN,
            appellant=_sealed(_sender(command.on_behalf_of, asked), known, asked),
            statement=_sealed(Statement(text=command.text), known, asked),
        ),
    )


def overdue(household: Household) -> Sequence[HouseholdFact]:
    """What becomes of the objections that are due first, at their deadline."""
    due = min(one.due_at for one in household.objections.values() if one.due_at is not None)
    return [
        ObjectionResolved(
            household_id=household.id,
            regency=household.regency,
            objection_id=objection_id,
            outcome=ObjectionOutcome.LAPSED,
            appeal_until=None if one.appealed else due + APPEALED_WITHIN,
        )
        for objection_id, one in household.objections.items()
        if one.due_at == due
    ]


def _sender(on_behalf_of: str | None, asked: Asked) -> Objector:
    return Objector(account=asked.actor, role=asked.role, on_behalf_of=on_behalf_of)


def _sealed(content: msgspec.Struct, known: Known, asked: Asked) -> bytes:
    household = known.household
    return asked.seal(household.id, household.id, "identity", content, household.next_event_id())


def _raised(household: Household, data: ObjectionRaised, _: str) -> dict[str, Any]:
    return {"objections": {**household.objections, household.next_event_id(): Objection(due_at=data.due_at)}}


def _changed(change: Callable[[Any, str], dict[str, Any]]) -> Callable[[Household, Any, str], dict[str, Any]]:
    def changed(household: Household, data: Any, actor: str) -> dict[str, Any]:
        held = household.objections[data.objection_id]
        changes = change(data, actor)
        return {"objections": {**household.objections, data.objection_id: msgspec.structs.replace(held, **changes)}}

    return changed


def taken_up(household: Household, data: Reactivated, _: str) -> dict[str, Any]:
    """Nobody could answer while the household stood outside the register: who does is given the whole time again."""
    until = waits_until(data)
    return {
        "objections": {
            objection_id: one if one.due_at is None else msgspec.structs.replace(one, due_at=max(one.due_at, until))
            for objection_id, one in household.objections.items()
        }
    }


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    ObjectionRaised: _raised,
    ObjectionResolved: _changed(
        lambda data, actor: {"due_at": None, "appeal_until": data.appeal_until, "answered_by": actor}
    ),
    ObjectionAppealed: _changed(lambda data, _: {"due_at": data.due_at, "appeal_until": None, "appealed": True}),
}
"""By type of event, what it changes of the objections."""
