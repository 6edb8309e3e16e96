"""The claims that a recorded event made: they are nowhere but in the store and in the sealed blocks."""

from collections.abc import Iterable
from uuid import UUID

from padan_events import Event, decode
from padan_events.household import Proposed
from padan_events.personal import PersonIdentity
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed

from padan_household.claims.repository import Claim
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights

_RIGHTS = Rights(Reach.ALL, Reach.NONE)


def claims_of(events: Iterable[Event], keyring: Keyring) -> list[Claim]:
    """The claims of these events, opened with the keyring. One whose keys were destroyed holds nothing any more.

    Raises `SealError`, and `KeyUnknownError` where the keyring has no row for a member: leaving such a one out would
    free a NIK that is taken.
    """
    proposed = [(event, data) for event in events if isinstance(data := decode(event.type, event.value), Proposed)]
    keys: dict[UUID, dict[UUID, SubjectKeys]] = {
        held.household_id: {subject.subject_id: subject for subject in held.subjects}
        for held in keyring.of_households({data.household_id for _, data in proposed}, _RIGHTS)
    }
    claims = []
    for event, data in proposed:
        held = keys.get(data.household_id, {})
        for member in data.members:
            key = keys_of(held, member.person_id).identity
            if key is None:
                continue
            person = open_sealed(
                key, member.identity, PersonIdentity, subject=member.person_id, event_id=event.event_id
            )
            if person.nik_hash is not None:
                claims.append(
                    Claim(bytes.fromhex(person.nik_hash), member.person_id, data.household_id, member.membership_seq)
                )
    return claims
