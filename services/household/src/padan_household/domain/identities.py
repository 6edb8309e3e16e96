"""People are joined to their identity, and what another source says of them is settled.

One NIK, one person: whoever gets a NIK takes it with a `membership_seq` larger than anybody's who held it, and whoever
loses one leaves it with a larger one than their own. So of all that is ever said of a NIK the largest counts, in
whatever order it is read.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from padan_events.commands.corrections import LinkIdentity, RecheckIdentity, ResolveConflict
from padan_events.corrections import ConflictResolved, Detail, IdentityLinked
from padan_events.effects import HouseholdFact, SealedMember
from padan_events.personal import PersonIdentity, PersonSensitive, Source

from padan_household.domain.asked import Asked, Known
from padan_household.domain.disputes import answered
from padan_household.domain.refusals import (
    DUPLICATE_IN_REGISTER,
    HOUSEHOLD_CLOSED,
    IDENTITY_LINKED,
    MEMBER_REPEATED,
    MEMBER_UNKNOWN,
    NIK_NOT_RECORDED,
    NO_CONFLICT,
    PERSON_ERASED,
    RECORDED_DEAD,
    REGISTRY_KEPT,
    VERSION_DIFFERS,
    Refusal,
)

Facts = Sequence[HouseholdFact] | Refusal


class OpenMember(NamedTuple):
    """A member whose blocks could be opened."""

    identity: PersonIdentity
    sensitive: PersonSensitive


class TakenNik(NamedTuple):
    """A NIK that may be taken: its hash, who held it before, and the largest `membership_seq` it was held with."""

    nik_hash: str
    person: UUID | None
    seq: int


def open_member(person_id: UUID, known: Known) -> OpenMember | Refusal:
    """A member of a household that stands in the register."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    person = known.persons.get(person_id)
    if person is None:
        return Refusal(MEMBER_UNKNOWN, "person_id")
    if person.identity is None or person.sensitive is None:
        return Refusal(PERSON_ERASED)
    return OpenMember(person.identity, person.sensitive)


def take_nik(nik: str, person_id: UUID, known: Known, asked: Asked) -> TakenNik | Refusal:
    """A NIK for a person of a household, where nobody else in the register holds it."""
    nik_hash = asked.nik_hash(nik)
    claim = asked.claims.get(nik_hash)
    if claim is None:
        return TakenNik(nik_hash.hex(), None, 0)
    if not claim.released and claim.person_id != person_id:
        if claim.household_id == known.household.id:
            return Refusal(MEMBER_REPEATED, "nik")
        return Refusal(DUPLICATE_IN_REGISTER, "nik", holder=claim.household_id)
    if claim.of_the_dead:
        return Refusal(RECORDED_DEAD, "nik", holder=claim.household_id)
    return TakenNik(nik_hash.hex(), claim.known_person, claim.membership_seq)


def sealed_member(person_id: UUID, seq: int, member: OpenMember, known: Known, asked: Asked) -> SealedMember:
    """A member with new blocks, for the next event of their household."""
    household_id, event_id = known.household.id, known.household.next_event_id()
    born = member.identity.birth_date
    return SealedMember(
        person_id=person_id,
        membership_seq=seq,
        identity=asked.seal(household_id, person_id, "identity", member.identity, event_id),
        sensitive=asked.seal(household_id, person_id, "sensitive", member.sensitive, event_id),
        birth_year=None if born is None else born.year,
    )


def link_identity(command: LinkIdentity, known: Known, asked: Asked) -> Facts:
    """Who was recorded without a NIK gets the one that is theirs, and stays the same person."""
    person_id, household = command.person_id, known.household
    member = open_member(person_id, known)
    if isinstance(member, Refusal):
        return member
    if member.identity.nik is not None:
        return Refusal(IDENTITY_LINKED, "nik")
    taken = take_nik(command.nik, person_id, known, asked)
    if isinstance(taken, Refusal):
        return taken
    if command.match is None:
        return Refusal(VERSION_DIFFERS)  # it has become possible since registry-ingest looked
    identity = msgspec.structs.replace(
        member.identity,
        nik=command.nik,
        nik_hash=taken.nik_hash,
        sources={**member.identity.sources, Detail.NIK.value: Source.CIVIL_REGISTRY},
    )
    seq = max(household.members[person_id].membership_seq, taken.seq) + 1
    linked = IdentityLinked(
        household_id=household.id,
        regency=household.regency,
        person_id=person_id,
        member=sealed_member(person_id, seq, OpenMember(identity, member.sensitive), known, asked),
        formerly=None if taken.person == person_id else taken.person,
        evidence=command.evidence,
    )
    return (linked, *answered(command.match, person_id, household, household.disputes.settled_of(person_id)))


def recheck_identity(command: RecheckIdentity, known: Known, _: Asked) -> Facts:
    """The civil registry was asked again."""
    household, member = known.household, open_member(command.person_id, known)
    if isinstance(member, Refusal):
        return member
    if member.identity.nik is None:
        return Refusal(NIK_NOT_RECORDED, "person_id")
    if command.match is None:
        return Refusal(VERSION_DIFFERS)
    settled = household.disputes.settled_of(command.person_id)
    return answered(command.match, command.person_id, household, settled)


def resolve_conflict(command: ResolveConflict, known: Known, _: Asked) -> Facts:
    """What the register has stays, although the civil registry differs."""
    household, member = known.household, open_member(command.person_id, known)
    if isinstance(member, Refusal):
        return member
    if command.kept is Source.CIVIL_REGISTRY:
        return Refusal(REGISTRY_KEPT, "kept")
    if command.field.value not in household.disputes.open_of(command.person_id):
        return Refusal(NO_CONFLICT, "field")
    resolved = ConflictResolved(
        household_id=household.id,
        regency=household.regency,
        person_id=command.person_id,
        field=command.field.value,
        kept=command.kept,
    )
    return (resolved,)
