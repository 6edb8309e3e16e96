"""A case moves from tier to tier, is sent back, or leaves the way. Source: docs/domain.md, States."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from padan_events.commands.cases import (
    Approve,
    DeactivateHousehold,
    Deliberate,
    Determine,
    ReactivateHousehold,
    RejectCases,
    ReturnCases,
    WithdrawHousehold,
)
from padan_events.effects import HouseholdFact
from padan_events.relocations import RelocationCancelled
from padan_events.states import TURN, WAY, State
from padan_events.tiers import (
    BY_THEMSELVES,
    Advanced,
    Deactivated,
    DeactivateReason,
    Deliberated,
    Determined,
    Reactivated,
    Rejected,
    Returned,
    Verified,
    Withdrawn,
    WithdrawReason,
)

from padan_household.domain.asked import Asked, Known
from padan_household.domain.cut_off import update_month
from padan_household.domain.household import Aid, CaseState, Household
from padan_household.domain.notes import sealed_note
from padan_household.domain.refusals import (
    ALREADY_APPROVED,
    DUPLICATE_IN_REGISTER,
    HOUSEHOLD_CLOSED,
    NOBODY_LIVES,
    NOT_EARLIER,
    NOT_ITS_TURN,
    REASON_RESERVED,
    STILL_IN_REGISTER,
    Refusal,
)
from padan_household.domain.succeeding import succeed_the_dead

RETURNED_FOR: Final = timedelta(days=14)
"""How long a returned case waits to be touched (default)."""

Facts = Sequence[HouseholdFact] | Refusal


def base(household: Household) -> State:
    """The state that what comes next builds on."""
    returned_to = household.case.returned_to
    return returned_to if household.state is State.RETURNED and returned_to is not None else household.state


def brings_on(known: Known, asked: Asked, *to: State) -> State | Refusal:
    """The state the sender brings a case to, which must be one of `to`. Nobody approves one case twice, even after
    changing role."""
    turn = _turn(known, asked)
    if isinstance(turn, Refusal):
        return turn
    if turn not in to:
        return Refusal(NOT_ITS_TURN)
    held = {actor for state, actor in known.household.case.approvals.items() if state is not turn}
    return Refusal(ALREADY_APPROVED) if asked.actor in held else turn


def _turn(known: Known, asked: Asked) -> State | Refusal:
    """The state the sender could bring a case to now."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    turn = TURN.get(base(known.household))
    return Refusal(NOT_ITS_TURN) if turn is None or asked.role not in turn[1] else turn[0]


def deliberate(command: Deliberate, known: Known, asked: Asked) -> Facts:
    """The village head finalizes."""
    turn = brings_on(known, asked, State.DELIBERATED)
    if isinstance(turn, Refusal):
        return turn
    return (
        Deliberated(
            **_of(known),
            occurred_on=command.held_on,
            minutes_number=command.minutes_number,
            minutes_photos=command.minutes_photos,
        ),
    )


def approve(command: Approve, known: Known, asked: Asked) -> Facts:
    """A tier approves."""
    turn = brings_on(known, asked, State.DISTRICT_APPROVED, State.OFFICE_APPROVED, State.REGION_APPROVED)
    if isinstance(turn, Refusal):
        return turn
    if turn is not State.REGION_APPROVED:
        return (Advanced(**_of(known), to=turn),)
    month, late = update_month(asked.now, command.given_at, known.household.regency, asked.cut_off_day)
    return (Advanced(**_of(known), to=turn, update_month=month, late=late),)


def determine(_: Determine, known: Known, asked: Asked) -> Facts:
    """The ministry determines, for the update month into which the regency's approval fell."""
    turn = brings_on(known, asked, State.DETERMINED)
    if isinstance(turn, Refusal):
        return turn
    month = known.household.case.update_month
    if month is None:
        return Refusal(NOT_ITS_TURN)
    return (Determined(**_of(known), update_month=month),)


def return_case(command: ReturnCases, known: Known, asked: Asked) -> Facts:
    """The tier whose turn it is sends a case back."""
    turn = _turn(known, asked)
    if isinstance(turn, Refusal):
        return turn
    if command.to not in WAY or WAY.index(command.to) > WAY.index(base(known.household)):
        return Refusal(NOT_EARLIER, "to")
    return (
        Returned(
            **_of(known),
            to=command.to,
            reasons=command.reasons,
            due_at=asked.now + RETURNED_FOR,
            note=sealed_note(command.note, known, asked),
        ),
    )


def reject(command: RejectCases, known: Known, asked: Asked) -> Facts:
    """The tier whose turn it is rejects a case."""
    turn = _turn(known, asked)
    if isinstance(turn, Refusal):
        return turn
    return (Rejected(**_of(known), reasons=command.reasons, note=sealed_note(command.note, known, asked)),)


