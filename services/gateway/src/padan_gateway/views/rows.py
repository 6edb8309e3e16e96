"""Rows of the views, and the folding of one batch of events into them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from padan_events import Event, decode
from padan_events.commands.corrections import DisputedField
from padan_events.corrections import ConflictResolved, DetailsCorrected, IdentityUnmatched
from padan_events.effects import Effects, HouseholdFact, Left, SealedMember, VillageFact
from padan_events.eligibility import Decided
from padan_events.evidence import Geotagged
from padan_events.household import IdentityMatched, Proposed
from padan_events.payments import LineFact
from padan_events.personal import Agreement, HouseholdIdentity, PersonIdentity
from padan_events.places import AllocationRoundClosed, PlaceFact
from padan_events.relocations import RelocationAccepted, RelocationRequested
from padan_events.reviews import ReviewFact
from padan_events.tiers import Advanced, Determined, Returned
from padan_events.touching import touches
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed

from padan_gateway.domain.regions import region_columns
from padan_gateway.views import seen_moves
from padan_gateway.views.payments import Payments
from padan_gateway.views.places import Places
from padan_gateway.views.recipients import STATEMENTS
from padan_gateway.views.relocations import Moves, destination, sealed_home
from padan_gateway.views.visits import Visits

Keys = Mapping[UUID, Mapping[UUID, SubjectKeys]]
"""By household and subject."""


class Matched(msgspec.Struct, kw_only=True):
    """The last answer of the civil registry about a member."""

    person_id: UUID
    civil_status: str
    agreement: Agreement
    matched_at: str


class Case(msgspec.Struct, frozen=True):
    """Where a returned case goes back to, and until when; nothing of both where it is not returned."""

    returned_to: str | None = None
    due_at: datetime | None = None


class HouseholdChange(msgspec.Struct):
    """What a batch changes in one household; what is None stays as it is in the view.

    `proposed_on` is set where the household came in with this batch, `regency` is that of its last event, `events` how
    many the batch has. `identity` None with `renamed`: the key was destroyed. `case` is new where the state is, and has
    no deadline once `touched`. `conflicts` are by `person field`: true where sources disagree, None where no more.
    """

    household_id: UUID
    shard: int
    pos: int
    regency: str
    events: int = 0
    proposed_on: date | None = None
    state: str | None = None
    state_since: datetime | None = None
    case: Case | None = None
    touched: bool = False
    update_month: str | None = None
    caretaker: UUID | None = None
    head: UUID | UnsetType | None = UNSET
    renamed: bool = False
    identity: HouseholdIdentity | None = None
    decile: int | None = None
    matched: Matched | None = None
    conflicts: dict[str, bool | None] = {}


class PersonRow(msgspec.Struct):
    """A person in the household they belong to from `membership_seq` on. `identity` None: the keys were destroyed."""

    person_id: UUID
    membership_seq: int
    household_id: UUID
    ordinal: int
    identity: PersonIdentity | None


class Death(msgspec.Struct):
    """What a household says last of a member's death, as of `membership_seq`; `on` None: lives."""

    household_id: UUID
    membership_seq: int
    on: date | None


_LATER = 1_000
"""Members who joined later stand behind those the household came in with; those who stay keep their place."""


class DecisionRow(msgspec.Struct):
    """The last decision on a household and a programme, with the event its explanation was sealed for."""

    event_id: UUID
    decided_at: datetime
    decided: Decided


class Changes(msgspec.Struct):
    """Everything one batch comes to, each household, person and decision once. `told` are the events, in their order,
    of types that have views of their own (`views.recipients`)."""

    households: dict[UUID, HouseholdChange]
    persons: dict[UUID, PersonRow]
    decisions: dict[tuple[UUID, str], DecisionRow]
    left: dict[UUID, Left]
    died: dict[UUID, Death]
    visits: Visits
    told: list[tuple[Event, msgspec.Struct]]
    moves: Moves = msgspec.field(default_factory=Moves)
    shown: seen_moves.Shown = {}
    places: Places = msgspec.field(default_factory=Places)
    payments: Payments = msgspec.field(default_factory=Payments)


def decoded(events: Sequence[Event]) -> list[tuple[Event, msgspec.Struct]]:
    """Events with their data. Raises `UnknownEventTypeError` and `msgspec.MsgspecError`."""
    return [(event, decode(event.type, event.value)) for event in events]


def fold(events: Sequence[tuple[Event, msgspec.Struct]], keys: Keys) -> Changes:
    """What the events come to, in their order; opens identity blocks with `keys`.

    A subject without key was erased: its row stands without identity. Raises `KeyUnknownError` for one the keyring
    does not know, `SealError` for a block that does not open, `TypeError` for a type that has no place in the views.
    """
    changes = Changes({}, {}, {}, {}, {}, Visits(), [])
    for event, data in events:
        if type(data) in STATEMENTS:
            changes.told.append((event, data))
        match data:
            case HouseholdFact():
                held = keys.get(data.household_id, {})
                _effected(changes, event, data, held)
                home = keys_of(held, data.household_id).identity if isinstance(data, Geotagged) else None
                changes.visits.fold(event, data, home)
                seen_moves.fold(changes.shown, event, data, held)
            case VillageFact() | ReviewFact():
                pass
            case LineFact():
                changes.payments.fold(event, data)
            case Decided():
                row = DecisionRow(event.event_id, event.time, data)
                changes.decisions[data.household_id, data.programme] = row
            case PlaceFact() | AllocationRoundClosed():
                changes.places.fold(event, data)
            case _:
                raise TypeError(f"{event.type} has no place in the views")
    return changes


