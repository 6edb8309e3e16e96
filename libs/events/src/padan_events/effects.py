"""What an event does to a household, in words that are few and the same for every type.

Readers fold effects, not types: a type that a later version adds is a Struct that says its effects here, and every view
follows. Persons are kept one row each, and of two events that say who holds a person the one with the larger
`membership_seq` counts, in whatever order they are read.
"""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from padan_events.intake import HouseholdId, Regency
from padan_events.registry import event_types
from padan_events.states import State
from padan_events.telling import told

PersonId = Annotated[UUID, told("The person.", "pseudonym")]
MembershipSeq = Annotated[
    int,
    told("Grows with each household the person joins. Keep one row a person, and apply only what is larger."),
]


NOBODY: Final = UUID(int=0)
"""In place of a household: none holds the person; in place of a person: nobody does."""


class SealedMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member: a pseudonym, and two sealed blocks (`PersonIdentity`, `PersonSensitive`).

    `membership_seq` grows with each household the person joins: readers apply a side of a transfer only where
    it is larger than what they hold.
    """

    person_id: PersonId
    membership_seq: MembershipSeq
    identity: Annotated[bytes, told("Name, NIK, birth date, sex, relationship to the head.", "sealed_identity")]
    sensitive: Annotated[
        bytes, told("Birth date, sex, relationship, school, pregnancy, disabilities.", "sealed_sensitive")
    ]
    birth_year: Annotated[int | None, told("Year of birth; absent where it is not known.")] = None


class Left(msgspec.Struct, frozen=True):
    """A person is held by the household `to` from `membership_seq` on; by none where that is `NOBODY`: the record was a
    second one of somebody else, and nothing of it is shown any more."""

    person_id: UUID
    membership_seq: int
    to: UUID


class Freed(msgspec.Struct, frozen=True):
    """A NIK is nobody's from `membership_seq` on, which is larger than that of the person who held it. `nik` is that
    person's sealed `FreedNik`."""

    person_id: UUID
    membership_seq: int
    nik: bytes


class Died(msgspec.Struct, frozen=True):
    """A person died on a date; None takes a death back. Counts unless the person has joined another household since."""

    person_id: UUID
    membership_seq: int
    on: date | None


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What changes; what is None, empty or unset stays as it is.

    `identity` is the household's new identity block, `joined` are persons whom this household holds from now on,
    `changed` members who stay and whose blocks are new, `left` persons whom another household holds from now on,
    `freed` NIKs that turned out to be somebody else's. `circumstances` are a visit's answers, sealed.
    """

    state: State | None = None
    identity: bytes | None = None
    joined: tuple[SealedMember, ...] = ()
    changed: tuple[SealedMember, ...] = ()
    left: tuple[Left, ...] = ()
    died: tuple[Died, ...] = ()
    freed: tuple[Freed, ...] = ()
    head: UUID | UnsetType | None = UNSET
    caretaker: UUID | UnsetType = UNSET
    decile: int | None = None
    circumstances: bytes | None = None

    @property
    def sealed_for(self) -> tuple[UUID, ...]:
        """The persons whose blocks the event carries."""
        members = tuple(member.person_id for member in (*self.joined, *self.changed))
        return (*members, *(freed.person_id for freed in self.freed))


NONE = Effects()


class HouseholdFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event of a household says, and its effects."""

    household_id: HouseholdId
    regency: Regency

    def effects(self) -> Effects:
        """What it does to the household; by default nothing that a view of households shows."""
        return NONE

    @classmethod
    def has_effects(cls) -> bool:
        """Whether events of this type have any: the others change no fact that anything is decided by."""
        return cls.effects is not HouseholdFact.effects


class VillageFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event of a village says. It is about no household: who follows households passes over it."""

    village: Annotated[str, told("The village: its 10-digit Kemendagri code.")]
    month: Annotated[str, told("The update month, YYYY-MM.")]


def village_types() -> frozenset[str]:
    """The names of the event types that are about a village and no household."""
    return frozenset(declared.name for declared in event_types() if issubclass(declared.data, VillageFact))


def effective_types() -> frozenset[str]:
    """The names of the event types that have effects."""
    return frozenset(
        declared.name
        for declared in event_types()
        if issubclass(declared.data, HouseholdFact) and declared.data.has_effects()
    )
