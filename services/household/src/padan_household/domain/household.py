"""A household as its events tell it: what deciding on it needs to know. What is personal in it stays sealed."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from padan_events.evidence import EvidenceAttached
from padan_events.recipients import NotEntitledReason, VerificationResult
from padan_events.states import CLOSED, State

from padan_household.domain import ids


class Sealed(msgspec.Struct, frozen=True):
    """A sealed block, and the event that carries it, to which it is bound."""

    block: bytes
    event_id: UUID


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member, living or dead; the blocks are the newest ones."""

    membership_seq: int
    identity: Sealed
    sensitive: Sealed
    birth_year: int | None = None
    died_on: date | None = None


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """A record that turned out to be a second one of `kept`, as it stood; it belongs to nobody from `membership_seq`
    on."""

    member: Member
    kept: UUID
    membership_seq: int


class CaseState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a case stands on its way.

    `approvals` tell by state who brought the case there: nobody does so twice. `returned_to` is the state that what
    comes next builds on, and `due_at` when the case is withdrawn, while it is returned.
    """

    approvals: dict[State, str] = {}
    returned_to: State | None = None
    due_at: datetime | None = None
    update_month: str | None = None


class Disputes(msgspec.Struct, frozen=True, omit_defaults=True):
    """By person, the fields in which another source differs: `open`, and `settled` in favour of the register."""

    open: dict[UUID, frozenset[str]] = {}
    settled: dict[UUID, frozenset[str]] = {}

    def open_of(self, person_id: UUID) -> frozenset[str]:
        """The conflicts about a person that nobody has settled."""
        return self.open.get(person_id, frozenset())

    def settled_of(self, person_id: UUID) -> frozenset[str]:
        """The conflicts about a person that somebody has settled."""
        return self.settled.get(person_id, frozenset())


class Claimed(msgspec.Struct, frozen=True):
    """A death that somebody (`by`) reported and nobody has confirmed: `due_at` is when the report lapses."""

    occurred_on: date
    due_at: datetime
    by: str


class FieldState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What visits brought home: the photos as they were attached last, by id, and the newest sealed map point."""

    evidence: dict[UUID, EvidenceAttached] = {}
    geotag: Sealed | None = None


class Verification(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the village said last, for a month, and of whom; `ends` once the social office has decided on it."""

    month: str
    result: VerificationResult
    by: str
    reason: NotEntitledReason | None = None
    ends: bool | None = None


class Aid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Assistance, as far as the register goes: the programmes it was proposed for, the last monthly verification, and
    the programmes it asks to leave (none named: all) as long as the head has not confirmed that."""

    programmes: tuple[str, ...] = ()
    verification: Verification | None = None
    resignation: tuple[str, ...] | None = None


class Objection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An objection, or the appeal in its course: open while it has `due_at`."""

    due_at: datetime | None
    appeal_until: datetime | None = None
    answered_by: str | None = None
    appealed: bool = False


class HouseholdNeed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A need of a member, or (None) of the household: over once it is met. Its kind is sealed in its event."""

    person_id: UUID | None = None
    met: bool = False


class MoveStage(StrEnum):
    """How far a move to another place is. `settled`: the family lives there, and the destination may still object."""

    REQUESTED = "requested"
    RELEASED = "released"
    SETTLED = "settled"


class Relocation(msgspec.Struct, frozen=True, kw_only=True):
    """A move. `place` is the destination while nobody has accepted it, and the home before once it is settled.
    `card_corrected`: the family card has been corrected since, so that it is not that of the home before."""

    stage: MoveStage
    place: Sealed
    to_regency: str
    due_at: datetime
    card_corrected: bool = False


class Seen(msgspec.Struct, frozen=True):
    """Where the civil registry showed a member last, a sealed `ShownPlace`, and since when."""

    place: Sealed
    since: date


class Household(msgspec.Struct, frozen=True, kw_only=True):
    """A household.

    `members` are by person, in the order in which they joined; `matched` holds those the civil registry was asked for,
    `ranked_on` is the day of the decile that counts, `proposed_by` is the report it came from (None where no report
    caused it), `closed_from` the state its case built on before it left the register, `ended_by_death` whether it left
    because its last member died, `ended_by_duplicate` because its last member was recorded twice, `duplicates` are the
    records that were merged into another person's, `death_claims` are by person the deaths that were reported and are
    not confirmed, `seen` by person where the civil registry showed them last while they were here.
    """

    id: UUID
    version: int
    state: State
    regency: str
    caretaker: UUID
    head: UUID | None
    identity: Sealed
    members: dict[UUID, Member]
    matched: frozenset[UUID] = frozenset()
    decile: int | None = None
    ranked_on: date | None = None
    proposed_by: UUID | None = None
    closed_from: State | None = None
    ended_by_death: bool = False
    ended_by_duplicate: bool = False
    duplicates: dict[UUID, Duplicate] = {}
    death_claims: dict[UUID, Claimed] = {}
    case: CaseState = CaseState()
    disputes: Disputes = Disputes()
    field: FieldState = FieldState()
    aid: Aid = Aid()
    objections: dict[UUID, Objection] = {}
    needs: dict[UUID, HouseholdNeed] = {}
    relocation: Relocation | None = None
    seen: dict[UUID, Seen] = {}

    @property
    def closed(self) -> bool:
        """Whether it has left the register, so that it holds nobody."""
        return self.state in CLOSED

    @property
    def move_open(self) -> bool:
        """Whether it is about to move, and the destination has not decided."""
        return self.relocation is not None and self.relocation.stage is not MoveStage.SETTLED

    @property
    def living(self) -> tuple[UUID, ...]:
        """The members who are alive."""
        return tuple(person for person, member in self.members.items() if member.died_on is None)

    def next_event_id(self, ahead: int = 0) -> UUID:
        """The id of the event that comes next, or `ahead` events later: what a sealed block is bound to."""
        return ids.event_id(self.id, self.version + 1 + ahead)

    def collect_events(self) -> list[msgspec.Struct]:
        """Nothing: a frozen household holds no pending events, the deciders return them."""
        return []