def sealed_in(events: Sequence[tuple[Event, msgspec.Struct]]) -> dict[UUID, set[UUID]]:
    """By household, the subjects whose blocks the events carry."""
    found: dict[UUID, set[UUID]] = {}
    for _, data in events:
        if isinstance(data, HouseholdFact):
            effects = data.effects()
            own = effects.identity is not None or isinstance(data, Geotagged) or sealed_home(data) is not None
            subjects = {*effects.sealed_for, *seen_moves.sealed_for(data), *([data.household_id] if own else ())}
            if subjects:
                found.setdefault(data.household_id, set()).update(subjects)
    return found


def _effected(changes: Changes, event: Event, data: HouseholdFact, keys: Mapping[UUID, SubjectKeys]) -> None:
    effects = data.effects()
    change = changes.households.get(data.household_id)
    if change is None:
        change = changes.households[data.household_id] = HouseholdChange(
            data.household_id, event.shard, event.pos, data.regency
        )
    change.pos, change.regency, change.events = event.pos, data.regency, change.events + 1
    if touches(data, event.actor):
        change.touched, change.case = True, change.case and Case(change.case.returned_to)
    if effects.identity is not None:
        change.renamed, change.identity = True, _home(effects.identity, data.household_id, event, keys)
    if effects.state is not None:
        change.state, change.state_since, change.case = effects.state.value, event.time, Case()
    if effects.caretaker is not UNSET:
        change.caretaker = effects.caretaker
    if effects.head is not UNSET:
        change.head = effects.head
    if effects.decile is not None:
        change.decile = effects.decile
    _told(change, data)
    _relocated(changes, change, event, data, keys)
    _moved(changes, change, event, data, keys)


def _told(change: HouseholdChange, data: HouseholdFact) -> None:
    """What the view shows beyond effects."""
    match data:
        case Proposed():
            change.proposed_on = data.occurred_on
            if (kept := data.split_from) is not None:
                returned_to = None if kept.returned_to is None else kept.returned_to.value
                change.case, change.update_month = Case(returned_to, kept.due_at), kept.update_month
        case Returned():
            change.case = Case(data.to.value, data.due_at)
        case Advanced() | Determined() if data.update_month is not None:
            change.update_month = data.update_month
        case IdentityMatched() | IdentityUnmatched():
            told = {name: getattr(data, name) for name in Matched.__struct_fields__}
            change.matched = Matched(**told)
            if change.proposed_on is None or change.conflicts:  # of most who come in there is nothing to settle
                _disputed(change, data.person_id, DisputedField, None)
            if isinstance(data, IdentityUnmatched):
                _disputed(change, data.person_id, data.conflicts, True)
        case ConflictResolved():
            _disputed(change, data.person_id, (data.field,), None)
        case DetailsCorrected() if data.person_id is not None:
            _disputed(change, data.person_id, data.fields, None)


def _disputed(change: HouseholdChange, person_id: UUID, fields: Iterable[str], differs: bool | None) -> None:
    change.conflicts.update((f"{person_id} {field}", differs) for field in fields)


def _relocated(
    changes: Changes, change: HouseholdChange, event: Event, data: HouseholdFact, keys: Mapping[UUID, SubjectKeys]
) -> None:
    """The household's move."""
    to = None
    if isinstance(data, RelocationRequested):
        home = _home(data.destination, data.household_id, event, keys)
        to = destination(region_columns(data.to_regency if home is None else home.village), home)
    elif isinstance(data, RelocationAccepted):
        home = change.identity
        to = destination(region_columns(data.regency if home is None else home.village), home)
    changes.moves.follow(data, event.time, to)


def _moved(
    changes: Changes, change: HouseholdChange, event: Event, data: HouseholdFact, keys: Mapping[UUID, SubjectKeys]
) -> None:
    """Persons: each is where the largest `membership_seq` says."""
    effects, first = data.effects(), 0 if isinstance(data, Proposed) else _LATER
    for index, member in enumerate((*effects.joined, *effects.changed)):
        held = changes.persons.get(member.person_id)
        if held is not None and held.membership_seq > member.membership_seq:
            continue
        ordinal = -1 if index >= len(effects.joined) else first + index
        if ordinal < 0 and held is not None and held.household_id == change.household_id:
            ordinal = held.ordinal
        changes.persons[member.person_id] = PersonRow(
            member.person_id,
            member.membership_seq,
            change.household_id,
            ordinal,
            _identity(member, keys_of(keys, member.person_id), event),
        )
    for left in effects.left:
        known = changes.left.get(left.person_id)
        if known is None or known.membership_seq < left.membership_seq:
            changes.left[left.person_id] = left
    _died(changes, change.household_id, effects)


def _died(changes: Changes, household_id: UUID, effects: Effects) -> None:
    """Who died or lives after all; a batch may tell it of two households, of which the one joined later counts."""
    for died in effects.died:
        known = changes.died.get(died.person_id)
        if known is None or known.membership_seq <= died.membership_seq:
            changes.died[died.person_id] = Death(household_id, died.membership_seq, died.on)
    for member in effects.changed:
        # A corrected NIK lets `membership_seq` grow, and the dead stay dead.
        known = changes.died.get(member.person_id)
        if known is not None and known.household_id == household_id:
            known.membership_seq = max(known.membership_seq, member.membership_seq)


def _home(
    sealed: bytes, household_id: UUID, event: Event, keys: Mapping[UUID, SubjectKeys]
) -> HouseholdIdentity | None:
    key = keys_of(keys, household_id).identity
    if key is None:
        return None
    return open_sealed(key, sealed, HouseholdIdentity, subject=household_id, event_id=event.event_id)


def _identity(member: SealedMember, keys: SubjectKeys, event: Event) -> PersonIdentity | None:
    if keys.identity is None:
        return None
    return open_sealed(
        keys.identity, member.identity, PersonIdentity, subject=member.person_id, event_id=event.event_id
    )