def withdraw(command: WithdrawHousehold, known: Known, asked: Asked) -> Facts:
    """A case is withdrawn before it is determined."""
    if command.reason in BY_THEMSELVES:
        return Refusal(REASON_RESERVED, "reason")
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    if base(known.household) is State.DETERMINED:
        return Refusal(NOT_ITS_TURN)
    return (Withdrawn(**_of(known), reason=command.reason, note=sealed_note(command.note, known, asked)),)


def deactivate(command: DeactivateHousehold, known: Known, asked: Asked) -> Facts:
    """The social office ends a household."""
    if command.reason in BY_THEMSELVES:
        return Refusal(REASON_RESERVED, "reason")
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    note = sealed_note(command.note, known, asked)
    return (Deactivated(**_of(known), reason=command.reason, occurred_on=asked.today, note=note),)


def reactivate(command: ReactivateHousehold, known: Known, asked: Asked) -> Facts:
    """The social office takes a household up again; it goes the whole way once more."""
    if not known.household.closed:
        return Refusal(STILL_IN_REGISTER)
    for claim in asked.claims.values():
        if claim.household_id != known.household.id:
            return Refusal(DUPLICATE_IN_REGISTER, holder=claim.household_id)
    if not known.household.living:
        return Refusal(NOBODY_LIVES)
    note = sealed_note(command.note, known, asked)
    return (
        Reactivated(**_of(known), to=State.PROPOSED, occurred_on=asked.today, note=note),
        # It has left, so it moves no more: who wants to move asks again.
        *((RelocationCancelled(**_of(known)),) if known.household.move_open else ()),
        *succeed_the_dead(known, asked.today),
    )


def overdue(household: Household) -> Sequence[HouseholdFact]:
    """What becomes of a returned case at its deadline."""
    return (
        Withdrawn(household_id=household.id, regency=household.regency, reason=WithdrawReason.NOT_REPAIRED),
    )  # fmt: skip


def _of(known: Known) -> dict[str, Any]:
    return {"household_id": known.household.id, "regency": known.household.regency}


def touched(household: Household) -> dict[str, Any]:
    """A returned case was touched by a person: it is not withdrawn by itself any more."""
    if household.state is not State.RETURNED or household.case.due_at is None:
        return {}
    return {"case": msgspec.structs.replace(household.case, due_at=None)}


def _brought(to: State) -> Callable[[Household, Any, str], dict[str, Any]]:
    return lambda household, _, actor: {"case": _approved(household.case, to, actor)}


def _approved(case: CaseState, to: State, actor: str, month: str | None = None) -> CaseState:
    return CaseState(approvals={**case.approvals, to: actor}, update_month=month or case.update_month)


def _ended(household: Household, data: Deactivated, actor: str) -> dict[str, Any]:
    return {
        **_left(household, data, actor),
        "ended_by_death": data.reason is DeactivateReason.LAST_MEMBER_DIED,
        "ended_by_duplicate": data.reason is DeactivateReason.DUPLICATE_MERGED,
    }


def _sent_back(household: Household, data: Returned, _: str) -> dict[str, Any]:
    last = WAY.index(data.to)
    kept = {state: actor for state, actor in household.case.approvals.items() if WAY.index(state) <= last}
    # The approval of the regency stands where nothing before it is done again, and so does its month.
    month = household.case.update_month if data.to is State.REGION_APPROVED else None
    return {"case": CaseState(approvals=kept, returned_to=data.to, due_at=data.due_at, update_month=month)}


def _left(household: Household, _: object, __: str) -> dict[str, Any]:
    # Whose death was reported may be held by another household from now on: it is reported there.
    return {"case": msgspec.structs.replace(household.case, returned_to=None, due_at=None), "death_claims": {}}


def _taken_up(_: Household, data: Reactivated, __: str) -> dict[str, Any]:
    # Who goes the whole way once more has neither a place nor a proposal for one left.
    anew = {"case": CaseState(), "aid": Aid()} if data.to is State.PROPOSED else {}
    return {**anew, "ended_by_duplicate": False}


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    Deliberated: _brought(State.DELIBERATED),
    Verified: _brought(State.VERIFIED),
    Advanced: lambda household, data, actor: {"case": _approved(household.case, data.to, actor, data.update_month)},
    Determined: _brought(State.DETERMINED),
    Returned: _sent_back,
    Rejected: _left,
    Withdrawn: _left,
    Deactivated: _ended,
    Reactivated: _taken_up,
}
"""By type of event, what it changes of the case."""
