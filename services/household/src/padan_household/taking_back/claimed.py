"""The claims that a recorded event made: they are nowhere but in the store and in the sealed blocks."""

from collections.abc import Iterable

from padan_events import Event, decode
from padan_events.household import Proposed
from padan_events.personal import PersonIdentity
from padan_runtime.keys import HouseholdKeys
from padan_runtime.sealing import open_sealed

from padan_household.claims.repository import Claim
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights

_RIGHTS = Rights(Reach.ALL, Reach.NONE)


def claims_of(events: Iterable[Event], keyring: Keyring) -> list[Claim]:
    """The claims of these events, opened with the keyring. One whose keys were destroyed holds nothing any more.

    Raises `SealError`.
    """
    proposed = [(event, data) for event in events if isinstance(data := decode(event.type, event.value), Proposed)]
    keys = {held.household_id: _by_subject(held) for held in keyring.of_households(
        {data.household_id for _, data in proposed}, _RIGHTS
    )}  # fmt: skip
    claims = []
    for event, data in proposed:
        held = keys.get(data.household_id, {})
        for member in data.members:
            key = held.get(member.person_id)
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


def _by_subject(held: HouseholdKeys) -> dict[object, bytes]:
    return {subject.subject_id: subject.identity for subject in held.subjects if subject.identity is not None}
