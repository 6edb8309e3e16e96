"""What a batch of household events changes, folded by household."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.household import IdentityMatched, Proposed, SealedMember, WelfareRanked
from padan_events.personal import PersonSensitive
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed

from padan_eligibility.domain.facts import PersonFacts


class UnreadableEventError(ValueError):
    """An event that this version can make nothing of: it is parked, for nothing may be passed over."""


class Member(msgspec.Struct, frozen=True):
    """A member as a batch tells it."""

    household_id: UUID
    membership_seq: int
    facts: PersonFacts


class SealedPart(msgspec.Struct, frozen=True):
    """A member whose block is still sealed, and the event that carries it."""

    member: SealedMember
    event_id: UUID


class Change(msgspec.Struct):
    """What a batch changes of one household. `event` is its last event that changed a fact."""

    household_id: UUID
    regency: str
    event: Event
    caretaker: UUID | None = None
    decile: int | None = None
    members: list[SealedPart] = msgspec.field(default_factory=list)

    @property
    def proposed(self) -> bool:
        """Whether the household came into the register in this batch."""
        return self.caretaker is not None


def fold(events: Iterable[Event]) -> dict[UUID, Change]:
    """The changes of each household whose facts change, in the order of their first event.

    Raises `UnreadableEventError`, `UnknownEventTypeError` or `msgspec.DecodeError`.
    """
    changes: dict[UUID, Change] = {}
    for event in events:
        data = decode(event.type, event.value)
        match data:
            case Proposed():
                change = _of(changes, data.household_id, data.regency, event)
                change.caretaker = data.caretaker
                change.members += [SealedPart(member, event.event_id) for member in data.members]
            case WelfareRanked():
                change = _of(changes, data.household_id, data.regency, event)
                change.decile = data.decile
            case IdentityMatched():
                pass  # no policy asks for it
            case _:
                raise UnreadableEventError(event.type)
    return changes


def _of(changes: dict[UUID, Change], household_id: UUID, regency: str, event: Event) -> Change:
    change = changes.get(household_id)
    if change is None:
        change = changes[household_id] = Change(household_id, regency, event)
    change.event, change.regency = event, regency
    return change


def open_members(change: Change, keys: Mapping[UUID, SubjectKeys]) -> Sequence[Member]:
    """The members with their sensitive facts. One whose key was destroyed is a member of whom nothing is known.

    Raises `SealError` where a key is there and does not fit, `KeyUnknownError` for a member the keyring does not know.
    """
    return [
        Member(change.household_id, part.member.membership_seq, _open(part, keys_of(keys, part.member.person_id)))
        for part in change.members
    ]


def _open(part: SealedPart, key: SubjectKeys) -> PersonFacts:
    person_id = part.member.person_id
    if key.sensitive is None:
        return PersonFacts(person_id=person_id, known=False)
    clear = open_sealed(
        key.sensitive, part.member.sensitive, PersonSensitive, subject=person_id, event_id=part.event_id
    )
    return PersonFacts(
        person_id=person_id,
        birth_date=clear.birth_date,
        school=clear.school,
        pregnant=clear.pregnant,
        severe_disability=clear.severe_disability,
    )
