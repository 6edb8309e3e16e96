"""Rows of the views, and the folding of one batch of events into them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.eligibility import Decided
from padan_events.household import IdentityMatched, Proposed, SealedMember, WelfareRanked
from padan_events.personal import Agreement, HouseholdIdentity, PersonIdentity
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed

from padan_gateway.domain.regions import parts

Keys = Mapping[UUID, Mapping[UUID, SubjectKeys]]
"""By household and subject."""


class Standing(msgspec.Struct, kw_only=True):
    """What `proposed` says of a household."""

    regency: str
    state: str
    proposed_on: date
    caretaker: UUID
    head: UUID | None
    member_count: int
    identity: HouseholdIdentity | None


class Matched(msgspec.Struct, kw_only=True):
    """The last answer of the civil registry about a member."""

    person_id: UUID
    civil_status: str
    agreement: Agreement
    matched_at: str


class HouseholdChange(msgspec.Struct):
    """What a batch changes in one household; what is None stays as it is in the view."""

    household_id: UUID
    shard: int
    pos: int
    standing: Standing | None = None
    decile: int | None = None
    matched: Matched | None = None


class PersonRow(msgspec.Struct):
    """A person in the household they belong to from `membership_seq` on. `identity` None: the keys were destroyed."""

    person_id: UUID
    membership_seq: int
    household_id: UUID
    village: str
    ordinal: int
    identity: PersonIdentity | None


class DecisionRow(msgspec.Struct):
    """The last decision on a household and a programme, with the event its explanation was sealed for."""

    event_id: UUID
    decided_at: datetime
    decided: Decided


class Changes(msgspec.Struct):
    """Everything one batch comes to, each household, person and decision once."""

    households: dict[UUID, HouseholdChange]
    persons: dict[UUID, PersonRow]
    decisions: dict[tuple[UUID, str], DecisionRow]


def decoded(events: Sequence[Event]) -> list[tuple[Event, msgspec.Struct]]:
    """Events with their data. Raises `UnknownEventTypeError` and `msgspec.MsgspecError`."""
    return [(event, decode(event.type, event.value)) for event in events]


def fold(events: Sequence[tuple[Event, msgspec.Struct]], keys: Keys) -> Changes:
    """What the events come to, in their order; opens identity blocks with `keys`.

    A subject without key was erased: its row stands without identity. Raises `KeyUnknownError` for one the keyring
    does not know, `SealError` for a block that does not open, `TypeError` for a type that has no place in the views.
    """
    changes = Changes({}, {}, {})
    for event, data in events:
        match data:
            case Proposed():
                change = _change(changes, event, data.household_id)
                _propose(changes, change, event, data, keys.get(data.household_id, {}))
            case WelfareRanked():
                _change(changes, event, data.household_id).decile = data.decile
            case IdentityMatched():
                _change(changes, event, data.household_id).matched = Matched(
                    person_id=data.person_id,
                    civil_status=data.civil_status,
                    agreement=data.agreement,
                    matched_at=data.matched_at,
                )
            case Decided():
                row = DecisionRow(event.event_id, event.time, data)
                changes.decisions[data.household_id, data.programme] = row
            case _:
                raise TypeError(f"{event.type} has no place in the views")
    return changes


def _change(changes: Changes, event: Event, household_id: UUID) -> HouseholdChange:
    change = changes.households.get(household_id)
    if change is None:
        change = changes.households[household_id] = HouseholdChange(household_id, event.shard, event.pos)
    change.pos = event.pos
    return change


def _propose(
    changes: Changes, change: HouseholdChange, event: Event, data: Proposed, keys: Mapping[UUID, SubjectKeys]
) -> None:
    own = keys_of(keys, data.household_id)
    identity = None
    if own.identity is not None:
        identity = open_sealed(
            own.identity, data.identity, HouseholdIdentity, subject=data.household_id, event_id=event.event_id
        )
    change.standing = Standing(
        regency=data.regency,
        state="proposed",
        proposed_on=data.occurred_on,
        caretaker=data.caretaker,
        head=data.head,
        member_count=len(data.members),
        identity=identity,
    )
    village = data.regency if identity is None else identity.village
    for ordinal, member in enumerate(data.members):
        held = changes.persons.get(member.person_id)
        if held is None or held.membership_seq < member.membership_seq:
            changes.persons[member.person_id] = PersonRow(
                member.person_id,
                member.membership_seq,
                data.household_id,
                village,
                ordinal,
                _identity(member, keys_of(keys, member.person_id), event),
            )


def _identity(member: SealedMember, keys: SubjectKeys, event: Event) -> PersonIdentity | None:
    if keys.identity is None:
        return None
    return open_sealed(
        keys.identity, member.identity, PersonIdentity, subject=member.person_id, event_id=event.event_id
    )


@lru_cache(maxsize=10_000)
def region_columns(code: str) -> tuple[str | None, str | None, str | None, str | None]:
    """Province, regency, district and village of a code, as the views hold them."""
    region = parts(code)
    return region["province"], region["regency"], region["district"], region["village"]
