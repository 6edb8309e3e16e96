"""The two sides of a transfer, or of a duplicate that is merged, stand in two shards: of what is taken back, each must
have its other side."""

from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.effects import HouseholdFact
from padan_events.families import MemberMovedIn
from padan_events.household import Proposed


class Side(msgspec.Struct, frozen=True):
    """A household takes a person in (`joins`) or lets them go, with this `membership_seq`. That a record is merged or
    stands again both households say: of each that is its side."""

    household_id: UUID
    person_id: UUID
    membership_seq: int
    joins: bool


def lacking(events: Iterable[Event], stored: Callable[[set[UUID]], Iterable[Event]]) -> set[Side]:
    """The other sides of transfers in `events` that stand neither there nor in the store; `stored` gives the events
    of households."""
    events = list(events)
    expected = {side for data in _facts(events) for side in _others(data)}
    missing = expected - {side for data in _facts(events) for side in _own(data)}
    if not missing:
        return set()
    known = stored({side.household_id for side in missing})
    return missing - {side for data in _facts(known) for side in _own(data)}


def _facts(events: Iterable[Event]) -> list[HouseholdFact]:
    found = (decode(event.type, event.value) for event in events)
    return [data for data in found if isinstance(data, HouseholdFact)]


def _own(data: HouseholdFact) -> list[Side]:
    effects, own = data.effects(), data.household_id
    if isinstance(data, DuplicateMerged | Unmerged):
        return [_of_duplicate(data, own)]
    return [
        *(Side(own, one.person_id, one.membership_seq, joins=True) for one in effects.joined),
        *(Side(own, one.person_id, one.membership_seq, joins=False) for one in effects.left),
    ]


def _others(data: HouseholdFact) -> list[Side]:
    effects = data.effects()
    if isinstance(data, DuplicateMerged | Unmerged):
        return [_of_duplicate(data, one) for one in {data.kept_in, data.duplicate_in} - {data.household_id}]
    found = [Side(one.to, one.person_id, one.membership_seq, joins=True) for one in effects.left]
    origin = None
    if isinstance(data, MemberMovedIn):
        origin = data.origin
    elif isinstance(data, Proposed) and data.split_from is not None:
        origin = data.split_from.household_id
    if origin is not None:
        found += [Side(origin, one.person_id, one.membership_seq, joins=False) for one in effects.joined]
    return found


def _of_duplicate(data: DuplicateMerged | Unmerged, household_id: UUID) -> Side:
    return Side(household_id, data.formerly, data.membership_seq, joins=isinstance(data, Unmerged))
