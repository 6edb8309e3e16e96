"""What recorded events change of the claims: who holds a NIK stands nowhere but in the store and in sealed blocks."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.effects import HouseholdFact
from padan_events.personal import FreedNik, PersonIdentity
from padan_events.states import CLOSED
from padan_events.tiers import Reactivated
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed
from psycopg import Connection

from padan_household.claims import repository
from padan_household.domain.claim import Claim, freed
from padan_household.domain.stream import HouseholdEvent
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights

_RIGHTS = Rights(Reach.ALL, Reach.NONE)
Keys = Mapping[UUID, Mapping[UUID, SubjectKeys]]
"""By household and subject."""


class ClaimChanges(msgspec.Struct):
    """NIKs that households took or that turned out to be somebody else's, the households that left the register
    (True) or came back (False), and by household and person who died there (True) or lives after all (False); the last
    word of each."""

    taken: list[Claim] = []
    released: dict[UUID, bool] = {}
    died: dict[tuple[UUID, UUID], bool] = {}

    def __bool__(self) -> bool:
        return bool(self.taken or self.released or self.died)

    def apply(self, connection: Connection[Any]) -> None:
        """Write them; of many households in whatever order the same comes out. Raises `TwoHoldersError`."""
        repository.record_deaths(connection, self.died)
        if not (self.taken or self.released):
            return
        repository.lock(connection, [claim.nik_hash for claim in self.taken], self.released)
        repository.take_over(connection, self.taken)
        for released in (True, False):
            households = [household for household, is_so in self.released.items() if is_so is released]
            if households:
                repository.release(connection, households, released=released)


def recorded(events: Iterable[Event], keyring: Keyring) -> ClaimChanges:
    """What these events change, opened with the keyring. A person whose keys were destroyed holds nothing any more.

    Raises `SealError`, and `KeyUnknownError` where the keyring has no row for a member: leaving such a one out would
    free a NIK that is taken.
    """
    facts = [
        (event.event_id, data) for event in events if isinstance(data := decode(event.type, event.value), HouseholdFact)
    ]
    sealing = {data.household_id for _, data in facts if data.effects().sealed_for}
    keys = {
        held.household_id: {subject.subject_id: subject for subject in held.subjects}
        for held in (keyring.of_households(sealing, _RIGHTS) if sealing else ())
    }
    return changes_of(facts, keys)


def changes_of(facts: Iterable[tuple[UUID, HouseholdFact]], keys: Keys) -> ClaimChanges:
    """What facts change, each with the id of its event. Raises as `recorded`."""
    changes = ClaimChanges()
    for event_id, data in facts:
        effects, household_id = data.effects(), data.household_id
        if effects.state in CLOSED or isinstance(data, Reactivated):
            changes.released[household_id] = effects.state in CLOSED
        changes.died |= {(household_id, one.person_id): one.on is not None for one in effects.died}
        held = keys.get(household_id, {})
        for one in effects.freed:
            key = keys_of(held, one.person_id).identity
            if key is not None:
                nik = open_sealed(key, one.nik, FreedNik, subject=one.person_id, event_id=event_id)
                changes.taken.append(freed(bytes.fromhex(nik.nik_hash), one.membership_seq))
        for member in (*effects.joined, *effects.changed):
            key = keys_of(held, member.person_id).identity
            if key is None:
                continue
            person = open_sealed(key, member.identity, PersonIdentity, subject=member.person_id, event_id=event_id)
            if person.nik_hash is not None:
                changes.taken.append(
                    Claim(bytes.fromhex(person.nik_hash), member.person_id, household_id, member.membership_seq)
                )
    return changes


def changes_by(events: Iterable[HouseholdEvent], *types: type[HouseholdFact]) -> ClaimChanges:
    """What events of these types change, which carry no sealed blocks."""
    return changes_of(((event.event_id, event.data) for event in events if isinstance(event.data, types)), {})
