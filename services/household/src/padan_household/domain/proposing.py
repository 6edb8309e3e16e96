"""A household is proposed: whether it may stand in the register, and the events that put it there."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from padan_events.household import IdentityMatched, Proposed, SealedMember
from padan_events.intake import Origin
from padan_events.personal import (
    HouseholdIdentity,
    PersonIdentity,
    PersonSensitive,
    Relationship,
    ReportedHousehold,
    ReportedMember,
)

from padan_household.domain import ids
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.domain.refusals import DUPLICATE_IN_FILE, DUPLICATE_IN_REGISTER, RECORDED_DEAD, Refusal
from padan_household.domain.sealed import Seal
from padan_household.domain.stream import FIRST_VERSION

FIRST_MEMBERSHIP: Final = 1


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A reported household, opened. `person_ids`, `nik_hashes` and `membership_seqs` stand beside its members, in the
    same order.

    A hash is None where the member has no NIK; `origin` is None where the household comes from no file.
    """

    household_id: UUID
    regency: str
    occurred_on: date
    reported: ReportedHousehold
    person_ids: tuple[UUID, ...]
    nik_hashes: tuple[bytes | None, ...]
    membership_seqs: tuple[int, ...] = ()
    family_card_hash: bytes | None = None
    origin: Origin | None = None


def admit(proposal: Proposal, holders: Mapping[bytes, UUID]) -> Refusal | None:
    """Whether a new household may enter the register; None lets it in. One NIK, one household.

    `holders` tells which household holds a NIK's hash. A member without a NIK claims nothing. Two members of one
    report with the same NIK cannot both be right: the report is refused as `duplicate_in_file`, for that is where
    the duplicate stands and is corrected. The first member who is claimed elsewhere names the holder.
    """
    claimed = [nik_hash for nik_hash in proposal.nik_hashes if nik_hash is not None]
    if len(set(claimed)) < len(claimed):
        return Refusal(DUPLICATE_IN_FILE)
    for nik_hash in claimed:
        holder = holders.get(nik_hash)
        if holder is not None and holder != proposal.household_id:
            return Refusal(DUPLICATE_IN_REGISTER, holder=holder)
    return None


def of_the_dead(proposal: Proposal, standing: Mapping[bytes, Claim]) -> Refusal | None:
    """Whether a member died in a household that has left the register: the death would have to be taken back first. It
    names that household."""
    claims = (standing.get(nik_hash) for nik_hash in proposal.nik_hashes if nik_hash is not None)
    dead = next((claim for claim in claims if claim is not None and claim.of_the_dead), None)
    return None if dead is None else Refusal(RECORDED_DEAD, holder=dead.household_id)


def known_again(proposal: Proposal, before: Mapping[bytes, tuple[UUID | None, int]]) -> Proposal:
    """The proposal, with the members who were in the register before being the persons they were, and their next
    `membership_seq`. `before` tells person and last `membership_seq` by hash of the NIK; no person where it had been
    recorded for somebody else."""
    persons = zip(proposal.person_ids, proposal.nik_hashes, strict=True)
    held = [before.get(nik_hash or b"", (person, 0)) for person, nik_hash in persons]
    return msgspec.structs.replace(
        proposal,
        person_ids=tuple(known or reported for (known, _), reported in zip(held, proposal.person_ids, strict=True)),
        membership_seqs=tuple(seq + 1 for _, seq in held),
    )


def propose(proposal: Proposal, seal: Seal) -> tuple[Proposed | IdentityMatched, ...]:
    """The first events of a household that was admitted.

    Raises `ValueError` where the report names no member as caretaker: registry-ingest never reports that.
    """
    reported, persons = proposal.reported, proposal.person_ids
    if not 0 <= reported.caretaker < len(persons):
        raise ValueError(f"{proposal.household_id}: the caretaker is not among the members")
    heads = [
        person
        for person, member in zip(persons, reported.members, strict=True)
        if member.relationship is Relationship.HEAD
    ]
    caretaker = persons[reported.caretaker]
    household_id, event_id = proposal.household_id, ids.event_id(proposal.household_id, FIRST_VERSION)
    seqs = proposal.membership_seqs or (FIRST_MEMBERSHIP,) * len(persons)
    proposed = Proposed(
        household_id=proposal.household_id,
        regency=proposal.regency,
        occurred_on=proposal.occurred_on,
        caretaker=caretaker,
        identity=seal(household_id, household_id, "identity", _household_identity(proposal), event_id),
        members=tuple(
            SealedMember(
                person_id=person,
                membership_seq=seq,
                identity=seal(household_id, person, "identity", person_identity(member, nik_hash), event_id),
                sensitive=seal(household_id, person, "sensitive", person_sensitive(member), event_id),
                birth_year=None if member.birth_date is None else member.birth_date.year,
            )
            for person, member, nik_hash, seq in zip(persons, reported.members, proposal.nik_hashes, seqs, strict=True)
        ),
        origin=proposal.origin,
        # Two who both call themselves head are as unsettled as none: a person settles it.
        head=heads[0] if len(heads) == 1 else None,
    )
    return (proposed, *_matched(proposal, caretaker))


def complete(household: Household, report_id: UUID, proposal: Proposal) -> tuple[IdentityMatched, ...]:
    """What a household that stands in the register still lacks of the report it came from: nothing, unless the store
    was set back to between two events of one decision."""
    if household.proposed_by != report_id or household.version > FIRST_VERSION:
        return ()
    return _matched(proposal, household.caretaker)


def _matched(proposal: Proposal, caretaker: UUID) -> tuple[IdentityMatched, ...]:
    match = proposal.reported.match
    if match is None:
        return ()
    return (
        IdentityMatched(
            household_id=proposal.household_id,
            regency=proposal.regency,
            person_id=caretaker,
            civil_status=match.civil_status,
            agreement=match.agreement,
            matched_at=match.matched_at,
            request_id=match.request_id,
        ),
    )


def _household_identity(proposal: Proposal) -> HouseholdIdentity:
    reported = proposal.reported
    return HouseholdIdentity(
        village=reported.village,
        family_card_number=reported.family_card_number,
        family_card_hash=None if proposal.family_card_hash is None else proposal.family_card_hash.hex(),
        address=reported.address,
        rt=reported.rt,
        rw=reported.rw,
    )


def person_identity(member: ReportedMember, nik_hash: bytes | None) -> PersonIdentity:
    """The identity block of a member as reported."""
    return PersonIdentity(
        name=member.name,
        nik=member.nik,
        nik_hash=None if nik_hash is None else nik_hash.hex(),
        birth_date=member.birth_date,
        sex=member.sex,
        relationship=member.relationship,
    )


def person_sensitive(member: ReportedMember) -> PersonSensitive:
    """The sensitive block of a member as reported."""
    return PersonSensitive(
        birth_date=member.birth_date,
        sex=member.sex,
        relationship=member.relationship,
        school=member.school,
        pregnant=member.pregnant,
        disabilities=member.disabilities,
        severe_disability=member.severe_disability,
    )
