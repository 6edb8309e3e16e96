"""Keys of the lives: derived, so that nothing has to be kept, and every subject of every household has its own."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from padan_events.personal import PersonIdentity, PersonSensitive
from padan_household.domain.asked import Person
from padan_household.domain.household import Member, Sealed
from padan_household.domain.sealed import Kind
from padan_runtime.keys import SubjectKeys
from padan_runtime.sealing import open_sealed, seal


def key(household: UUID, subject: UUID, kind: Kind) -> bytes:
    """The key of a subject in a household: every one its own, so that a block moved unchanged does not open."""
    return sha256(household.bytes + subject.bytes + kind.encode()).digest()


class Subjects(dict[UUID, SubjectKeys]):
    """The keys of everybody in one household."""

    def __init__(self, household: UUID) -> None:
        super().__init__()
        self._household = household

    def get(self, subject: UUID, default: Any = None) -> SubjectKeys:
        """The keys of a subject."""
        del default
        own = self._household
        return SubjectKeys(subject, key(own, subject, "identity"), key(own, subject, "sensitive"))


class Keyring(dict[UUID, Subjects]):
    """Everybody's keys."""

    def get(self, household: UUID, default: Any = None) -> Subjects:
        """The keys of a household."""
        del default
        return Subjects(household)


def seal_all(household: UUID, subject: UUID, kind: Kind, content: msgspec.Struct, event_id: UUID) -> bytes:
    """As a household's sealer does."""
    return seal(key(household, subject, kind), content, subject=subject, event_id=event_id)


def read(sealed: Sealed, household: UUID, subject: UUID, kind: Kind, form: type[Any]) -> Any:
    """Raises `SealError` for a block of another household, subject or event."""
    return open_sealed(key(household, subject, kind), sealed.block, form, subject=subject, event_id=sealed.event_id)


def opened_person(member: Member, household: UUID, subject: UUID) -> Person:
    """A member's blocks, opened. Raises `SealError`."""
    return Person(
        read(member.identity, household, subject, "identity", PersonIdentity),
        read(member.sensitive, household, subject, "sensitive", PersonSensitive),
    )
