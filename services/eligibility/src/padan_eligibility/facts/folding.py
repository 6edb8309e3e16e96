"""What a batch of household events changes, folded by household."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
from msgspec import UNSET
from padan_events import Event, decode
from padan_events.corrections import Detail, DetailsCorrected
from padan_events.effects import Died, HouseholdFact, Left, SealedMember, VillageFact
from padan_events.families import MemberAdded
from padan_events.household import Proposed
from padan_events.local_date import local_date
from padan_events.needs import InterventionDelivered, NeedRecorded
from padan_events.personal import Circumstances, PersonSensitive
from padan_events.relocations import RelocationAccepted
from padan_events.reviews import RegisterMatched
from padan_events.states import State
from padan_events.tiers import Deactivated, Determined, Reactivated, Rejected, Withdrawn
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed

from padan_eligibility.domain.facts import PersonFacts
from padan_eligibility.domain.school_years import known_until
from padan_eligibility.facts.fates import Fateful, Fates
from padan_eligibility.facts.told import Telling, Told


class UnreadableEventError(ValueError):
    """An event that this version can make nothing of: it is parked, for nothing may be passed over."""


class Member(msgspec.Struct, frozen=True):
    """A member as a batch tells it. `joined`: came into the household with this batch."""

    household_id: UUID
    membership_seq: int
    facts: PersonFacts
    joined: bool = False


class SealedPart(msgspec.Struct, frozen=True):
    """A member whose block is still sealed, and the event that carries it; `told_on` is its local date where somebody
    told with it what the member attends, and did not only pass on what was known."""

    member: SealedMember
    event_id: UUID
    joined: bool
    told_on: date | None


class SealedAnswers(msgspec.Struct, frozen=True):
    """What a family answered, still sealed, and the event that carries it."""

    sealed: bytes
    event_id: UUID


class SealedNeed(msgspec.Struct, frozen=True):
    """A need that was recorded, whose kind is still sealed, and the event that names it."""

    data: NeedRecorded
    event: Event


class Turn(msgspec.Struct, frozen=True):
    """What brought a household into the register (`proposed`), out of it (`left`, and why), back (`returned`), or to
    another regency (`moved`): the event at `pos`."""

    kind: str
    reason: str | None
    regency: str
    shard: int
    pos: int
    event_id: UUID


class Change(msgspec.Struct):
    """What a batch changes of one household. `event` is its last event that changed a fact; what is None stays.
    `circumstances` are the opened `answers`; `effective` is the position of its last event that has effects, which is
    what household counts its facts by. `determined_on` is the date of a determination, `stands_since` that from which
    it counts as determined for another reason (a part of a family that was, a family that came back). `matches` are
    what foreign registers say of members; `needs` were recorded, of those in `helped` something was done."""

    household_id: UUID
    regency: str
    event: Event
    proposed: bool = False
    state: State | None = None
    caretaker: UUID | None = None
    decile: int | None = None
    answers: SealedAnswers | None = None
    circumstances: Circumstances | None = None
    determined_on: date | None = None
    stands_since: date | None = None
    members: list[SealedPart] = msgspec.field(default_factory=list)
    left: list[Left] = msgspec.field(default_factory=list)
    died: list[Died] = msgspec.field(default_factory=list)
    turns: list[Turn] = msgspec.field(default_factory=list)
    effective: int | None = None
    told: Told = msgspec.field(default_factory=Told)
    matches: list[tuple[Event, RegisterMatched]] = msgspec.field(default_factory=list)
    needs: list[SealedNeed] = msgspec.field(default_factory=list)
    helped: list[tuple[Event, InterventionDelivered]] = msgspec.field(default_factory=list)
    fates: Fates = msgspec.field(default_factory=Fates)

    @property
    def moves_payments(self) -> bool:
        """Whether a line of a payment list may follow from it: the caretaker or a death, somebody came or left, or
        records turned out to be of one person."""
        told = bool(self.fates.claims or self.fates.dead or self.fates.aliases)
        return told or bool(self.left or self.members) or self.caretaker is not None

    @property
    def moves_reviews(self) -> bool:
        """Whether a review may follow from it: a register named a member, somebody came, left or died, or the household
        came into the register or left it."""
        return bool(self.matches or self.state is not None or self.members or self.left or self.died)


def fold(events: Iterable[Event]) -> dict[UUID, Change]:
    """The changes of each household whose facts change, in the order of their first event.

    Raises `UnreadableEventError`, `UnknownEventTypeError` or `msgspec.DecodeError`.
    """
    changes: dict[UUID, Change] = {}
    for event in events:
        data = decode(event.type, event.value)
        if isinstance(data, VillageFact):
            continue  # of no household
        if not isinstance(data, HouseholdFact):
            raise UnreadableEventError(event.type)
        if isinstance(data, Proposed) and data.split_from is not None and data.split_from.finding is not None:
            _of(changes, data.household_id, data.regency, event).told.aid_ended = data.split_from.finding.ends
        if isinstance(data, Fateful):
            _of(changes, data.household_id, data.regency, event).fates.hear(event, data)
        if data.has_effects():
            change = _of(changes, data.household_id, data.regency, event)
            change.effective = event.pos
            _fold(change, data)
            _turn(change, data)
        elif isinstance(data, RegisterMatched):
            _of(changes, data.household_id, data.regency, event).matches.append((event, data))
        elif isinstance(data, NeedRecorded):
            _of(changes, data.household_id, data.regency, event).needs.append(SealedNeed(data, event))
        elif isinstance(data, InterventionDelivered):
            _of(changes, data.household_id, data.regency, event).helped.append((event, data))
        elif isinstance(data, Telling):
            _of(changes, data.household_id, data.regency, event).told.hear(data)
    return changes


def _fold(change: Change, data: HouseholdFact) -> None:
    effects = data.effects()
    if isinstance(data, Proposed):
        change.proposed = True
    if effects.state is not None:
        change.state = effects.state
        if effects.state is State.DETERMINED:
            on = local_date(change.event.time, change.regency)
            change.stands_since = change.stands_since or on
            change.determined_on = on if isinstance(data, Determined) else change.determined_on
    if effects.caretaker is not UNSET:
        change.caretaker = effects.caretaker
    if effects.decile is not None:
        change.decile = effects.decile
    if effects.circumstances is not None:
        change.answers = SealedAnswers(effects.circumstances, change.event.event_id)
    if effects.joined or effects.changed:
        event_id = change.event.event_id
        told_on = local_date(change.event.time, change.regency) if _tells_school(data) else None
        change.members += [SealedPart(member, event_id, True, told_on) for member in effects.joined]
        change.members += [SealedPart(member, event_id, False, told_on) for member in effects.changed]
    change.left += effects.left
    change.fates.left(change.event, change.household_id, effects.left)
    change.died += effects.died
    # A corrected NIK lets `membership_seq` grow, and the dead stay dead.
    grown = {member.person_id: member.membership_seq for member in effects.changed}
    change.died = [
        Died(one.person_id, max(one.membership_seq, grown.get(one.person_id, 0)), one.on) for one in change.died
    ]


def _tells_school(data: HouseholdFact) -> bool:
    match data:
        case Proposed():
            return data.split_from is None
        case DetailsCorrected():
            return Detail.CIRCUMSTANCES in data.fields
        case _:
            return isinstance(data, MemberAdded)


def _turn(change: Change, data: HouseholdFact) -> None:
    kind, reason = None, None
    match data:
        case Proposed():
            kind = "proposed"
        case Reactivated():
            kind = "returned"
        case RelocationAccepted() if data.from_regency != data.regency:
            kind = "moved"
        case Rejected():
            kind, reason = "left", "rejected"
        case Withdrawn() | Deactivated():
            kind, reason = "left", data.reason.value
    if kind is not None:
        event = change.event
        change.turns.append(Turn(kind, reason, data.regency, event.shard, event.pos, event.event_id))


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
        Member(
            change.household_id,
            part.member.membership_seq,
            _open(part, keys_of(keys, part.member.person_id)),
            part.joined,
        )
        for part in change.members
    ]


def open_answers(change: Change, keys: Mapping[UUID, SubjectKeys]) -> Circumstances | None:
    """What the family answered last; None where nobody asked, or the household's key was destroyed. Raises as
    `open_members`."""
    if change.answers is None or (key := keys_of(keys, change.household_id).sensitive) is None:
        return None
    return open_sealed(
        key, change.answers.sealed, Circumstances, subject=change.household_id, event_id=change.answers.event_id
    )


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
        school_until=None if clear.school is None or part.told_on is None else known_until(clear.school, part.told_on),
        pregnant=clear.pregnant,
        severe_disability=clear.severe_disability,
        sex=clear.sex,
        disabilities=clear.disabilities,
    )
