"""A person who was recorded twice: somebody decides which record stays. See `unmerging` for the way back.

The other record is kept aside by the household it stood in, so that nothing of it is lost, and belongs to nobody.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

import msgspec
from padan_events.commands.duplicates import MergeMembers, UnmergeMembers
from padan_events.corrections import Detail
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.effects import HouseholdFact
from padan_events.families import CaretakerChanged, ChangeReason, HeadChanged
from padan_events.personal import FreedNik, Source
from padan_events.tiers import Deactivated, DeactivateReason

from padan_household.domain import disputes
from padan_household.domain.asked import Asked, Known
from padan_household.domain.authority import acts_in
from padan_household.domain.household import Duplicate, Household
from padan_household.domain.identities import OpenMember, open_member, sealed_member
from padan_household.domain.membership import may_part
from padan_household.domain.refusals import (
    ALREADY_DEAD,
    DEATH_ALREADY_REPORTED,
    DUPLICATE_IN_REGISTER,
    HOUSEHOLD_ERASED,
    HOUSEHOLD_UNKNOWN,
    SAME_PERSON,
    TWO_NIKS,
    Refusal,
)
from padan_household.domain.succeeding import succeed

Facts = Sequence[HouseholdFact] | Refusal


class _Records(NamedTuple):
    """The record that stays, `kept` of the household `here`, and the other one, `gone` from the household `there`."""

    here: Known
    kept: OpenMember
    there: Known
    gone: OpenMember

    @property
    def apart(self) -> bool:
        return self.here.household.id != self.there.household.id


def may_settle(command: MergeMembers | UnmergeMembers, known: Known, asked: Asked) -> Refusal | None:
    """The social office of a region in which both villages lie."""
    for one in (known, asked.others.get(command.duplicate_in)):
        if one is not None and one.home is not None and (refusal := acts_in(asked.region, one.home.village)):
            return refusal
    return None


def merge(command: MergeMembers, known: Known, asked: Asked) -> Facts:
    """One of two records of a person stays; the other one's NIK is the person's, where they had none."""
    records = _records(command, known, asked)
    if isinstance(records, Refusal):
        return records
    seq = _held_with(command, records, asked)
    if isinstance(seq, Refusal):
        return seq
    return (*_merged(command, records, asked, seq + 1), *_after(command, records, asked))


def _records(command: MergeMembers, known: Known, asked: Asked) -> _Records | Refusal:
    """Two living records, in households of which nobody is about to move."""
    there = other_household(command, asked)
    if isinstance(there, Refusal):
        return there
    if command.duplicate == command.person_id:
        return Refusal(SAME_PERSON, "duplicate")
    refusal = may_part(known) or may_part(there, "duplicate_in")
    if refusal is not None:
        return refusal
    kept, gone = _living(command.person_id, known, "person_id"), _living(command.duplicate, there, "duplicate")
    if isinstance(kept, Refusal):
        return kept
    return gone if isinstance(gone, Refusal) else _Records(known, kept, there, gone)


def other_household(command: MergeMembers | UnmergeMembers, asked: Asked) -> Known | Refusal:
    """The household of the other record."""
    there = asked.others.get(command.duplicate_in)
    if there is None:
        return Refusal(HOUSEHOLD_UNKNOWN, "duplicate_in")
    return Refusal(HOUSEHOLD_ERASED, "duplicate_in") if there.home is None else there


def _living(person_id: UUID, known: Known, field: str) -> OpenMember | Refusal:
    found = open_member(person_id, known)
    if isinstance(found, Refusal):
        return Refusal(found.code, field)
    if known.household.members[person_id].died_on is not None:
        return Refusal(ALREADY_DEAD, field)
    # Who is said to have died stays until that is settled: the report belongs to this record.
    return Refusal(DEATH_ALREADY_REPORTED, field) if person_id in known.household.death_claims else found


def _held_with(command: MergeMembers, records: _Records, asked: Asked) -> int | Refusal:
    """The largest `membership_seq` that was said of the other record, or of its NIK."""
    seq, nik_hash = records.there.household.members[command.duplicate].membership_seq, records.gone.identity.nik_hash
    if nik_hash is None:
        return seq
    if records.kept.identity.nik is not None:
        return Refusal(TWO_NIKS, "duplicate")
    claim = asked.claims.get(bytes.fromhex(nik_hash))
    if claim is None or claim.person_id != command.duplicate:
        return Refusal(DUPLICATE_IN_REGISTER, "duplicate", None if claim is None else claim.household_id)
    return max(seq, claim.membership_seq)


def _merged(command: MergeMembers, records: _Records, asked: Asked, seq: int) -> list[HouseholdFact]:
    """The event of the household that keeps the person, and that of the other one, where there is another."""
    here, there = records.here, records.there
    how = {**told(command, asked), "membership_seq": seq}
    nik, nik_hash = records.gone.identity.nik, records.gone.identity.nik_hash
    member = freed = None
    if nik_hash is not None:
        source = records.gone.identity.sources.get(Detail.NIK.value, Source.OPERATOR)
        identity = msgspec.structs.replace(
            records.kept.identity,
            nik=nik,
            nik_hash=nik_hash,
            sources={**records.kept.identity.sources, Detail.NIK.value: source},
        )
        own = max(here.household.members[command.person_id].membership_seq, seq) + 1
        member = sealed_member(command.person_id, own, OpenMember(identity, records.kept.sensitive), here, asked)
        freed = sealed_nik(nik_hash, command.duplicate, there, asked)
    if not records.apart:
        return [DuplicateMerged(**here.of, **how, member=member, freed=freed)]
    return [DuplicateMerged(**here.of, **how, member=member), DuplicateMerged(**there.of, **how, freed=freed)]


def _after(command: MergeMembers, records: _Records, asked: Asked) -> Sequence[HouseholdFact]:
    """Who follows where the other record was head or caretaker. In one household that is the person themself."""
    there, on = records.there, asked.today
    household = there.household
    if records.apart:
        if set(household.living) <= {command.duplicate}:
            return [Deactivated(**there.of, reason=DeactivateReason.DUPLICATE_MERGED, occurred_on=on)]
        return succeed(there, on, asked.today, {command.duplicate})
    how: dict[str, Any] = {**there.of, "reason": ChangeReason.DECIDED, "occurred_on": on}
    found: list[HouseholdFact] = []
    if household.head == command.duplicate:
        found.append(HeadChanged(**how, head=command.person_id))
    if household.caretaker == command.duplicate:
        found.append(CaretakerChanged(**how, caretaker=command.person_id))
    return found


def told(command: MergeMembers | UnmergeMembers, asked: Asked) -> dict[str, Any]:
    """What the events of both households say."""
    return {
        "person_id": command.person_id,
        "formerly": command.duplicate,
        "kept_in": command.household_id,
        "duplicate_in": command.duplicate_in,
        "transfer_id": uuid5(asked.command_id, "transfer"),
        "occurred_on": asked.today,
    }


def sealed_nik(nik_hash: str, person_id: UUID, known: Known, asked: Asked) -> bytes:
    """A NIK that a person has no more, for the next event of their household."""
    household = known.household
    return asked.seal(household.id, person_id, "identity", FreedNik(nik_hash), household.next_event_id())


def _kept_aside(household: Household, data: DuplicateMerged, _: str) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if data.member is not None:
        changed |= disputes.new(household, data.person_id, frozenset({Detail.NIK.value}))
    if household.id == data.duplicate_in:
        held = household.members[data.formerly]
        aside = Duplicate(member=held, kept=data.person_id, membership_seq=data.membership_seq)
        changed["duplicates"] = {**household.duplicates, data.formerly: aside}
    return changed


def _taken_back(household: Household, data: Unmerged, _: str) -> dict[str, Any]:
    return {"duplicates": {one: aside for one, aside in household.duplicates.items() if one != data.formerly}}


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    DuplicateMerged: _kept_aside,
    Unmerged: _taken_back,
}
"""By type of event, what it changes of the records kept aside."""
