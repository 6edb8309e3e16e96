"""Two records that had been merged are two people after all: the other one is back where they were.

With the NIK they came with, unless it has become somebody else's since.
"""

import msgspec
from padan_events.commands.duplicates import UnmergeMembers
from padan_events.corrections import Detail
from padan_events.duplicates import Unmerged
from padan_events.effects import HouseholdFact, SealedMember
from padan_events.personal import PersonIdentity
from padan_events.states import State
from padan_events.tiers import Reactivated

from padan_household.domain.asked import Asked, Known
from padan_household.domain.claim import Claim
from padan_household.domain.duplicates import Facts, other_household, sealed_nik, told
from padan_household.domain.identities import OpenMember, sealed_member
from padan_household.domain.membership import may_part
from padan_household.domain.refusals import (
    DUPLICATE_IN_REGISTER,
    MEMBER_UNKNOWN,
    NOT_MERGED,
    PERSON_ERASED,
    Refusal,
)


def unmerge(command: UnmergeMembers, known: Known, asked: Asked) -> Facts:
    """They are two people: the other one is a member again of the household they were in."""
    there = other_household(command, asked)
    if isinstance(there, Refusal):
        return there
    own = _aside(command, there)
    if isinstance(own, Refusal):
        return own
    refusal = _may_stand(there, asked)
    if refusal is None and command.person_id not in known.household.members:
        refusal = Refusal(MEMBER_UNKNOWN, "person_id")
    return refusal or _unmerged(command, known, there, asked, own)


def _aside(command: UnmergeMembers, there: Known) -> OpenMember | Refusal:
    """The record that was kept aside, opened."""
    aside, person = there.household.duplicates.get(command.duplicate), there.duplicates.get(command.duplicate)
    if aside is None or person is None or aside.kept != command.person_id:
        return Refusal(NOT_MERGED, "duplicate")
    if person.identity is None or person.sensitive is None:
        return Refusal(PERSON_ERASED, "duplicate")
    return OpenMember(person.identity, person.sensitive)


def _may_stand(there: Known, asked: Asked) -> Refusal | None:
    """Whether the household is in the register, or may stand again: none of its people are in another by now."""
    household = there.household
    if not household.ended_by_duplicate:
        return may_part(there, "duplicate_in")
    niks = [person.identity.nik_hash for person in there.persons.values() if person.identity is not None]
    claims = (asked.claims.get(bytes.fromhex(nik_hash)) for nik_hash in niks if nik_hash is not None)
    taken = next((claim for claim in claims if claim is not None and claim.household_id != household.id), None)
    return None if taken is None else Refusal(DUPLICATE_IN_REGISTER, "duplicate_in", taken.household_id)


def _unmerged(command: UnmergeMembers, known: Known, there: Known, asked: Asked, own: OpenMember) -> Facts:
    household, nik_hash = there.household, own.identity.nik_hash
    claim = None if nik_hash is None else asked.claims.get(bytes.fromhex(nik_hash))
    seq = max(household.duplicates[command.duplicate].membership_seq, 0 if claim is None else claim.membership_seq)
    member = freed = None
    if nik_hash is not None and claim is not None and claim.person_id == command.person_id:
        found = _without_nik(command, known, claim, asked)
        if isinstance(found, Refusal):
            return found
        member, seq, freed = (
            found,
            max(seq, found.membership_seq),
            sealed_nik(nik_hash, command.person_id, known, asked),
        )
    elif claim is not None and not claim.released:
        own = OpenMember(_nikless(own.identity), own.sensitive)
    how = {**told(command, asked), "membership_seq": seq + 1}
    back = sealed_member(command.duplicate, seq + 1, own, there, asked)
    facts: list[HouseholdFact] = (
        [Unmerged(**there.of, **how, back=back, member=member, freed=freed)]
        if known.household.id == household.id
        else [Unmerged(**there.of, **how, back=back), Unmerged(**known.of, **how, member=member, freed=freed)]
    )
    if household.ended_by_duplicate:
        to = household.closed_from or State.PROPOSED
        facts.append(Reactivated(**there.of, to=to, occurred_on=asked.today))
    return facts


def _without_nik(command: UnmergeMembers, known: Known, claim: Claim, asked: Asked) -> SealedMember | Refusal:
    """The person who stayed, without the NIK that is not theirs."""
    household, person = known.household, known.persons[command.person_id]
    if claim.household_id != household.id:  # they stand in another household by now
        return Refusal(MEMBER_UNKNOWN, "person_id")
    if person.identity is None or person.sensitive is None:
        return Refusal(PERSON_ERASED, "person_id")
    seq = max(household.members[command.person_id].membership_seq, claim.membership_seq) + 1
    return sealed_member(command.person_id, seq, OpenMember(_nikless(person.identity), person.sensitive), known, asked)


def _nikless(identity: PersonIdentity) -> PersonIdentity:
    sources = {field: source for field, source in identity.sources.items() if field != Detail.NIK.value}
    return msgspec.structs.replace(identity, nik=None, nik_hash=None, sources=sources)
