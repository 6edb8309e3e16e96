"""What comes due in a household by itself. Derived from the household alone, so that nothing has to remember it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from padan_events.effects import HouseholdFact
from padan_events.relocations import moves_until
from padan_events.states import State
from padan_events.tiers import Reactivated

from padan_household.domain import death_claims, objections, relocating, tiers
from padan_household.domain.asked import Known
from padan_household.domain.household import Household
from padan_household.domain.sealed import Seal

RETURNED: Final = "returned_case"
DEATH_CLAIMED: Final = "death_claimed"
OBJECTION: Final = "objection"
MOVE: Final = "move"


class Deadline(msgspec.Struct, frozen=True, order=True):
    """Something of a kind comes due at a time."""

    kind: str
    at: datetime


def deadlines_of(household: Household) -> frozenset[Deadline]:
    """Everything that comes due in a household, at most one of each kind."""
    found = set()
    if household.state is State.RETURNED and household.case.due_at is not None:
        found.add(Deadline(RETURNED, household.case.due_at))
    lapses = death_claims.next_due(household)
    if lapses is not None:
        found.add(Deadline(DEATH_CLAIMED, lapses))
    if not household.closed:
        waiting = [one.due_at for one in household.objections.values() if one.due_at is not None]
        found |= {Deadline(OBJECTION, at) for at in waiting if at == min(waiting)}
    if household.relocation is not None and household.move_open and not household.closed:
        found.add(Deadline(MOVE, household.relocation.due_at))
    return frozenset(found)


def taken_up(household: Household, data: Reactivated, _: str) -> dict[str, Any]:
    """Nobody could decide on an open move while the household stood outside the register: who does is given the whole
    time again."""
    move = household.relocation
    if move is None or not household.move_open:
        return {}
    return {"relocation": msgspec.structs.replace(move, due_at=max(move.due_at, moves_until(data)))}


OPENED: Final = frozenset({MOVE})
"""Kinds that are decided by what has to be opened."""


def come_due(known: Known, kind: str, seal: Seal) -> Sequence[HouseholdFact]:
    """What happens when it does; where the kind is one of `OPENED` the household is opened, with what the civil
    registry shows of its members. Raises `KeyError` for a kind that is none."""
    if kind == MOVE:
        return relocating.overdue(known, seal)
    happens = {RETURNED: tiers.overdue, DEATH_CLAIMED: death_claims.overdue, OBJECTION: objections.overdue}
    return happens[kind](known.household)
