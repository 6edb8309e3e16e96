"""What was recorded of a household is corrected, joined to an identity, or held against another source."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET

from padan_events.effects import Effects, Freed, HouseholdFact, PersonId, SealedMember
from padan_events.personal import Agreement, Source
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

FreedBlock = Annotated[bytes | None, told("The NIK that is this person's no more (`FreedNik`).", "sealed_identity")]
CivilStatus = Annotated[str, told("What the civil registry says of the person, such as active.")]


class Detail(StrEnum):
    """What of a person or a household was corrected. `circumstances` are school, pregnancy and disabilities, which are
    not told one by one: that a pregnancy was corrected tells of a pregnancy."""

    NAME = "name"
    NIK = "nik"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    RELATIONSHIP = "relationship"
    CIRCUMSTANCES = "circumstances"
    FAMILY_CARD_NUMBER = "family_card_number"
    ADDRESS = "address"


@event_type("id.padan.household.details_corrected.v1", HOUSEHOLD_EVENTS)
class DetailsCorrected(HouseholdFact, frozen=True, kw_only=True):
    """What was recorded wrongly of a member, or of the household itself, was corrected.

    When: a person corrected it. Where a NIK was corrected, the one recorded before is nobody's from now on, and the
    member's `membership_seq` is larger than that of whoever held either of them.
    """

    fields: Annotated[tuple[Detail, ...], told("What was corrected, by kind only.")]
    source: Annotated[Source, told("Where what holds from now on comes from.")]
    person_id: Annotated[UUID | None, told("The member; absent where it is the household's own.", "pseudonym")] = None
    member: Annotated[SealedMember | None, told("The member as corrected.")] = None
    identity: Annotated[bytes | None, told("The household's identity as corrected.", "sealed_identity")] = None
    freed: FreedBlock = None
    head: Annotated[UUID | None, told("The head from now on; absent where that stays as it is.", "pseudonym")] = None
    headless: Annotated[bool, told("Nobody is named head any more.")] = False
    evidence: Annotated[UUID | None, told("The photo that shows it.", "pseudonym")] = None

    def effects(self) -> Effects:
        """New blocks."""
        return Effects(
            identity=self.identity,
            changed=() if self.member is None else (self.member,),
            freed=_freed(self.member, self.freed),
            head=self.head if self.head is not None else None if self.headless else UNSET,
        )


@event_type("id.padan.household.identity_linked.v1", HOUSEHOLD_EVENTS)
class IdentityLinked(HouseholdFact, frozen=True, kw_only=True):
    """A member who was recorded without a NIK was joined to an identity: the same person from now on has a NIK.

    When: a person told the NIK, nobody in the register holds it, and the civil registry agrees that it is theirs.
    """

    person_id: PersonId
    member: Annotated[SealedMember, told("The member with the NIK.")]
    formerly: Annotated[
        UUID | None,
        told("The person under whom this NIK stood in a household that has left the register: the same human being.",
             "pseudonym"),
    ] = None  # fmt: skip
    evidence: Annotated[UUID | None, told("The photo that shows it.", "pseudonym")] = None

    def effects(self) -> Effects:
        """New blocks."""
        return Effects(changed=(self.member,))


@event_type("id.padan.household.identity_unmatched.v1", HOUSEHOLD_EVENTS)
class IdentityUnmatched(HouseholdFact, frozen=True, kw_only=True):
    """The civil registry was asked about a member and does not agree. Only agreement, time and its request are kept.

    When: the registry was asked again, or a correction was recorded that it does not bear out. What differs is in
    conflict until a person settles it.
    """

    person_id: PersonId
    civil_status: CivilStatus
    agreement: Annotated[Agreement, told("Field by field, whether the registry agrees.")]
    conflicts: Annotated[tuple[str, ...], told("The fields that differ and that nobody has settled.")]
    matched_at: Annotated[str, told("When the registry answered (RFC 3339, UTC).")]
    request_id: Annotated[str, told("The registry's id of the request, for its own records.")]


@event_type("id.padan.household.conflict_resolved.v1", HOUSEHOLD_EVENTS)
class ConflictResolved(HouseholdFact, frozen=True, kw_only=True):
    """Of two sources that disagree on a member, a person decided which one holds.

    When: the social office decided that what the register has stays, although the civil registry differs.
    """

    person_id: PersonId
    field: Annotated[str, told("What the sources disagree on.")]
    kept: Annotated[Source, told("The source that holds.")]


def _freed(member: SealedMember | None, nik: bytes | None) -> tuple[Freed, ...]:
    if member is None or nik is None:
        return ()
    return (Freed(member.person_id, member.membership_seq, nik),)
