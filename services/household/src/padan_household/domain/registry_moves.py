"""What the civil registry shows of moves: the village in which it showed each member last is remembered. It moves
nobody; a move on which the destination says nothing is decided by it. Source: docs/domain.md, Deadlines and measures.

The head's address counts, or the caretaker's where nobody is head: the family card stands in the head's name and moves
with the head, while a child may be shown at a school, and who has no NIK is shown nowhere. It has to be the village
that the family wants to move to: another one of that regency is not the new address.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.effects import HouseholdFact
from padan_events.intake import MoveSource, Origin
from padan_events.personal import ShownPlace
from padan_events.relocations import RelocationSeen

from padan_household.domain.asked import Known
from padan_household.domain.household import Household, Sealed, Seen
from padan_household.domain.refusals import (
    HOUSEHOLD_CLOSED,
    HOUSEHOLD_ERASED,
    NOT_A_MEMBER,
    NOT_IN_REGISTER,
    REGION_FORBIDDEN,
    Refusal,
)
from padan_household.domain.sealed import Seal

_REGENCY: Final = 4


class RegistryMove(msgspec.Struct, frozen=True, kw_only=True):
    """The civil registry shows a person in a village from a day on. `region` is where whoever told it acts."""

    household_id: UUID
    person_id: UUID
    village: str
    occurred_on: date
    source: MoveSource
    origin: Origin
    region: str = ""


def decides(report: RegistryMove, named: Household | None, holder: Household | None) -> Household | None:
    """Which household a report is about: the one that holds the person now, which need not be the one it names."""
    return holder if holder is not None and report.person_id in holder.members else named


def told(report: RegistryMove, known: Known | None, seal: Seal) -> Sequence[HouseholdFact] | Refusal:
    """What a report leads to. Nothing where it says nothing new: of several the latest day counts, whatever order they
    come in, and of one day what was told last. Nor of the dead, who move no more."""
    if known is None:
        return Refusal(NOT_IN_REGISTER)
    household, refusal = known.household, _refusal(report, known)
    if refusal is not None:
        return refusal
    if report.person_id not in household.living or not _is_new(report, household.seen.get(report.person_id), known):
        return ()
    place, event_id = ShownPlace(report.village), household.next_event_id()
    return (
        RelocationSeen(
            household_id=household.id,
            regency=household.regency,
            person_id=report.person_id,
            to_regency=report.village[:_REGENCY],
            place=seal(household.id, report.person_id, "identity", place, event_id),
            occurred_on=report.occurred_on,
            source=report.source,
        ),
    )


def _refusal(report: RegistryMove, known: Known) -> Refusal | None:
    code = None
    if known.home is None:
        code = HOUSEHOLD_ERASED
    elif not (known.home.village.startswith(report.region) or report.village.startswith(report.region)):
        code = REGION_FORBIDDEN
    elif report.person_id not in known.household.members:
        code = NOT_A_MEMBER
    elif known.household.closed:
        code = HOUSEHOLD_CLOSED
    return None if code is None else Refusal(code)


def shows(known: Known, village: str) -> bool:
    """Whether the civil registry shows the family in a village."""
    household = known.household
    person = household.caretaker if household.head is None else household.head
    shown = known.seen.get(person)
    return shown is not None and shown.village == village and person in household.living


def _is_new(report: RegistryMove, before: Seen | None, known: Known) -> bool:
    if before is None or report.occurred_on > before.since:
        return True
    shown = known.seen.get(report.person_id)
    return report.occurred_on == before.since and (shown is None or shown.village != report.village)


def _seen(household: Household, data: RelocationSeen, _: str) -> dict[str, Any]:
    seen = Seen(place=Sealed(data.place, household.next_event_id()), since=data.occurred_on)
    return {"seen": {**household.seen, data.person_id: seen}}


EVOLVE: Final[Mapping[type, Callable[[Household, Any, str], dict[str, Any]]]] = {RelocationSeen: _seen}
"""By type of event, what it changes of where the civil registry shows the members."""
